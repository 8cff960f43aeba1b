"""Rows by duration and char_rate together: where a rate is wrong only for some lengths."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl

from curate.artifacts.distributions import Density
from curate.profiles.rows import scan

DURATION, RATE = "duration_s", "char_rate"
PER_DECADE = 12
SHORTEST, LONGEST = -1, 3
"""Powers of ten of seconds between which durations have cells, PER_DECADE to each."""
RATES, FASTEST = 40, 40.0
"""Cells of char_rate, and where the last one ends."""


def density(records: Path) -> Density | None:
    """Rows of a records table in cells of duration (logarithmic) and char_rate; None where no row
    has both. A cell holds its lower ends; `outside` counts rows beyond all cells.
    """
    columns = (LONGEST - SHORTEST) * PER_DECADE
    known = scan(records).select(DURATION, RATE).drop_nulls()
    place = (pl.col(DURATION).log10() - SHORTEST) * PER_DECADE
    counted = (
        known.select(
            x=(place + 1e-9).floor().clip(-1, columns).cast(pl.Int32),
            y=(pl.col(RATE) * (RATES / FASTEST)).floor().clip(-1, RATES).cast(pl.Int32),
        )
        .group_by("x", "y")
        .len()
        .collect()
    )
    if not counted.height:
        return None
    cells = [[0] * columns for _ in range(RATES)]
    outside = 0
    for x, y, rows in counted.iter_rows():
        if 0 <= x < columns and 0 <= y < RATES:
            cells[y][x] = rows
        else:
            outside += rows
    return Density(
        x=DURATION,
        y=RATE,
        x_edges=tuple(_edge(at) for at in range(columns + 1)),
        y_edges=tuple(FASTEST * at / RATES for at in range(RATES + 1)),
        rows=tuple(map(tuple, cells)),
        outside=outside,
    )


def _edge(at: int) -> float:
    """Where a column of cells begins, in seconds to four digits."""
    value = 10 ** (SHORTEST + at / PER_DECADE)
    return round(value, 3 - math.floor(math.log10(value)))
