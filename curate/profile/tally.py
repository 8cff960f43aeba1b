"""Counting one metric's values in fine bins: compiled, exact, the same in any order of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from curate.metrics.declare import Metric
from curate.text.compiled import borrowing

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

FINE = 64
"""Each bin of a histogram is cut so many times to find where a quantile lies."""
WHOLE = 4096
"""Integer metrics whose histogram ends here or below get a bin for each value below this."""
KEPT = 8
"""Rows kept of each end of a metric."""
_HUGE: Final = 9e12
_LEAST, _MOST = 0, 1


def by_value(metric: Metric) -> bool:
    """Whether each value of the metric has a bin of its own: an integer, and not in thousands."""
    return metric.dtype.is_integer() and metric.high <= WHOLE


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of one metric so far. Values that are not finite count as nulls.

    Bin 0 lies below `low`, the last one from `high` on. `worst` holds the lowest and the highest
    values, worst first, and `worst_at` their row numbers (-1: none); ties stand in row order.
    """

    low: float
    high: float
    rows: Counts
    us: Counts
    span: Numbers
    sums: Counts = field(default_factory=lambda: np.zeros(2, np.int64))
    worst: Numbers = field(default_factory=lambda: np.full((2, KEPT), np.inf))
    worst_at: Counts = field(default_factory=lambda: np.full((2, KEPT), -1, np.int64))

    @classmethod
    def of(cls, metric: Metric) -> Tally:
        """An empty tally with bins that suit the metric."""
        whole = by_value(metric)
        low, high = (0.0, float(WHOLE)) if whole else (float(metric.low), float(metric.high))
        bins = (WHOLE if whole else metric.bins * FINE) + 2
        span = np.empty((2, bins))
        span[_LEAST], span[_MOST] = np.inf, -np.inf
        return cls(low, high, np.zeros(bins, np.int64), np.zeros(bins, np.int64), span)

    def add(self, values: Numbers, us: Counts, first_row: int) -> None:
        """Count a batch; NaN is null. `first_row` is the number of its first row."""
        _count(
            values, us, first_row, self.low, self.high, self.rows, self.us,
            self.span, self.sums, self.worst, self.worst_at,
        )  # fmt: skip

    def arrays(self) -> Mapping[str, npt.NDArray[np.generic]]:
        """All that was counted, by name; writing into them changes the tally."""
        return {
            "rows": self.rows, "us": self.us, "span": self.span, "sums": self.sums,
            "worst": self.worst, "worst_at": self.worst_at,
        }  # fmt: skip

    def merge(self, other: Tally, first_row: int) -> None:
        """Count what another tally of the same metric counted of rows from `first_row` on."""
        self.rows[:] += other.rows
        self.us[:] += other.us
        np.minimum(self.span[_LEAST], other.span[_LEAST], out=self.span[_LEAST])
        np.maximum(self.span[_MOST], other.span[_MOST], out=self.span[_MOST])
        self.sums[:] += other.sums
        for end in range(2):
            for value, row in zip(other.worst[end], other.worst_at[end], strict=True):
                if row >= 0 and value < self.worst[end, -1]:
                    _keep(value, first_row + row, self.worst[end], self.worst_at[end])

    def pick(self, values: Numbers, wanted: npt.NDArray[np.bool_]) -> Numbers:
        """The values of a batch that fall into the wanted bins."""
        picked = np.empty(values.size)
        return picked[: _pick(values, self.low, self.high, wanted, picked)]

    @property
    def total(self) -> int:
        """Sum of the values rounded to millionths, in millionths."""
        return int(self.sums[0]) + (int(self.sums[1]) << 32)

    def ends(self, high: bool) -> list[tuple[int, float]]:
        """(row number, value) of the worst rows at one end, worst first."""
        sign = -1.0 if high else 1.0
        values, rows = self.worst[int(high)].tolist(), self.worst_at[int(high)].tolist()
        return [(at, sign * value) for at, value in zip(rows, values, strict=True) if at >= 0]


@borrowing
def _bin(value: float, low: float, width: float, bins: int) -> int:
    """The bin of a value at or above `low`, the bin above the last one among them."""
    at = (value - low) / width
    return 1 + int(at) if at < bins else bins + 1


@borrowing
def _keep(value: float, row: int, worst: Numbers, worst_at: Counts) -> None:
    """Put a value in its place among the lowest, after its equals."""
    at = worst.size - 1
    while at > 0 and value < worst[at - 1]:
        worst[at], worst_at[at] = worst[at - 1], worst_at[at - 1]
        at -= 1
    worst[at], worst_at[at] = value, row


@borrowing
def _count(
    values: Numbers,
    us: Counts,
    first_row: int,
    low: float,
    high: float,
    rows: Counts,
    bin_us: Counts,
    span: Numbers,
    sums: Counts,
    worst: Numbers,
    worst_at: Counts,
) -> None:
    bins = rows.size - 2
    width = (high - low) / bins
    last = worst.shape[1] - 1
    for row in range(values.size):
        value = values[row]
        if not np.isfinite(value):
            continue
        at = 0 if value < low else _bin(value, low, width, bins)
        rows[at] += 1
        bin_us[at] += us[row]
        span[0, at] = min(span[0, at], value)
        span[1, at] = max(span[1, at], value)
        # Two halves, so that neither overflows; beyond _HUGE a mean says nothing anyway.
        millionths = np.int64(np.rint(min(max(value, -_HUGE), _HUGE) * 1e6))
        sums[0] += millionths & 0xFFFFFFFF
        sums[1] += millionths >> 32
        if value < worst[0, last]:
            _keep(value, first_row + row, worst[0], worst_at[0])
        if -value < worst[1, last]:
            _keep(-value, first_row + row, worst[1], worst_at[1])


@borrowing
def _pick(
    values: Numbers, low: float, high: float, wanted: npt.NDArray[np.bool_], picked: Numbers
) -> int:
    """Put the values of the wanted bins into `picked`; how many."""
    bins = wanted.size - 2
    width = (high - low) / bins
    count = 0
    for row in range(values.size):
        value = values[row]
        if np.isfinite(value) and wanted[0 if value < low else _bin(value, low, width, bins)]:
            picked[count] = value
            count += 1
    return count
