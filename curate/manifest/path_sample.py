"""Audio paths of an input, evenly spread over its records: enough to see if its files exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from curate.arrays import Bytes, Floats, Int64s

BATCH_PATHS = 200
"""Paths taken of each batch of lines, by it only: what is read beside it does not matter,
and a reused measurement has the same.
"""
MOST_PATHS = 4 * BATCH_PATHS
"""Paths of an input beyond which every second one is left out."""
ALL_PATHS = 65_536
"""Paths of all inputs together that are kept, but one of each input in any case."""


def evenly(size: int, most: int) -> Int64s:
    """Up to `most` of so many places, the first among them.

    >>> evenly(10, 4).tolist(), evenly(2, 4).tolist()
    ([0, 3, 6, 9], [0, 1])
    """
    if size <= most:
        return np.arange(size)
    return np.linspace(0, size - 1, most).astype(np.int64)


def most_of_each(inputs: int) -> int:
    """Paths that are kept of each of so many inputs: a power of two below MOST_PATHS, so that it
    seldom changes when inputs are added or left out.

    >>> most_of_each(1), most_of_each(100), most_of_each(10_000), most_of_each(100_000)
    (800, 512, 4, 1)
    """
    share = max(1, ALL_PATHS // max(1, inputs))
    return min(MOST_PATHS, 1 << (share.bit_length() - 1))


class BatchPaths(NamedTuple):
    """Some audio paths of a batch, and where in each the record ends that names it, in seconds."""

    paths: tuple[str, ...] = ()
    ends: tuple[float, ...] = ()


def sample_paths(
    data: Bytes, start: Int64s, length: Int64s, end_s: Floats, of: Int64s, batches: int
) -> list[BatchPaths]:
    """Of each of so many batches some paths of its rows; `of` is the batch of each row, in order,
    `end_s` where its record ends in the audio, and a row of length 0 names no file.
    """
    samples: list[BatchPaths] = []
    whole = data.data
    for first, end in pairwise(np.searchsorted(of, np.arange(batches + 1)).tolist()):
        its_length = length[first:end]
        named = int(np.count_nonzero(its_length))
        places = evenly(named, BATCH_PATHS)
        rows = first + (places if named == end - first else np.flatnonzero(its_length)[places])
        begins, ends = start[rows], start[rows] + length[rows]
        spans = zip(begins.tolist(), ends.tolist(), strict=True)
        paths = tuple(str(whole[begin:end], "utf-8") for begin, end in spans)
        samples.append(BatchPaths(paths, tuple(end_s[rows].tolist())))
    return samples


NO_PATHS = BatchPaths()


@dataclass(slots=True)
class PathSample:
    """The paths of an input, of batch after batch; memory does not grow with the input. `ends` are
    where the records end in these files, in seconds; empty where that is not known.
    """

    paths: list[str] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    _stride: int = 1

    def add(self, paths: Sequence[str], ends: Sequence[float] = ()) -> None:
        """Add those of the next batch."""
        self.paths += paths[:: self._stride]
        self.ends += ends[:: self._stride]
        self.keep(MOST_PATHS)

    def keep(self, most: int) -> None:
        """Leave every second one out until there are no more than `most`: first to a greater number
        and then to a smaller one is the same as to the smaller one at once.
        """
        while len(self.paths) > most:
            self.paths, self.ends = self.paths[::2], self.ends[::2]
            self._stride *= 2
