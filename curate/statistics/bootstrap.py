"""How sure a rate is: whole clusters (speakers, recordings) are drawn again, not single rows.

Errors come in clusters, so an interval over independent rows is far too narrow. Clusters are drawn
with replacement, as often as there are, DRAWS times, and each rate is computed again from what was
drawn; the interval lies between the 2.5th and the 97.5th percentile (Bisani and Ney 2004: bootstrap
estimates for confidence intervals in ASR). What is compared uses the same draws, so that the
comparison is a paired one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from curate.arrays import Floats, FloatTable, Int32s, Int32Table, Int64s
from curate.native import kernel

DRAWS = 1000
CONFIDENCE = 0.95
FEWEST = 5
"""With fewer clusters nobody knows how much clusters differ: no interval."""

_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Clusters:
    """What is drawn as a whole: `unit` in words, and the cluster of each row, from 0 on."""

    unit: str
    of_row: Int64s

    @classmethod
    def named(cls, unit: str, names: Sequence[str]) -> Clusters:
        """Rows of the same name are of the same cluster."""
        numbers = {name: at for at, name in enumerate(dict.fromkeys(names))}
        return cls(unit, np.array([numbers[name] for name in names], np.int64))

    @property
    def count(self) -> int:
        """How many clusters there are."""
        return int(self.of_row.max(initial=-1)) + 1


@dataclass(frozen=True, slots=True)
class Interval:
    """Between `low` and `high` with CONFIDENCE."""

    low: float
    high: float


class Bootstrap:
    """The same DRAWS draws of clusters for every statistic."""

    def __init__(self, clusters: Clusters, seed: int = 0) -> None:
        self.clusters = clusters
        self.seed = seed

    def sums(self, parts: Sequence[Int64s], *values: Floats) -> list[Floats]:
        """Of each of `values` (one number a row) its sum over each part's rows, in every draw.

        `parts` are row numbers; the arrays returned are parts x DRAWS. Values that are whole
        numbers give exact sums.
        """
        return self.sums_each([(part, values) for part in parts])

    def sums_each(self, parts: Sequence[tuple[Int64s, Sequence[Floats]]]) -> list[Floats]:
        """As `sums`, of parts that have their own values each; as many for every part.

        The draws of many clusters take longer than all that is summed: better in one call.
        """
        starts, clusters, amounts = self._by_cluster(parts)
        sums = np.zeros((len(amounts), len(parts), DRAWS))
        first = 0
        for times in self._draws():
            _add_up(starts, clusters, amounts, times, sums.reshape(-1, DRAWS), first)
            first += len(times)
        return list(sums)

    def clusters_in(self, part: Int64s) -> int:
        """How many clusters the rows are of."""
        return np.unique(self.clusters.of_row[part]).size

    def _by_cluster(
        self, parts: Sequence[tuple[Int64s, Sequence[Floats]]]
    ) -> tuple[Int64s, Int64s, Floats]:
        """Each part's clusters one after the other (`starts`), and their sums of each value."""
        clusters: list[Int64s] = []
        amounts: list[Floats] = []
        for part, values in parts:
            present, at = np.unique(self.clusters.of_row[part], return_inverse=True)
            sums = np.zeros((len(values), present.size))
            for row, value in zip(sums, values, strict=True):
                row[:] = np.bincount(at, value[part], present.size)
            clusters.append(present.astype(np.int64))
            amounts.append(sums)
        starts = np.cumsum([0, *(each.size for each in clusters)]).astype(np.int64)
        joined = np.concatenate([*clusters, np.zeros(0, np.int64)])
        many = len(parts[0][1]) if parts else 0
        return starts, joined, np.concatenate([*amounts, np.zeros((many, 0))], axis=1)

    def _draws(self) -> Iterator[Int32s]:
        """How often each cluster was drawn: draws x clusters, a block at a time."""
        # The legacy generator: its stream is the one that NumPy promises never to change.
        random, size = np.random.RandomState(self.seed), self.clusters.count
        for first in range(0, DRAWS, _AT_ONCE):
            block = np.empty((min(_AT_ONCE, DRAWS - first), size), np.int32)
            for draw in block:
                draw[:] = np.bincount(random.randint(0, size, size), minlength=size)
            yield block


@kernel("bootstrap")
def _add_up(
    starts: Int64s,
    clusters: Int64s,
    amounts: FloatTable,
    times: Int32Table,
    sums: FloatTable,
    first: int,
) -> None:
    raise NotImplementedError


def ratio(part: Floats, whole: Floats) -> Floats:
    """Part / whole; NaN where a draw holds nothing."""
    rates: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return rates


def interval(draws: Floats) -> Interval | None:
    """The interval of one figure's draws; None where some draw could not give it."""
    if not draws.size or np.isnan(draws).any():
        return None
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(draws, [tail, 100 - tail])
    return Interval(round(float(low), 6), round(float(high), 6))


def p_value(draws: Floats) -> float | None:
    """Twice the share of draws on the smaller side of zero: how often chance would do as much."""
    known = draws[~np.isnan(draws)]
    if not known.size:
        return None
    side = min(int((known <= 0).sum()), int((known >= 0).sum()))
    return round(min(1.0, 2 * (side + 1) / (known.size + 1)), 4)
