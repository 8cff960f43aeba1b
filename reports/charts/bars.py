"""What a histogram's bars hold: rows by what the metric's own rules gave them. No drawing.

Whatever draws it draws these: `Bar.parts` add up to the rows of the bin, and over all bars and
what lies beyond them to the rows of the metric.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from curate.artifacts.distributions import Histogram, Metric, Threshold

NO_RULE = "data"
"""The part of a bar on which no rule of the metric triggered, by the name of its shade."""
WORST_LAST = (NO_RULE, "borderline", "unknown", "bad")


class Bar(NamedTuple):
    """Rows from `low` to `high`, by verdict (WORST_LAST, those that occur), and their hours."""

    low: float
    high: float
    parts: Mapping[str, int]
    hours: float
    rows: int
    """All rows of the bar."""

    @classmethod
    def of(cls, low: float, high: float, parts: Mapping[str, int], hours: float) -> Bar:
        """The bar with these parts."""
        return cls(low, high, parts, hours, sum(parts.values()))


@dataclass(frozen=True, slots=True)
class Bars:
    """A metric's bars from left to right; rows below, above, and without a value, by verdict."""

    bars: Sequence[Bar]
    below: Mapping[str, int]
    above: Mapping[str, int]
    null: Mapping[str, int]
    whole: bool

    @property
    def low(self) -> float:
        """Where the first bar begins."""
        return self.bars[0].low

    @property
    def high(self) -> float:
        """Where the last bar ends."""
        return self.bars[-1].high

    def filled(self) -> list[Bar]:
        """The bars that hold rows."""
        return [bar for bar in self.bars if bar.rows]


def bars_of(metric: Metric) -> Bars | None:
    """The bars of a metric, none where no row lies between the ends of its range; None where the
    artefact holds no rows, or edges that make no sense.
    """
    shape = metric.histogram
    if not _is_sound(shape):
        return None
    bars = [
        Bar.of(low, high, _parts(rows, ((hit.verdict, hit.rows[at]) for hit in shape.hits)), hours)
        for at, ((low, high), rows, hours) in enumerate(
            zip(pairwise(shape.edges), shape.rows, shape.hours, strict=True)
        )
    ]
    return Bars(
        bars,
        _parts(shape.below, ((hit.verdict, hit.below) for hit in shape.hits)),
        _parts(shape.above, ((hit.verdict, hit.above) for hit in shape.hits)),
        _parts(metric.nulls, ((hit.verdict, hit.null) for hit in shape.hits)),
        shape.whole,
    )


def _is_sound(shape: Histogram) -> bool:
    if not any((*shape.rows, shape.below, shape.above)):
        return False
    if len(shape.edges) != len(shape.rows) + 1 and (shape.edges or shape.rows):
        return False
    if len(shape.hours) != len(shape.rows):
        return False
    fits = all(len(hit.rows) == len(shape.rows) for hit in shape.hits)
    return fits and all(low < high for low, high in pairwise(shape.edges))


def _parts(rows: int, hits: Iterator[tuple[str, int]]) -> Mapping[str, int]:
    given = dict(hits)
    counts = {NO_RULE: rows - sum(given.values()), **given}
    return {name: counts[name] for name in WORST_LAST if counts.get(name, 0) > 0}


def limit_at(limit: Threshold, *, whole: bool) -> float | None:
    """Where a limit parts the axis: of whole numbers half-way between two."""
    if limit.value is None or not whole:
        return limit.value
    right = limit.operator in {">", "<="}
    return math.floor(limit.value) + 0.5 if right else math.ceil(limit.value) - 0.5


def divided(parts: Mapping[str, int], height: float, least: float) -> list[tuple[str, float]]:
    """A bar of this height divided by the shares of its parts, none less than `least` high.

    >>> divided({"data": 3, "bad": 1}, 8.0, 1.0), divided({"data": 999, "bad": 1}, 10.0, 1.0)
    ([('data', 6.0), ('bad', 2.0)], [('data', 9.0), ('bad', 1.0)])
    """
    total = sum(parts.values())
    if not total:
        return []
    least = min(least, height / len(parts))
    heights = {name: max(least, height * rows / total) for name, rows in parts.items()}
    largest = max(heights, key=lambda name: heights[name])
    heights[largest] -= sum(heights.values()) - height
    return list(heights.items())
