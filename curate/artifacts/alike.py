"""Columns of one value: what a batch of rows lacks or has none of, without a pass over them."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

_MOST_ROWS = 1 << 17
"""Rows of a column that batches share."""


def alike(value: str | float | None, rows: int, dtype: pl.DataType) -> pl.Series:
    """One value for all rows; of null and numbers, batches share the memory.

    >>> alike(None, 3, pl.Int32()).to_list()
    [None, None, None]
    """
    if isinstance(value, str) or not 0 < rows <= _MOST_ROWS:
        return _column(value, rows, dtype)
    return _shared(value, 1 << (rows - 1).bit_length(), dtype).head(rows)


def _column(value: str | float | None, rows: int, dtype: pl.DataType) -> pl.Series:
    return pl.Series([value], dtype=dtype).new_from_index(0, rows)


_shared = lru_cache(maxsize=64)(_column)
