"""How sure an error rate is: whole speakers are drawn again, not words.

Errors come in clusters (one speaker, one recording), so an interval over independent words is far
too narrow. Here clusters are drawn with replacement, as often as there are, DRAWS times, and each
rate is computed anew from what was drawn; the interval lies between the 2.5th and the 97.5th
percentile (Bisani and Ney 2004: bootstrap estimates for confidence intervals in ASR). Two models
are compared on the same draws, which makes the comparison a paired one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from train.rows import Row

DRAWS = 1000
CONFIDENCE = 0.95
FEWEST = 5
"""With fewer clusters nobody knows how much clusters differ: no interval."""

_AT_ONCE = 50

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Clusters:
    """What is drawn as a whole: `unit` in words, and the cluster of each row, from 0 on."""

    unit: str
    of_row: Ints

    @property
    def count(self) -> int:
        """How many clusters there are."""
        return int(self.of_row.max(initial=-1)) + 1


def clusters_of(rows: Sequence[Row]) -> Clusters:
    """Speakers where they are known, else recordings; utterances where those are too few.

    A row without a speaker is of its recording's cluster.
    """
    audio = [f"audio {row.audio}" for row in rows]
    speakers = [row.fields.get("speaker") for row in rows]
    if any(speaker is not None for speaker in speakers):
        pairs = zip(speakers, audio, strict=True)
        found = _numbered("speaker", [a if s is None else f"speaker {s}" for s, a in pairs])
        if found.count >= FEWEST:
            return found
    found = _numbered("recording", audio)
    return found if found.count >= FEWEST else Clusters("utterance", np.arange(len(rows)))


def _numbered(unit: str, names: Sequence[str]) -> Clusters:
    numbers = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return Clusters(unit, np.array([numbers[name] for name in names], np.int64))


@dataclass(frozen=True, slots=True)
class Interval:
    """Between `low` and `high` with CONFIDENCE."""

    low: float
    high: float


class Bootstrap:
    """The same DRAWS draws of clusters for everything that is asked."""

    def __init__(self, clusters: Clusters, seed: int = 0) -> None:
        self.clusters = clusters
        self.seed = seed

    def sums(self, parts: Sequence[Ints], *values: Floats) -> list[Floats]:
        """Of each of `values` (one number a row) its sum over each part's rows, in every draw.

        `parts` are row numbers; the arrays returned are parts x DRAWS. Values that are whole
        numbers give exact sums.
        """
        tables = [self._by_cluster(parts, value) for value in values]
        blocks = [[table @ counts for table in tables] for counts in self._draws()]
        return [np.concatenate(block, axis=1) for block in zip(*blocks, strict=True)]

    def clusters_in(self, part: Ints) -> int:
        """How many clusters the rows are of."""
        return np.unique(self.clusters.of_row[part]).size

    def _by_cluster(self, parts: Sequence[Ints], value: Floats) -> csr_matrix:
        rows = np.concatenate([*parts, np.zeros(0, np.int64)]).astype(np.int64)
        part = np.repeat(np.arange(len(parts)), [len(each) for each in parts])
        shape = (len(parts), self.clusters.count)
        return csr_matrix((value[rows], (part, self.clusters.of_row[rows])), shape)

    def _draws(self) -> Iterator[Floats]:
        """Clusters x draws: how often each was drawn."""
        # The legacy generator: its stream is the one that NumPy promises never to change.
        random, size = np.random.RandomState(self.seed), self.clusters.count
        for first in range(0, DRAWS, _AT_ONCE):
            block = np.empty((min(_AT_ONCE, DRAWS - first), size))
            for draw in block:
                draw[:] = np.bincount(random.randint(0, size, size), minlength=size)
            yield np.ascontiguousarray(block.T)


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
