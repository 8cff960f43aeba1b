"""What a split should resemble: strata with targets of their own, and covariates within them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import DURATION_BIN, DURATION_BINS, DURATION_US
from curate.rules.routes import POOL, TRAIN
from curate.splits.codes import CODED, combined

RATE, GENDER = "char_rate", "gender"

_STEPS = 4
"""Cells of duration and rate per octave: neighbours differ by 19 %, whatever the language."""
_OCTAVES = 16

Ints = npt.NDArray[np.int32]


def duration_bin() -> pl.Expr:
    """Duration classes as stratum labels, such as `2-5 s`."""
    label = pl.lit(None, CODED)
    for low, name in DURATION_BINS:
        of_class = DURATION_US.expr >= round(low * 1e6)
        label = pl.when(of_class).then(pl.lit(name, CODED)).otherwise(label)
    return pl.when(DURATION_US.expr.is_not_null()).then(label).alias(DURATION_BIN)


def number_strata(rows: pl.DataFrame, columns: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows with `stratum`, and a table of the strata in the order of their values.

    Strata are those of rows that may be trained on; the stratum of a row whose values no such row
    has is null.
    """
    codes = combined([rows[name] for name in columns], rows.height)
    usable = np.flatnonzero(rows["route"].is_in([POOL, TRAIN]).to_numpy())
    first = np.full(int(codes.max(initial=-1)) + 1, -1, np.int64)
    first[codes[usable[::-1]]] = usable[::-1]  # the last one that is put there is the first row
    there = np.flatnonzero(first >= 0)
    strata = (
        rows.select(pl.col(columns).gather(first[there]))
        .with_columns(pl.Series("_code", there))
        .sort(columns, nulls_last=True)
    )
    number = np.full(first.size, -1, np.int32)
    number[strata["_code"].to_numpy()] = np.arange(strata.height, dtype=np.int32)
    of_rows = pl.Series("stratum", number[codes])
    rows = rows.with_columns(of_rows.set(of_rows < 0, None))
    return rows, strata.select(pl.int_range(pl.len(), dtype=pl.Int32).alias("stratum"), *columns)


def covariate_cells(rows: pl.DataFrame, by: Sequence[str]) -> list[Ints]:
    """For each covariate the cell of each row, numbered from 0, within the values of `by`.

    The covariates are duration and char_rate in steps of a quarter octave, and gender where the
    profile has it. -1 where a row has no value.
    """
    parts = combined([rows[name] for name in by], rows.height)
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
