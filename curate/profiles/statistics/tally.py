"""Counting one metric's values in fine bins: compiled, exact, the same in any order of rows.

Fine bins end at the limits that rules set on the metric, and the rows of each are counted by the
verdicts that those rules gave them: what a histogram shows of either is counted, not derived.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curate.arrays import Bools, Bytes, Floats, FloatTable, Int64s, Int64Table, UInt32s
from curate.metrics.declare import Metric
from curate.native import address, held, kernel

FINE = 64
"""Each bin of a histogram is cut so many times to find where a quantile lies."""
WHOLE = 4096
"""Integer metrics whose histogram ends here or below get a bin for each value below this."""
SHOWN = 8
"""Rows kept of each end of a metric."""
HIT_VERDICTS = ("borderline", "unknown", "bad")
"""Verdicts that a rule can give, best first; `hits` has a row for each, in this order."""
_LEAST, _MOST = 0, 1


class Hits(NamedTuple):
    """What the rules on one metric gave to each row of a batch.

    `verdict` is indexed by a row's `code`: 0 where no rule of the metric triggered, else one more
    than an index into HIT_VERDICTS. Code 0 is of rows on which no rule at all triggered; without
    codes none did on any row. `of_code` counts the rows of each code.
    """

    code: UInt32s
    verdict: Bytes
    of_code: Int64s

    def rows(self) -> Int64s:
        """Rows by verdict, whether the metric is null in them or not."""
        counts = np.bincount(self.verdict, self.of_code, minlength=len(HIT_VERDICTS) + 1)
        return counts[1:].astype(np.int64)

    def of(self, rows: npt.NDArray[np.intp]) -> Hits:
        """Those of some of the rows."""
        code = self.code[rows]
        return Hits(code, self.verdict, np.bincount(code, minlength=self.of_code.size))


class BinCounts(NamedTuple):
    """What the compiled loop counts of one metric, in so many equal `bins` between two more."""

    low: float
    width: float
    top: float
    bins: int
    cuts: Floats
    rows: Int64s
    us: Int64s
    hits: Int64Table
    span: FloatTable
    sums: Int64s
    worst: FloatTable
    worst_at: Int64Table


def by_value(metric: Metric) -> bool:
    """Whether each value of the metric has a bin of its own: an integer, and not in thousands."""
    return metric.dtype.is_integer() and metric.high <= WHOLE


NO_HITS = Hits(np.zeros(0, np.uint32), np.zeros(1, np.uint8), np.zeros(1, np.int64))


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of one metric so far. Values that are not finite count as nulls.

    Bin 0 lies below `low`, the last one above `top`: `high` itself, or the last whole number.
    Between them are equal bins, each parted again at the `cuts` within it: a value that is not less
    than a cut lies right of it. `hits` are the rows of each bin by HIT_VERDICTS, `hit_rows` all
    such rows, those without a value too.
    `worst` holds the lowest and the highest values, worst first, and `worst_at` their row numbers
    (-1: none); ties are in row order.
    """

    low: float
    high: float
    top: float
    cuts: Floats
    rows: Int64s
    us: Int64s
    hits: Int64s
    span: Floats
    hit_rows: Int64s = field(default_factory=lambda: np.zeros(len(HIT_VERDICTS), np.int64))
    sums: Int64s = field(default_factory=lambda: np.zeros(2, np.int64))
    worst: Floats = field(default_factory=lambda: np.full((2, SHOWN), np.inf))
    worst_at: Int64s = field(default_factory=lambda: np.full((2, SHOWN), -1, np.int64))

    _counts: BinCounts = field(init=False, repr=False)
    """The same arrays, for the compiled loop."""

    def __post_init__(self) -> None:
        bins = self.rows.size - 2 - self.cuts.size
        counts = BinCounts(
            self.low, (self.high - self.low) / bins, self.top, bins, self.cuts, self.rows, self.us,
            self.hits, self.span, self.sums, self.worst, self.worst_at,
        )  # fmt: skip
        object.__setattr__(self, "_counts", held(counts))

    @property
    def address(self) -> int:
        """Where the compiled loops find all that is counted."""
        return address(self._counts)

    @classmethod
    def of(cls, metric: Metric, cuts: Sequence[float] = ()) -> Tally:
        """An empty tally with bins that suit the metric and end at `cuts`.

        Where each value has a bin of its own, no cut is needed, and none is kept.
        """
        whole = by_value(metric)
        low, high = (0.0, float(WHOLE)) if whole else (float(metric.low), float(metric.high))
        inner = np.unique([cut for cut in cuts if low < cut <= high and not whole]).astype(float)
        bins = (WHOLE if whole else metric.bins * FINE) + 2 + inner.size
        span = np.empty((2, bins))
        span[_LEAST], span[_MOST] = np.inf, -np.inf
        hits = np.zeros((len(HIT_VERDICTS), bins), np.int64)
        top = high - 1 if whole else high
        return cls(
            low, high, top, inner, np.zeros(bins, np.int64), np.zeros(bins, np.int64), hits, span
        )  # fmt: skip

    def add(self, values: Floats, us: Int64s, first_row: int, hits: Hits | None = None) -> None:
        """Count a batch; NaN is null. `first_row` is the number of its first row."""
        if hits is None:
            hits = NO_HITS
        else:
            self.hit_rows[:] += hits.rows()
        _count(values, us, first_row, hits.code, hits.verdict, self._counts)

    def bins(self) -> tuple[Int64s, Int64s]:
        """Of each bin: its equal bin (0 below `low`), and how many cuts lie left of it."""
        equal = self.rows.size - self.cuts.size
        width = (self.high - self.low) / (equal - 2)
        of_cut = [_bin(cut, self.low, width, self.top, equal - 2) for cut in self.cuts]
        inside = np.bincount(np.array(of_cut, np.int64), minlength=equal)
        base = np.repeat(np.arange(equal), inside + 1)
        return base, np.arange(base.size) - base

    def arrays(self) -> Mapping[str, npt.NDArray[np.generic]]:
        """All that was counted, by name; writing into them changes the tally."""
        return {
            "rows": self.rows, "us": self.us, "hits": self.hits, "hit_rows": self.hit_rows,
            "cuts": self.cuts, "span": self.span, "sums": self.sums,
            "worst": self.worst, "worst_at": self.worst_at,
        }  # fmt: skip

    def merge(self, other: Tally, first_row: int) -> None:
        """Count what another tally of the same metric counted of rows from `first_row` on."""
        self.rows[:] += other.rows
        self.us[:] += other.us
        self.hits[:] += other.hits
        self.hit_rows[:] += other.hit_rows
        np.minimum(self.span[_LEAST], other.span[_LEAST], out=self.span[_LEAST])
        np.maximum(self.span[_MOST], other.span[_MOST], out=self.span[_MOST])
        self.sums[:] += other.sums
        for end in range(2):
            for value, row in zip(other.worst[end], other.worst_at[end], strict=True):
                if row >= 0 and value < self.worst[end, -1]:
                    _keep(value, first_row + row, self.worst[end], self.worst_at[end])

    def pick(self, values: Floats, mask: Bools) -> Floats:
        """The values of a batch that fall into the wanted bins."""
        picked = np.empty(values.size)
        return picked[: _pick(values, self.low, self.high, self.top, self.cuts, mask, picked)]

    def count_by(self, values: Floats, code: UInt32s, counts: Int64Table) -> None:
        """Add the values of a batch to `counts`, which has a row per stratum, by its code less one,
        and a column per bin of this tally. Rows of code 0 are of no stratum.
        """
        _count_by(values, code, self.low, self.high, self.top, self.cuts, counts)

    def pick_by(self, values: Floats, code: UInt32s, bins: Int64s) -> tuple[Floats, UInt32s]:
        """The values of a batch that fall into the bin of their stratum, which `bins` has by code
        less one, and their codes. Rows of code 0 are of no stratum.
        """
        picked, codes = np.empty(values.size), np.empty(values.size, np.uint32)
        size = _pick_by(values, code, bins, self._counts, picked, codes)
        return picked[:size].copy(), codes[:size].copy()

    @property
    def total(self) -> int:
        """Sum of the values rounded to millionths, in millionths."""
        return int(self.sums[0]) + (int(self.sums[1]) << 32)

    def ends(self, high: bool) -> list[tuple[int, float]]:
        """(row number, value) of the worst rows at one end, worst first."""
        sign = -1.0 if high else 1.0
        values, rows = self.worst[int(high)].tolist(), self.worst_at[int(high)].tolist()
        return [(at, sign * value) for at, value in zip(rows, values, strict=True) if at >= 0]


