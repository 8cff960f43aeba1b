"""What a histogram shows: bins that end at limits, and of each its rows, by what rules gave them.

Only counts. Reports decide what is drawn of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from curate.arrays import Int64s
from curate.metrics.declare import Metric
from curate.profiles.named import hours
from curate.profiles.statistics.tally import FINE, HIT_VERDICTS, Tally, by_value
from curate.rules.file import RuleSet, Threshold, thresholds

if TYPE_CHECKING:  # what is counted while records are measured needs no models of files
    from curate.artifacts.distributions import Histogram as HistogramArtifact
    from curate.artifacts.distributions import Hit
    from curate.artifacts.distributions import Threshold as MetricThreshold

MOST_LIMITS = 6
"""Limits of one metric at which its bins end; those of all rows come before those of some."""
LEAST_BINS, MOST_BINS = 25, 64
"""Bins are made narrower until there are so many, and whole numbers share one beyond so many."""
_LINE_UP = 1e-6
"""Parts of a fine bin by which a limit may miss an edge of the grid and still be that edge."""

Positions = npt.NDArray[np.float64]


class Cut(NamedTuple):
    """Where a limit parts the values: `at` is the limit, `first` the least value right of it."""

    at: float
    first: float


def cuts_of(rules: RuleSet | None) -> Mapping[str, Sequence[Cut]]:
    """By metric, where its limits part its values: at most MOST_LIMITS each."""
    by_metric: dict[str, list[Threshold]] = {}
    for limit in thresholds(rules) if rules else []:
        by_metric.setdefault(limit.metric, []).append(limit)
    cuts_by_metric = {metric: cuts_at(limits) for metric, limits in by_metric.items()}
    return {metric: cuts for metric, cuts in cuts_by_metric.items() if cuts}


def cuts_at(limits: Sequence[Threshold | MetricThreshold]) -> Sequence[Cut]:
    """Where the limits of one metric part its values: at most MOST_LIMITS."""
    cuts: dict[Cut, None] = {}
    for limit in sorted(limits, key=lambda limit: bool(limit.where)):
        if limit.value is not None:
            for right_of in _RIGHT_OF[limit.operator]:
                cuts[Cut(limit.value, right_of(limit.value))] = None
    return list(cuts)[:MOST_LIMITS]


def _same(value: float) -> float:
    return value


def _next(value: float) -> float:
    return math.nextafter(value, math.inf)


_RIGHT_OF = {
    ">=": (_same,), "<": (_same,), ">": (_next,), "<=": (_next,),
    "==": (_same, _next), "!=": (_same, _next),
}  # fmt: skip
"""The least values on the right side of a limit, of each side that it parts from the others."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Rows and microseconds between `edges`, which hold all values but those `below` and `above`
    (`us_below`, `us_above`).

    A bin holds its lower edge (where that is a limit not to be exceeded, the bin before does), the
    last one its upper edge too. Where `whole`, values are whole
    numbers and edges lie half-way between two. `hits` are among the rows.
    """

    edges: Sequence[float]
    rows: Sequence[int]
    us: Sequence[int]
    below: int
    above: int
    us_below: int
    us_above: int
    whole: bool
    hits: Sequence[Hit]
    placed: Placed

    def artifact(self) -> HistogramArtifact:
        """As profile.json has it."""
        from curate.artifacts.distributions import Histogram as HistogramArtifact

        return HistogramArtifact(
            edges=tuple(self.edges),
            whole=self.whole,
            rows=tuple(self.rows),
            hours=tuple(hours(us) for us in self.us),
            below=self.below,
            above=self.above,
            below_hours=hours(self.us_below),
            above_hours=hours(self.us_above),
            hits=tuple(self.hits),
        )


class Placed(NamedTuple):
    """Which fine bins each bin of a histogram is made of: counts of some of the rows in the same
    fine bins (of a tally with the same `cuts`) become counts in the same bins.
    """

    cuts: Sequence[float]
    inside: slice
    held: npt.NDArray[np.intp]
    place: npt.NDArray[np.intp]
    bins: int

    def binned(self, counts: Int64s) -> tuple[int, ...]:
        """Counts of fine bins as counts of bins, from left to right."""
        bins = np.zeros(self.bins, np.int64)
        np.add.at(bins, self.place, counts[self.inside][self.held])
        return tuple(bins.tolist())

    def beyond(self, counts: Int64s) -> tuple[int, int]:
        """Counts of fine bins below and above all bins."""
        return int(counts[: self.inside.start].sum()), int(counts[self.inside.stop :].sum())


class _Grid(NamedTuple):
    """Fine bins as positions on a line of steps: where each that lies inside begins; all of them
    are `inside`."""  # noqa: D209

    low: float
    step: float
    inside: slice
    begin: Positions
    cuts: Sequence[tuple[float, float]]


def histogram(metric: Metric, tally: Tally, cuts: Sequence[Cut] = ()) -> Histogram:
    """The bins of a metric from the first to the last that holds a row.

    Where rows lie beyond the metric's range, its bins reach to that end.
    """
    from curate.artifacts.distributions import Hit

    whole = by_value(metric)
    grid = (_whole_grid if whole else _fine_grid)(metric, tally, cuts)
    held = np.flatnonzero(tally.rows[grid.inside])
    beyond = Placed((), grid.inside, held, held, 0).beyond(tally.rows)
    positions, edges = _edges(metric, grid, held, beyond)
    place = np.searchsorted(positions, grid.begin[held] + _LINE_UP, side="right") - 1
    bins = max(len(edges) - 1, 0)
    placed = Placed(tally.cuts.tolist(), grid.inside, held, place, bins)

    def hit(at: int, verdict: str) -> Hit:
        of = tally.hits[at]
        null = int(tally.hit_rows[at] - of.sum())
        low, high = placed.beyond(of)
        return Hit(verdict=verdict, rows=placed.binned(of), below=low, above=high, null=null)

    hits = [hit(at, name) for at, name in enumerate(HIT_VERDICTS) if tally.hit_rows[at]]
    rows, us = placed.binned(tally.rows), placed.binned(tally.us)
    return Histogram(edges, rows, us, *beyond, *placed.beyond(tally.us), whole, hits, placed)


def _whole_grid(metric: Metric, tally: Tally, cuts: Sequence[Cut]) -> _Grid:
    """Every whole number of the metric's range is a fine bin, at its own position."""
    first, last = math.ceil(metric.low), math.floor(metric.high)
    begin = np.arange(first, last + 1, dtype=np.float64)
    ends = [(float(math.ceil(cut.first)), math.ceil(cut.first) - 0.5) for cut in cuts]
    return _Grid(-0.5, 1.0, slice(first + 1, last + 2), begin, ends)


