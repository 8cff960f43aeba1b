"""Whether a prediction is of the record that its id names.

An id is a manifest and a line of it. The manifest may have changed since the model was evaluated,
and another corpus may have one of the same name: then the line is another record.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from curate.artifacts.columns import DURATION_US, TEXT_KEY
from curate.text.words import hash_bytes

NEAR_US = 20_000
"""Durations that differ by less are alike: shards count in samples."""
NEARLY_ALL = 0.99
"""The share of near durations from which on texts may differ: they were normalised."""
_LONGEST_S = 1e9
_US, _KEY = "given_us", "given_key"
SCHEMA = {_US: pl.Int64(), _KEY: pl.UInt64()}
"""The columns of `stated`."""


def stated(prediction: Mapping[str, object]) -> tuple[int | None, int | None]:
    """The duration and the key of the text that a prediction gives; None for what it does not."""
    seconds, text = prediction.get("duration"), prediction.get("text")
    us = None
    if isinstance(seconds, int | float) and abs(seconds) < _LONGEST_S:  # NaN is not
        us = round(seconds * 1e6)
    if not isinstance(text, str):
        return us, None
    data = np.frombuffer(text.encode(errors="surrogatepass"), np.uint8)
    return us, int(hash_bytes(data, 0, data.size))


def same(joined: pl.DataFrame) -> pl.Series:
    """Which rows, the columns of SCHEMA beside those of their records, are of these records.

    Those with the record's text are, and those that state nothing. A normaliser may have changed
    texts: a near duration is enough where nearly all rows have one, and where no text is stated.
    After lines were inserted or removed, only some rows happen to have one.
    """
    us, key = joined[_US], joined[_KEY]
    near = ((joined[DURATION_US.name] - us).abs() <= NEAR_US).fill_null(False)
    own_text = (joined[TEXT_KEY.name] == key).fill_null(False)
    is_normalised = near.sum() >= NEARLY_ALL * us.count()
    return own_text | (near & (key.is_null() | is_normalised)) | (us.is_null() & key.is_null())
