"""How metrics go together: Pearson's correlation from exact sums.

Values are clipped to their histogram's range, so that one absurd row does not decide it, and
placed on a grid of 1/4096 of that range: sums of small whole numbers are exact in any order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from curate.arrays import Bools, Floats, FloatTable, Int16Table, Int64s
from curate.metrics.declare import Metric
from curate.native import kernel

GRID: Final = 4096
BLOCK: Final = 512
"""Rows whose products are added at a time."""


class Products:
    """Sums over pairs of metrics; a pair counts the rows in which both are known."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self.metrics = tuple(metrics)
        self._at = {metric.name: at for at, metric in enumerate(metrics)}
        shape = (len(self.metrics), len(self.metrics))
        self.rows: Int64s = np.zeros(shape, np.int64)
        self.sums: Int64s = np.zeros(shape, np.int64)
        self.squares: Int64s = np.zeros(shape, np.int64)
        self.products: Int64s = np.zeros(shape, np.int64)

    def add(self, names: Sequence[str], values: Floats) -> None:
        """Add rows (at most 2**29: sums of products stay below 2**53).

        `values` has a column for each of `names`, NaN for null; the other metrics have no value.
        """
        at = [self._at[name] for name in names]
        low = np.array([self.metrics[k].low for k in at], np.float64)
        scale = np.array([GRID / (self.metrics[k].high - self.metrics[k].low) for k in at])
        sums = np.zeros((4, len(at), len(at)))
        size = len(at)
        grid, unknown = np.zeros((2, size, BLOCK), np.int16)
        gap = np.zeros(BLOCK, bool)
        whole, held = np.zeros((size + 1, size)), np.zeros(size, bool)
        columns = np.ascontiguousarray(values.T, np.float64)
        _accumulate(columns, low, scale, grid, unknown, gap, held, whole, *sums)
        place = np.ix_(at, at)
        for total, part in zip(self.totals(), sums, strict=True):
            total[place] += part.astype(np.int64)

    def merge(self, other: Products) -> None:
        """Add what was added to another one of the same metrics."""
        for total, part in zip(self.totals(), other.totals(), strict=True):
            total += part

    def totals(self) -> tuple[Int64s, ...]:
        """The four matrices."""
        return self.rows, self.sums, self.squares, self.products

    def pearson(self, metrics: Sequence[Metric]) -> list[list[float | None]]:
        """The matrix of these metrics, to 4 decimals; None where one does not vary or too little
        is known.
        """
        places = [self._at[metric.name] for metric in metrics]
        return [[self._pearson(one, two) for two in places] for one in places]

    def _pearson(self, one: int, two: int) -> float | None:
        n, both = int(self.rows[one, two]), int(self.products[one, two])
        x, y = int(self.sums[one, two]), int(self.sums[two, one])
        across = n * int(self.squares[one, two]) - x * x
        down = n * int(self.squares[two, one]) - y * y
        if across <= 0 or down <= 0:
            return None
        return round((n * both - x * y) / (math.sqrt(across) * math.sqrt(down)), 4)


@kernel("correlation")
def _accumulate(
    values: FloatTable,
    low: Floats,
    scale: Floats,
    grid: Int16Table,
    unknown: Int16Table,
    gap: Bools,
    held: Bools,
    whole: FloatTable,
    rows: FloatTable,
    sums: FloatTable,
    squares: FloatTable,
    products: FloatTable,
) -> None:
    """Add up grid values over pairs: [i, j] holds rows where both are known, and i's sums there.

    Where all is known, which is so in most rows, only the products are needed, of one triangle.
    They are taken a block at a time, column by column, which processors do many rows at once.
    """
    raise NotImplementedError
