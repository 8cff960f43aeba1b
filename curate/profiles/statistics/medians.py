"""The middle char_rate of strata: exact, by two looks at the rows, so that few values are held."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.arrays import Floats, Int64s, UInt32s
from curate.metrics import BY_NAME
from curate.profiles.rows import batches, scan
from curate.profiles.statistics.codes import codes_of
from curate.profiles.statistics.tally import Tally

RATE = "char_rate"
Values = Sequence[str | None]
Medians = Mapping[str, Mapping[str | None, float]]
"""By column the medians of its values; none where no row has a rate."""


class MedianRates:
    """The strata of columns, whose rates are counted in bins at the first look. The second one
    takes the values of the bins in the middle.
    """

    def __init__(self, strata: Mapping[str, Values]) -> None:
        self._tally = Tally.of(BY_NAME[RATE])
        bins = self._tally.rows.size
        self.strata = strata
        self._counts = {
            name: np.zeros((len(values), bins), np.int64) for name, values in strata.items()
        }

    def count(self, column: str, rates: Floats, code: UInt32s) -> None:
        """Count the rates of a batch by the places of its rows' strata, from 1."""
        self._tally.count_by(rates, code, self._counts[column])

    def medians(self, records: Path) -> Medians:
        """The lower one of two in the middle, when all rows are counted."""
        middle = {
            name: _Middle(self._tally, self.strata[name], counts)
            for name, counts in self._counts.items()
        }
        ends = [of.ends for of in middle.values() if of.ends]
        if ends:
            near = pl.col(RATE).is_between(
                min(low for low, _ in ends), max(high for _, high in ends)
            )
            columns = [pl.col(name).alias(f"by {name}") for name in middle]
            for rows in batches(scan(records).select(RATE, *columns)):
                frame = rows.filter(near)
                for name, of in middle.items():
                    of.take(frame[RATE].to_numpy(), frame[f"by {name}"])
        return {name: of.medians() for name, of in middle.items()}


class _Middle:
    """The values of the bin of each stratum that its median is in."""

    def __init__(self, tally: Tally, values: Values, counts: npt.NDArray[np.int64]) -> None:
        running = counts.cumsum(axis=1)
        rank = (running[:, -1] + 1) // 2
        self._tally, self._values = tally, values
        self._bins: Int64s = (running < rank[:, None]).sum(axis=1)
        self._ranks = rank - (running - counts)[np.arange(len(values)), self._bins]
        self._known = running[:, -1] > 0
        self._taken = [(np.zeros(0), np.zeros(0, np.uint32))]

    @property
    def ends(self) -> tuple[float, float] | None:
        """Between which rates the bins lie, or a bit more; None without one."""
        bins = self._bins[self._known]
        if not bins.size:
            return None
        tally, last = self._tally, self._tally.rows.size - 1
        width = (tally.high - tally.low) / (last - 1)
        low, high = int(bins.min()), int(bins.max())
        return (
            tally.low + (low - 2) * width if low else -math.inf,
            tally.low + (high + 1) * width if high < last else math.inf,
        )

    def take(self, rates: Floats, column: pl.Series) -> None:
        """Take what lies in the bins from rows that come next."""
        code = codes_of(column, self._values)
        self._taken.append(self._tally.pick_by(rates, code, self._bins))

    def medians(self) -> Mapping[str | None, float]:
        """The middle values."""
        rates = np.concatenate([rates for rates, _ in self._taken])
        codes = np.concatenate([codes for _, codes in self._taken])
        rates = rates[np.lexsort((rates, codes))]
        first = np.searchsorted(np.sort(codes), np.arange(len(self._values)) + 1)
        at = first + self._ranks - 1
        return {
            value: float(rates[at[place]])
            for place, value in enumerate(self._values)
            if self._known[place]
        }
