"""How metrics go together: Pearson's correlation from exact sums.

Values are clipped to their histogram's range, so that one absurd row does not decide it, and
placed on a grid of 1/4096 of that range: sums of small whole numbers are exact in any order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from curate.arrays import Bools, Floats, FloatTable, Int16Table, Int64s
from curate.metrics.declare import Metric

GRID: Final = 4096
BLOCK: Final = 512
"""Rows whose products are added at a time."""


class PairSums(NamedTuple):
    """What the compiled loop adds up over pairs: [i, j] of a table holds rows where both are known,
    and i's sums there. `grid` to `whole` are its room for a block.
    """

    low: Floats
    scale: Floats
    grid: Int16Table
    unknown: Int16Table
    gap: Bools
    held: Bools
    whole: FloatTable
    rows: FloatTable
    sums: FloatTable
    squares: FloatTable
    products: FloatTable


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

    def begin(self, names: Sequence[str]) -> PairSums:
        """Nothing added up yet, of these metrics, of rows in which the others have no value."""
        metrics = [self.metrics[self._at[name]] for name in names]
        size = len(metrics)
        grid, unknown = np.zeros((2, size, BLOCK), np.int16)
        rows, sums, squares, products = np.zeros((4, size, size))
        return PairSums(
            low=np.array([metric.low for metric in metrics], np.float64),
            scale=np.array([GRID / (metric.high - metric.low) for metric in metrics], np.float64),
            grid=grid,
            unknown=unknown,
            gap=np.zeros(BLOCK, bool),
            held=np.zeros(size, bool),
            whole=np.zeros((size + 1, size)),
            rows=rows,
            sums=sums,
            squares=squares,
            products=products,
        )

    def add(self, names: Sequence[str], sums: PairSums) -> None:
        """Add what was added up of some rows (at most 2**29: sums of products stay below 2**53)."""
        at = [self._at[name] for name in names]
        place = np.ix_(at, at)
        parts = sums.rows, sums.sums, sums.squares, sums.products
        for total, part in zip(self.totals(), parts, strict=True):
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
