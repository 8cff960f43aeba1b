"""Rows as numbers of the strata that they are of."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from curate.arrays import UInt32s


def codes_of(column: pl.Series, values: Sequence[str | None]) -> UInt32s:
    """Of each row the place of its value in `values`, from 1; 0 for all others."""
    named = pl.Enum([value for value in values if value is not None])
    code = column.cast(named, strict=False).to_physical().cast(pl.UInt32) + 1
    if None in values:
        # An Enum numbers the named ones without the gap that the undeclared one has.
        gap = values.index(None) + 1
        code = code + (code >= gap).cast(pl.UInt32)
        code = pl.select(pl.when(column.is_null()).then(gap).otherwise(code)).to_series()
    return code.fill_null(0).cast(pl.UInt32).to_numpy()