def _fine_grid(metric: Metric, tally: Tally, cuts: Sequence[Cut]) -> _Grid:
    """Fine bins are FINE to each of the metric's own; those that cuts add begin at the cut."""
    step = (metric.high - metric.low) / (metric.bins * FINE)
    cuts = [cut for cut in cuts if _parts_rows(cut, tally, (cut.at - metric.low) / step)]
    base, left_of = tally.bins()
    inside = slice(1, base.size - 1)
    begin = (base[inside] - 1).astype(np.float64)
    placed = np.concatenate([[-np.inf], (tally.cuts - metric.low) / step])
    first = np.searchsorted(base[inside], base[inside])  # the bin's own first part
    parted = np.arange(begin.size) > first
    begin = np.where(parted, np.maximum(placed[left_of[inside]], begin), begin)
    # The value of a limit that is not to be exceeded belongs left of it, where a bin begins at it.
    for at in (cut.at for cut in cuts if cut.first > cut.at):
        begin[~parted & (np.abs(begin - (at - metric.low) / step) < _LINE_UP)] -= 2 * _LINE_UP
    ends = [((cut.at - metric.low) / step, cut.at) for cut in cuts]
    return _Grid(metric.low, step, inside, begin, ends)


def _parts_rows(cut: Cut, tally: Tally, place: float) -> bool:
    """Whether the tally has the rows left and right of a limit in bins of their own.

    Rules of languages that do not occur had their limits too while rows were counted.
    """
    on_grid = cut.first == cut.at and abs(place - round(place)) < _LINE_UP
    return on_grid or cut.first in tally.cuts


def _edges(
    metric: Metric, grid: _Grid, held: npt.NDArray[np.intp], beyond: tuple[int, int]
) -> tuple[Positions, list[float]]:
    """The edges as positions and as values; none where there is no row."""
    if not held.size and not any(beyond):
        return np.zeros(0), []
    low, high, width = _range(metric, grid, held, beyond)
    inner = sorted(pair for pair in grid.cuts if low + _LINE_UP < pair[0] < high - _LINE_UP)
    ends = _apart([(low, _value(grid, low)), *inner, (high, _value(grid, high))])
    edges = [ends[0]]
    for (begin, _), end in pairwise(ends):
        edges += [(at, _value(grid, at)) for at in _between(begin, end[0], width)]
        edges.append(end)
    return np.array([at for at, _ in edges]), [value for _, value in edges]


def _range(
    metric: Metric, grid: _Grid, held: npt.NDArray[np.intp], beyond: tuple[int, int]
) -> tuple[float, float, float]:
    """First and last edge, multiples of the width of a bin, and that width."""
    if metric.unit == "0 or 1":
        return 0.0, 2.0, 1.0
    whole = by_value(metric)
    size = float(math.floor(metric.high) + 1 if whole else metric.bins * FINE)
    low = math.floor(grid.begin[held[0]]) if held.size and not beyond[0] else 0.0
    high = math.floor(grid.begin[held[-1]]) + 1.0 if held.size and not beyond[1] else size
    width = _whole_width(high - low) if whole else _fine_width(high - low)
    return math.floor(low / width) * width, min(math.ceil(high / width) * width, size), width


def _whole_width(reach: float) -> float:
    """How many whole numbers share a bin: 1, 2, 5, 10... where they are more than MOST_BINS."""
    widths = (unit * 10.0**power for power in range(4) for unit in (1, 2, 5))
    return next(width for width in widths if reach / width <= MOST_BINS)


def _fine_width(reach: float) -> float:
    """How many fine bins share a bin: the most of which there are LEAST_BINS, if any."""
    widths = (float(FINE >> power) for power in range(FINE.bit_length()))
    return next((width for width in widths if reach / width >= LEAST_BINS), 1.0)


def _apart(ends: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The ends without those that stand where another one does."""
    distinct = [ends[0]]
    distinct += [end for before, end in pairwise(ends) if end[0] - before[0] > _LINE_UP]
    return distinct


def _value(grid: _Grid, at: float) -> float:
    return round(grid.low + at * grid.step, 9)


def _between(begin: float, end: float, width: float) -> Iterator[float]:
    """Edges inside, at fine bins' ends, about `width` apart and evenly so."""
    parts = max(1, round((end - begin) / width))
    for part in range(1, parts):
        yield float(round(begin + (end - begin) * part / parts))
