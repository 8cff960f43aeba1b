"""Columns of texts as codes: a small number in each row, and each text once.

Millions of rows name a handful of languages, sources, routes and splits. As codes they take a
quarter of the memory, and comparing, grouping and copying them costs as much as for numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from curate.arrays import Int16s, Int64s

CODED: Final = pl.Categorical()
"""The type of a column of texts while a split is made; files have plain texts."""

_SPARSE = 4
"""Numbers up to so many times the rows are counted in a table; larger ones are sorted."""


def named(name: str, names: Sequence[str | None], codes: Int16s) -> pl.Series:
    """A coded column: of each code its text, which stands at that place in `names`."""
    return pl.Series(name, names, dtype=CODED).gather(codes)


def numbered(values: pl.Series) -> Int64s:
    """Equal values to equal numbers from 1, null to 0. Which number a value gets means nothing."""
    if values.dtype == pl.String:
        values = values.cast(CODED)
    if values.dtype == CODED:
        numbers = values.to_physical().cast(pl.Int64) + 1
    else:
        numbers = values.rank("dense").cast(pl.Int64)
    return numbers.fill_null(0).to_numpy()


def combined(columns: Sequence[pl.Series], rows: int) -> Int64s:
    """Rows that have equal values in all columns (null like null) to equal numbers, without gaps
    from 0.
    """
    codes: Int64s = np.zeros(rows, np.int64)
    for values in columns:
        numbers = _without_gaps(numbered(values))
        codes = _without_gaps(codes * (int(numbers.max(initial=0)) + 1) + numbers)
    return codes


def _without_gaps(numbers: Int64s) -> Int64s:
    most = int(numbers.max(initial=0))
    if most > _SPARSE * numbers.size + 1024:
        return np.unique(numbers, return_inverse=True)[1].astype(np.int64)
    is_there = np.zeros(most + 1, np.bool_)
    is_there[numbers] = True
    places: Int64s = np.cumsum(is_there, dtype=np.int64) - 1
    return places[numbers]
