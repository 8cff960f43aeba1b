"""Audio paths of an input, evenly spread over its records: enough to see if its files exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from curate.arrays import Bytes, Int64s

BATCH_PATHS = 200
"""Paths taken of each batch of lines, by it only: what is read beside it does not matter,
and a reused measurement has the same.
"""
MOST_PATHS = 4 * BATCH_PATHS
"""Paths of an input beyond which every second one is left out."""


def evenly(size: int, most: int) -> Int64s:
    """Up to `most` of so many places, the first among them.

    >>> evenly(10, 4).tolist(), evenly(2, 4).tolist()
    ([0, 3, 6, 9], [0, 1])
    """
    if size <= most:
        return np.arange(size)
    return np.linspace(0, size - 1, most).astype(np.int64)


def sample_paths(
    data: Bytes, start: Int64s, length: Int64s, of: Int64s, batches: int
) -> list[tuple[str, ...]]:
    """Of each of so many batches some paths of its rows; `of` is the batch of each row, in order,
    and a row of length 0 names no file.
    """
    samples: list[tuple[str, ...]] = []
    for first, end in pairwise(np.searchsorted(of, np.arange(batches + 1)).tolist()):
        rows = first + np.flatnonzero(length[first:end])
        rows = rows[evenly(rows.size, BATCH_PATHS)]
        spans = zip(start[rows].tolist(), length[rows].tolist(), strict=True)
        samples.append(tuple(data[at : at + size].tobytes().decode() for at, size in spans))
    return samples


@dataclass(slots=True)
class PathSample:
    """The paths of an input, of batch after batch; memory does not grow with the input."""

    paths: list[str] = field(default_factory=list)
    _stride: int = 1

    def add(self, paths: Sequence[str]) -> None:
        """Add those of the next batch."""
        self.paths += paths[:: self._stride]
        while len(self.paths) > MOST_PATHS:
            self.paths = self.paths[::2]
            self._stride *= 2
