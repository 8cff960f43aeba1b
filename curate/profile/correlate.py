"""How metrics go together: Pearson's correlation from exact sums.

Values are clipped to their histogram's range, so that one absurd row does not decide it, and
placed on a grid of 1/4096 of that range: sums of small whole numbers are exact in any order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from curate.metrics.declare import Metric
from curate.profile.tally import Numbers

GRID = 4096
Sums = npt.NDArray[np.int64]


class Products:
    """Sums over pairs of metrics; a pair counts the rows in which both are known."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self.metrics = tuple(metrics)
        shape = (len(self.metrics), len(self.metrics))
        self.rows: Sums = np.zeros(shape, np.int64)
        self.sums: Sums = np.zeros(shape, np.int64)
        self.squares: Sums = np.zeros(shape, np.int64)
        self.products: Sums = np.zeros(shape, np.int64)

    def add(self, batch: Mapping[str, Numbers]) -> None:
        """Add a batch of rows (at most 2**29: sums of products stay below 2**53)."""
        grid, known = self._on_grid(batch)
        masks, which = _distinct(known, grid.shape[0])
        both = masks.T @ masks
        self.rows += both[np.ix_(which, which)].astype(np.int64)
        self.sums += (grid.T @ masks)[:, which].astype(np.int64)
        self.squares += (np.square(grid).T @ masks)[:, which].astype(np.int64)
        self.products += (grid.T @ grid).astype(np.int64)

    def _on_grid(self, batch: Mapping[str, Numbers]) -> tuple[Numbers, list[Numbers | None]]:
        """The values as whole numbers 0 to GRID (0 where null), and where each is known."""
        height = next(iter(batch.values())).size
        grid = np.empty((height, len(self.metrics)), order="F")
        known: list[Numbers | None] = []
        for at, metric in enumerate(self.metrics):
            values, column = batch[metric.name], grid[:, at]
            np.subtract(values, metric.low, out=column)
            column *= GRID / (metric.high - metric.low)
            np.clip(column, 0, GRID, out=column)
            np.rint(column, out=column)
            missing = ~np.isfinite(values)
            column[missing] = 0
            known.append((~missing).astype(np.float64) if missing.any() else None)
        return grid, known

    def pearson(self) -> list[list[float | None]]:
        """The matrix, to 4 decimals; None where a metric does not vary or too little is known."""
        size = range(len(self.metrics))
        return [[self._pearson(one, two) for two in size] for one in size]

    def _pearson(self, one: int, two: int) -> float | None:
        n, both = int(self.rows[one, two]), int(self.products[one, two])
        x, y = int(self.sums[one, two]), int(self.sums[two, one])
        across = n * int(self.squares[one, two]) - x * x
        down = n * int(self.squares[two, one]) - y * y
        if across <= 0 or down <= 0:
            return None
        return round((n * both - x * y) / (math.sqrt(across) * math.sqrt(down)), 4)


def _distinct(known: Sequence[Numbers | None], height: int) -> tuple[Numbers, list[int]]:
    """The different masks among `known`, as columns, and which one each metric has.

    Most metrics are null in the same rows, and sums over a mask cost as much as over a metric.
    """
    masks: list[Numbers] = []
    which: list[int] = []
    whole = np.ones(height)
    for each in known:
        mask = whole if each is None else each
        at = next((at for at, seen in enumerate(masks) if np.array_equal(seen, mask)), len(masks))
        if at == len(masks):
            masks.append(mask)
        which.append(at)
    return np.stack(masks, axis=1), which
