"""What a histogram answers to whoever points at it: each bar in words and as a condition in SQL,
and its limits as things to move.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from curate.artifacts.distributions import Metric
from curate.formatting.units import plural
from reports.charts.bars import NO_RULE, Bar, Bars
from reports.charts.limits import SIGNS, Limit
from reports.format import hours, number, percent, share

_NOT_EXCEEDED = frozenset({">", "<="})


class Hint(NamedTuple):
    """A bar: its words, and what a script needs to add bars up and to name their records."""

    words: str
    data: Mapping[str, str]


def hints(metric: Metric, bars: Bars) -> Iterator[Hint]:
    """The hint of each bar that holds rows, from left to right."""
    total = sum(bar.rows for bar in bars.bars) + sum((*bars.below.values(), *bars.above.values()))
    for bar in bars.filled():
        data = {"ends": f"{bar.low:.12g} {bar.high:.12g}", "holds": f"{bar.rows} {bar.hours:.6g}"}
        words = f"{_range(bar, bars)}: {_rows(bar, total)}"
        yield Hint(words, {**data, "where": condition(metric, bars, bar)})


def condition(metric: Metric, bars: Bars, bar: Bar) -> str:
    """The rows of a bar as a condition of `curate query`."""
    name = metric.name
    if bars.whole:
        first, last = math.ceil(bar.low), math.floor(bar.high)
        return f"{name} = {first}" if first == last else f"{name} BETWEEN {first} AND {last}"
    excluded = {limit.value for limit in metric.thresholds if limit.operator in _NOT_EXCEEDED}
    low = ">" if bar.low in excluded else ">="
    high = "<=" if bar.high in excluded or bar.high == bars.high else "<"
    return f"{name} {low} {bar.low:.12g} AND {name} {high} {bar.high:.12g}"


def beyond(metric: Metric, bars: Bars) -> Mapping[str, str]:
    """Rows and hours below and above all bars, and whether values are whole numbers."""
    shape = metric.histogram
    below, above = shape.below_hours or 0.0, shape.above_hours or 0.0
    rows = sum(bars.below.values()), sum(bars.above.values())
    data = {"below": f"{rows[0]} {below:.6g}", "above": f"{rows[1]} {above:.6g}"}
    return {**data, "whole": "whole"} if bars.whole else data


def movable(limit: Limit) -> Mapping[str, str]:
    """A limit as a script moves it; none for one that a script cannot."""
    threshold = limit.threshold
    if threshold.operator not in {">=", ">", "<", "<="}:
        return {}
    return {
        "at": f"{limit.value:.12g}",
        "sign": SIGNS.get(threshold.operator, threshold.operator),
        "named": limit.text.rsplit(" ", 2)[0],
        "some": "some" if threshold.where else "",
    }


def _range(bar: Bar, bars: Bars) -> str:
    if not bars.whole:
        return f"{number(bar.low)} to {number(bar.high)}"
    first, last = math.ceil(bar.low), math.floor(bar.high)
    return number(first) if first == last else f"{number(first)} to {number(last)}"


def _rows(bar: Bar, total: int) -> str:
    verdicts = [f"{rows:,} {name}" for name, rows in bar.parts.items() if name != NO_RULE]
    amount = f"{plural(bar.rows, 'row')} ({percent(share(bar.rows, total))}), {hours(bar.hours)}"
    return ", ".join([amount, *verdicts])
