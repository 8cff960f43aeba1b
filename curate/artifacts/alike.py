"""Columns of one value: what a batch of rows lacks, or has alike, without a pass over them."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

_MOST_ROWS = 1 << 17
"""Rows of a column that batches share."""


def alike(value: str | float | None, rows: int, dtype: pl.DataType) -> pl.Series:
    """One value for all rows; batches of about as many rows share the memory.

    >>> alike(None, 3, pl.Int32()).to_list()
    [None, None, None]
    """
    if not 0 < rows <= _MOST_ROWS:
        return _column(value, rows, dtype)
    return _shared(value, 1 << (rows - 1).bit_length(), dtype).head(rows)


def _column(value: str | float | None, rows: int, dtype: pl.DataType) -> pl.Series:
    return pl.Series([value], dtype=dtype).new_from_index(0, rows)


_shared = lru_cache(maxsize=32)(_column)


def null_columns(fields: tuple[tuple[str, pl.DataType], ...], rows: int) -> list[pl.Series]:
    """Columns of these names and types without a value."""
    if not 0 < rows <= _MOST_ROWS:
        return _nulls(fields, rows).get_columns()
    return _shared_nulls(fields, 1 << (rows - 1).bit_length()).head(rows).get_columns()


def _nulls(fields: tuple[tuple[str, pl.DataType], ...], rows: int) -> pl.DataFrame:
    return pl.DataFrame([alike(None, rows, dtype).alias(name) for name, dtype in fields])


_shared_nulls = lru_cache(maxsize=8)(_nulls)