@kernel("tally")
def _bin(value: float, low: float, width: float, top: float, bins: int) -> int:
    """The equal bin of a value; the last one holds its upper end, too."""
    raise NotImplementedError


@kernel("tally")
def _keep(value: float, row: int, worst: Floats, worst_at: Int64s) -> None:
    """Put a value in its place among the lowest, after its equals."""
    raise NotImplementedError


@kernel("tally")
def _count(
    values: Floats, us: Int64s, first_row: int, code: UInt32s, verdict: Bytes, of: BinCounts
) -> None:
    raise NotImplementedError


@kernel("tally")
def _pick(
    values: Floats, low: float, high: float, top: float, cuts: Floats, mask: Bools, picked: Floats
) -> int:
    """Put the values of the wanted bins into `picked`; how many."""
    raise NotImplementedError


@kernel("tally")
def _count_by(
    values: Floats,
    code: UInt32s,
    low: float,
    high: float,
    top: float,
    cuts: Floats,
    counts: Int64Table,
) -> None:
    raise NotImplementedError


@kernel("tally")
def _pick_by(
    values: Floats, code: UInt32s, bins: Int64s, of: BinCounts, picked: Floats, codes: UInt32s
) -> int:
    """Put the values of each stratum's bin into `picked`, and their codes; how many."""
    raise NotImplementedError
