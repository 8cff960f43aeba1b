"""What a split should resemble: strata with targets of their own, and covariates within them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import DURATION_BIN, DURATION_BINS, DURATION_US
from curate.rules.routes import POOL, TRAIN

RATE, GENDER = "char_rate", "gender"

_STEPS = 4
"""Cells of duration and rate per octave: neighbours differ by 19 %, whatever the language."""
_OCTAVES = 16

Ints = npt.NDArray[np.int32]


def duration_bin() -> pl.Expr:
    """Duration classes as stratum labels, such as `2-5 s`."""
    label = pl.lit(None, pl.String)
    for low, name in DURATION_BINS:
        label = pl.when(DURATION_US.expr >= round(low * 1e6)).then(pl.lit(name)).otherwise(label)
    return pl.when(DURATION_US.expr.is_not_null()).then(label).alias(DURATION_BIN)


def number_strata(rows: pl.DataFrame, columns: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows with `stratum`, and a table of the strata in the order of their values.

    Strata are those of rows that may be trained on; any other row's stratum is null.
    """
    strata = (
        rows.select(*columns, "route")
        .filter(pl.col("route").is_in([POOL, TRAIN]))
        .select(columns)
        .unique()
        .sort(columns, nulls_last=True)
        .with_row_index("stratum")
        .with_columns(pl.col("stratum").cast(pl.Int32))
    )
    numbered = rows.select(columns).join(
        strata, on=list(columns), how="left", nulls_equal=True, maintain_order="left"
    )
    return rows.with_columns(numbered["stratum"]), strata


def covariate_cells(rows: pl.DataFrame, by: Sequence[str]) -> list[Ints]:
    """For each covariate the cell of each row, numbered from 0, within the values of `by`.

    The covariates are duration and char_rate in steps of a quarter octave, and gender where the
    profile has it. -1 where a row has no value.
    """
    part = rows.select(pl.struct(by).rank("dense") if by else pl.lit(1)).to_series()
    parts = np.broadcast_to(part.fill_null(0).cast(pl.Int64).to_numpy(), rows.height)
    cells = [
        _within(parts, _steps(rows[DURATION_US.name].cast(pl.Float64) / 1e6)),
        _within(parts, _steps(rows[RATE])),
    ]
    if GENDER in rows.columns and rows[GENDER].null_count() < rows.height:
        cells.append(_within(parts, rows[GENDER].rank("dense").cast(pl.Int64).fill_null(0)))
    return cells


def _steps(values: pl.Series) -> pl.Series:
    """1 and up; 0 where there is no positive value."""
    steps = values.to_frame("v").select(
        pl.when(pl.col("v") > 0).then(
            (pl.col("v").log(2.0) * _STEPS).floor().clip(1 - _STEPS * _OCTAVES, _STEPS * _OCTAVES)
            + _STEPS * _OCTAVES
        )
    )
    return steps.to_series().cast(pl.Int64).fill_null(0)


def _within(parts: npt.NDArray[np.int64], cells: pl.Series) -> Ints:
    """Cells numbered again from 0 within each part; -1 for cell 0."""
    values = cells.to_numpy()
    width = int(values.max(initial=0)) + 1
    both = parts * width + values
    known = np.flatnonzero(np.bincount(both))
    numbers = np.zeros(int(both.max(initial=0)) + 1, np.int32)
    numbers[known] = np.arange(known.size)
    return np.where(values > 0, numbers[both], -1).astype(np.int32)
