"""The middle char_rate of strata: exact, by two looks at the rows, so that few values are held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from curate.arrays import Floats, Int64s, Int64Table, UInt32s
from curate.metrics import BY_NAME
from curate.profiles.rows import batches, scan
from curate.profiles.statistics.codes import codes_of
from curate.profiles.statistics.tally import Tally

RATE = "char_rate"
Strata = Mapping[str, Sequence[str | None]]
"""Values of columns."""


def median_rates(records: Path, strata: Strata) -> Mapping[str, Sequence[float | None]]:
    """By column the middle char_rate of the rows with each of these values, the lower one of two;
    None where no row has one.

    The first look counts bins, the second one takes only the values of the bins in the middle.
    """
    tally = Tally.of(BY_NAME[RATE])
    counts = {
        name: np.zeros((len(values), tally.rows.size), np.int64) for name, values in strata.items()
    }
    for rates, codes in _rows(records, strata):
        for name, code in codes.items():
            tally.count_by(rates, code, counts[name])
    middle = {name: _Middle(tally, counts[name]) for name in strata}
    for rates, codes in _rows(records, strata):
        for name, code in codes.items():
            middle[name].take(rates, code)
    return {name: of.medians() for name, of in middle.items()}


def _rows(records: Path, strata: Strata) -> Iterator[tuple[Floats, Mapping[str, UInt32s]]]:
    """Their rates, and by column their codes."""
    columns = [pl.col(name).alias(f"by {name}") for name in strata]
    for frame in batches(scan(records).select(RATE, *columns)):
        yield (
            frame[RATE].to_numpy(),
            {name: codes_of(frame[f"by {name}"], values) for name, values in strata.items()},
        )


class _Middle:
    """The values of the bin of each stratum that its median is in."""

    def __init__(self, tally: Tally, counts: Int64Table) -> None:
        running = counts.cumsum(axis=1)
        rows = running[:, -1] if running.size else np.zeros(len(counts), np.int64)
        rank = (rows + 1) // 2
        self._tally = tally
        self._bin: Int64s = (running < rank[:, None]).sum(axis=1)
        before = (running - counts)[
            np.arange(len(counts)), np.minimum(self._bin, counts.shape[1] - 1)
        ]
        self._rank = rank - before
        self._known = rows > 0
        self._taken = [(np.zeros(0), np.zeros(0, np.uint32))]

    def take(self, rates: Floats, code: UInt32s) -> None:
        """Take what lies in the bins from rows that come next."""
        self._taken.append(self._tally.pick_by(rates, code, self._bin))

    def medians(self) -> list[float | None]:
        """The middle values."""
        rates = np.concatenate([rates for rates, _ in self._taken])
        codes = np.concatenate([codes for _, codes in self._taken])
        order = np.lexsort((rates, codes))
        rates, codes = rates[order], codes[order]
        first = np.searchsorted(codes, np.arange(self._bin.size) + 1)
        return [
            float(rates[at + rank - 1]) if known else None
            for at, rank, known in zip(
                first.tolist(), self._rank.tolist(), self._known.tolist(), strict=True
            )
        ]
