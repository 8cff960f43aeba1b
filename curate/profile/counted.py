"""What is counted of the metrics in one pass over rows; parts of the rows add up exactly."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.columns import DURATION_US
from curate.metrics.declare import Metric
from curate.profile.correlate import Products
from curate.profile.tally import Tally

_WAITING = 2
"""Frames that wait to be counted, so that memory does not grow where counting is slower."""


@dataclass(slots=True)
class Counted:
    """The fine bins of each metric, the sums behind their correlations, and how many rows."""

    tallies: Mapping[str, Tally]
    products: Products
    rows: int = 0

    @classmethod
    def of(cls, metrics: Sequence[Metric]) -> Counted:
        """Nothing counted yet."""
        return cls({metric.name: Tally.of(metric) for metric in metrics}, Products(metrics))

    def add(self, frame: pl.DataFrame) -> None:
        """Count the rows of a records table that come next."""
        names = [name for name in self.tallies if frame[name].null_count() < frame.height]
        values = frame.select(pl.col(names).cast(pl.Float64)).to_numpy(order="fortran")
        us = frame[DURATION_US.name].fill_null(0).to_numpy()
        for at, name in enumerate(names):
            self.tallies[name].add(values[:, at], us, self.rows)
        self.products.add(names, values)
        self.rows += frame.height

    def merge(self, other: Counted) -> None:
        """Count what was counted of the rows that come next."""
        for name, tally in self.tallies.items():
            tally.merge(other.tallies[name], self.rows)
        self.products.merge(other.products)
        self.rows += other.rows

    def save(self, path: Path) -> None:
        """Write all of it as arrays (numpy's .npz); `load` reads it."""
        arrays: dict[str, Any] = {
            f"{name}/{part}": array
            for name, tally in self.tallies.items()
            for part, array in tally.arrays().items()
        }
        arrays |= {f"products/{k}": array for k, array in enumerate(self.products.totals())}
        with path.open("wb") as file:
            np.savez_compressed(file, rows=self.rows, **arrays)

    @classmethod
    def load(cls, path: Path, metrics: Sequence[Metric]) -> Counted:
        """What `save` wrote of these metrics. OSError, ValueError or KeyError for what is not."""
        found = cls.of(metrics)
        with np.load(path, allow_pickle=False) as arrays:
            found.rows = int(arrays["rows"])
            for name, tally in found.tallies.items():
                for part, array in tally.arrays().items():
                    array[...] = arrays[f"{name}/{part}"]
            for k, array in enumerate(found.products.totals()):
                array[...] = arrays[f"products/{k}"]
        return found


class Counter:
    """Counts frames on a thread of its own, in their order."""

    def __init__(self, counted: Counted, pool: ThreadPoolExecutor) -> None:
        self._counted, self._pool = counted, pool
        self._jobs: deque[Future[None]] = deque()

    def add(self, frame: pl.DataFrame) -> None:
        """Count a frame soon; errors of earlier ones are raised here."""
        self._jobs.append(self._pool.submit(self._counted.add, frame))
        while len(self._jobs) > _WAITING:
            self._jobs.popleft().result()

    def merge(self, part: Counted) -> None:
        """Add what was counted elsewhere of the rows that come next."""
        self._jobs.append(self._pool.submit(self._counted.merge, part))

    def finish(self) -> None:
        """Wait until all is counted."""
        while self._jobs:
            self._jobs.popleft().result()


@contextmanager
def counting(counted: Counted) -> Iterator[Counter]:
    """A counter for the rows met in the block; all are counted when it ends."""
    with ThreadPoolExecutor(1) as pool:
        counter = Counter(counted, pool)
        yield counter
        counter.finish()
