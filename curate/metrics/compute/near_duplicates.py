"""Sketches by which texts that are nearly the same find each other: MinHash, cut into bands.

rensa hashes; 14 bands of 8 hashes are FineWeb's (datatrove): texts of which 85 % of the shingles
are the same share a band with probability 0.99, those of 75 % with 0.77, of 50 % with 0.05.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from curate.arrays import Bools, Int64s, UInt64s, UInt64Table
from curate.artifacts.columns import BANDS
from curate.artifacts.frames import Spans
from curate.environment.extras import require
from curate.native import kernel
from curate.text.rewrite import normal_spans
from curate.text.shingles import DENSE, WIDE, shingle_hashes

HASHES: Final = 8
"""Hashes in a band, all of which must be alike."""
SEED: Final = 1
_AT_ONCE = 4096
"""Rows whose hashes are Python numbers at one time."""


def near_keys(texts: Spans, spaceless: Bools) -> pl.Series:
    """NEAR_KEYS of every text: two that share a key at the same place are near each other.

    Null where normalising leaves nothing. ConfigError where the extra `near` is not installed.
    """
    spans = Spans(*normal_spans(texts.data, texts.start, texts.length))
    normals = [spans.decode(row) for row in range(spaceless.size)]
    widths = np.where(spaceless, DENSE, WIDE)
    parts = [
        _keys(normals[first : first + _AT_ONCE], widths[first : first + _AT_ONCE])
        for first in range(0, len(normals), _AT_ONCE)
    ]
    keys = np.concatenate(parts) if parts else np.empty((0, BANDS), np.uint64)
    series = pl.Series(keys, dtype=pl.Array(pl.UInt64, BANDS))
    nothing = pl.Series([None], dtype=series.dtype).new_from_index(0, series.len())
    return series.zip_with(pl.Series([bool(normal) for normal in normals]), nothing)


def _keys(normals: list[str], widths: Int64s) -> UInt64s:
    rensa = require("rensa", "finding texts that are nearly the same (--metrics near_duplicates)")
    hashes, bounds = shingle_hashes(normals, widths)
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
        hashes, bounds, BANDS * HASHES, SEED
    )
    digests = np.array(matrix.to_rows(), np.uint64).reshape(-1, HASHES)
    keys = np.empty(len(digests), np.uint64)
    _fill_keys(digests, BANDS, keys)
    return keys.reshape(-1, BANDS)


@kernel("bands")
def _fill_keys(digests: UInt64Table, bands: int, keys: UInt64s) -> None:
    """One key for each band of each text; `digests` has a row of hashes for each."""
    raise NotImplementedError
