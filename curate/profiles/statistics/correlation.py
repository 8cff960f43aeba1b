"""How metrics go together: Pearson's correlation from exact sums.

Values are clipped to their histogram's range, so that one absurd row does not decide it, and
placed on a grid of 1/4096 of that range: sums of small whole numbers are exact in any order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from curate.arrays import Bools, Floats, Int64s
from curate.arrays.compiled import kernel, reordering
from curate.metrics.declare import Metric

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
        low = np.array([self.metrics[k].low for k in at])
        scale = np.array([GRID / (self.metrics[k].high - self.metrics[k].low) for k in at])
        sums = np.zeros((4, len(at), len(at)))
        _accumulate(values, low, scale, *sums)
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


@kernel
def _accumulate(
    values: Floats,
    low: Floats,
    scale: Floats,
    rows: Floats,
    sums: Floats,
    squares: Floats,
    products: Floats,
) -> None:
    """Add up grid values over pairs: [i, j] holds rows where both are known, and i's sums there.

    Rows in which all is known, most of them, need only the products, of one triangle. They are
    taken a block at a time, column by column, which processors do many rows at once.
    """
    size = low.size
    grid, known, gap = np.zeros((size, BLOCK)), np.zeros((size, BLOCK)), np.zeros(BLOCK, np.bool_)
    whole = np.zeros((size + 1, size))
    for first in range(0, values.shape[0], BLOCK):
        count = min(BLOCK, values.shape[0] - first)
        gap[:] = False
        for k in range(size):
            _place(values[first : first + count, k], low[k], scale[k], grid[k], known[k], gap)
        for row in range(count):
            if gap[row]:
                _add_row(grid[:, row], known[:, row], rows, sums, squares, products)
                grid[:, row] = known[:, row] = 0.0
        for i in range(size):
            whole[size, i] += _dot(grid[i, :count], known[i, :count])
            for j in range(i, size):
                whole[i, j] += _dot(grid[i, :count], grid[j, :count])
        if size:
            rows += known[0, :count].sum()
    for i in range(size):
        for j in range(size):
            sums[i, j] += whole[size, i]
            squares[i, j] += whole[i, i]
            products[i, j] += whole[min(i, j), max(i, j)]


@kernel
def _place(
    values: Floats,
    low: float,
    scale: float,
    grid: Floats,
    known: Floats,
    gap: Bools,
) -> None:
    """One metric's values on the grid; where one is not finite there is a gap."""
    for row in range(values.size):
        finite = np.abs(values[row]) < np.inf
        held = values[row] if finite else low
        grid[row] = np.rint(min(max((held - low) * scale, 0.0), GRID))
        known[row] = 1.0 if finite else 0.0
        gap[row] |= not finite


@kernel
def _add_row(
    grid: Floats, known: Floats, rows: Floats, sums: Floats, squares: Floats, products: Floats
) -> None:
    for i in range(grid.size):
        if known[i]:
            for j in range(grid.size):
                rows[i, j] += known[j]
                sums[i, j] += grid[i] * known[j]
                squares[i, j] += grid[i] * grid[i] * known[j]
                products[i, j] += grid[i] * grid[j]


@reordering
def _dot(one: Floats, two: Floats) -> float:
    """The sum of products. All are whole numbers, so that any order gives the same."""
    total = 0.0
    for row in range(one.size):
        total += one[row] * two[row]
    return total
