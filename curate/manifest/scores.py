"""The numbers that a model gave a record: the object that `train score` adds to its line."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from curate.arrays import Bools, Bytes, Floats, Int64s
from curate.artifacts.score_fields import SCORE_VALUES
from curate.manifest.scan import OK, scan, span_of
from curate.manifest.syntax import OBJECT
from curate.manifest.values import numbers

EMPTY = b"{}"


def read_scores(
    data: Bytes, kind: Bytes, start: Int64s, length: Int64s, broken: Bools
) -> Mapping[str, Floats] | None:
    """By name, the number of each row: NaN where its object has none, or a value that is no number;
    None where no row has an object. An object that names a value twice has none.
    """
    given = (kind == OBJECT) & ~broken
    if not given.any():
        return None
    whole = data.data
    objects = (
        bytes(whole[at : at + size]) if is_given else EMPTY
        for at, size, is_given in zip(start.tolist(), length.tolist(), given.tolist(), strict=True)
    )
    lines = np.frombuffer(b"\n".join(objects), np.uint8)
    scanned = scan(lines, SCORE_VALUES)
    values = {name: numbers(lines, *span_of(scanned, at)) for at, name in enumerate(SCORE_VALUES)}
    doubtful = scanned.status != OK
    for column in values.values():
        column[doubtful | ~np.isfinite(column)] = np.nan
    return values
