"""Distributions, drawn with their limits. What is drawn is counted in reports.charts.bars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from markupsafe import Markup

from curate.artifacts.distributions import Metric
from curate.artifacts.records import Number
from reports.charts.axes import BOTTOM, WIDTH, Plot, Scale, decade_ticks, even_ticks, short
from reports.charts.bars import NO_RULE, WORST_LAST, Bar, Bars, bars_of, divided
from reports.charts.hints import beyond, hints, movable
from reports.charts.limits import (
    NOTHING_FLAGGED,
    Flagged,
    Limit,
    far_limits,
    format_limit,
    near_limits,
    place_limits,
)
from reports.charts.svg import Drawing, HintColumn, Point
from reports.format import number, plural

_PLOT, _STRIP, _LINE = 112.0, 16.0, 14.0
_LEAST_PART = 1.5
"""Units below which a part of a bar could not be seen."""


def histogram(metric: Metric, flagged: Flagged = NOTHING_FLAGGED) -> Markup | None:
    """Rows per bin, coloured by what the metric's rules gave them, with quantiles above.

    None without a row in a bar, and where all rows share one: words say that better.
    """
    bars = bars_of(metric)
    if bars is None or not bars.filled():
        return None
    if len(bars.filled()) == 1 and not bars.below and not bars.above:
        return None
    near = near_limits(metric, bars, flagged)
    scale = _values(bars, [at for _, at in near])
    limits = place_limits(near, scale)
    above = _STRIP + _LINE * (1 + max((limit.level for limit in limits), default=-1))
    height = BOTTOM + _PLOT + above
    drawing = Drawing(WIDTH, height, _description(metric))
    plot = Plot(drawing, scale, _counts(bars), height, _PLOT)
    _draw_bars(plot, bars)
    plot.draw_x_axis(_value_ticks(bars, scale), metric.unit)
    plot.draw_y_axis(_count_ticks(plot.y_scale), "rows")
    _draw_quantiles(plot, metric.quantiles)
    for limit in limits:
        _draw_limit(plot, limit)
    _draw_beyond(plot, bars)
    _draw_hints(plot, metric, bars)
    return drawing.render()


def beside(metric: Metric, flagged: Flagged = NOTHING_FLAGGED) -> str:
    """What a chart does not show: rows without a value, and limits too far out to be drawn."""
    bars = bars_of(metric)
    if bars is None:
        return ""
    named, unnamed = far_limits(metric, bars, flagged)
    far = [format_limit(limit) for limit in named]
    far += [f"{plural(unnamed, 'limit')} of some rows, not triggered"] if unnamed else []
    null = sum(bars.null.values())
    given = ", ".join(
        f"{bars.null[verdict]:,} {verdict}" for verdict in WORST_LAST[1:] if verdict in bars.null
    )
    notes = [
        f"{plural(null, 'row')} without a value{f' ({given})' if given else ''}" if null else "",
        f"not drawn: {', '.join(far)}" if far else "",
    ]
    return "; ".join(part for part in notes if part)


def _values(bars: Bars, limits: Sequence[float]) -> Scale:
    """From the first to the last bar that holds rows, and the limits beside them."""
    filled = bars.filled()
    low = bars.low if bars.below else filled[0].low
    high = bars.high if bars.above else filled[-1].high
    return Scale(min([low, *limits]), max([high, *limits]))


def _value_ticks(bars: Bars, scale: Scale) -> list[float]:
    """Whole numbers have ticks at whole numbers; two of them have two."""
    if bars.whole and bars.high - bars.low <= 2:
        return [float(math.ceil(bar.low)) for bar in bars.bars]
    return even_ticks(scale.low, scale.high, 9, whole=bars.whole)


def _counts(bars: Bars) -> Scale:
    """Logarithmic where a few rows would vanish beside many."""
    counts = [bar.rows for bar in bars.filled()]
    top, least = max(counts), min(counts)
    return Scale(0.7, top * 1.5, log=True) if top / least >= 100 else Scale(0, top * 1.08)


def _count_ticks(scale: Scale) -> list[float]:
    if scale.log:
        return decade_ticks(scale.low, scale.high, 5)
    return even_ticks(0, scale.high, 4, whole=True)


def _draw_bars(plot: Plot, bars: Bars) -> None:
    """Every bar as high as it has rows, divided by the shares of its verdicts.

    On a logarithmic axis, too, a part's height is its share of the bar.
    """
    for name in WORST_LAST:
        steps = [_part(plot, bar, name) for bar in bars.bars]
        if any(steps):
            plot.drawing.areas(_outlines(plot, bars, steps), name)


def _part(plot: Plot, bar: Bar, name: str) -> tuple[float, float] | None:
    """Where a verdict's part of a bar begins and ends, from the foot upwards."""
    if name not in bar.parts:
        return None
    foot = plot.foot
    for each, height in divided(bar.parts, plot.foot - plot.y(bar.rows), _LEAST_PART):
        if each == name:
            return foot, foot - height
        foot -= height
    return None


def _outlines(
    plot: Plot, bars: Bars, steps: Sequence[tuple[float, float] | None]
) -> list[list[Point]]:
    """One outline around each run of neighbouring parts: no seam shows between two bars."""
    outlines: list[list[Point]] = []
    upper: list[Point] = []
    lower: list[Point] = []
    for bar, step in zip([*bars.bars, None], [*steps, None], strict=True):
        if bar is None or step is None:
            outlines += [[*upper, *reversed(lower)]] if upper else []
            upper, lower = [], []
            continue
        ends = plot.x(bar.low), plot.x(bar.high)
        upper += [(x, step[1]) for x in ends]
        lower += [(x, step[0]) for x in ends]
    return [_without_middles(outline) for outline in outlines]


def _without_middles(points: Sequence[Point]) -> list[Point]:
    """The corners of an outline: no point on a straight line between its neighbours."""
    cornered = [points[0]]
    for at, (one, other) in enumerate(pairwise(points[1:]), start=1):
        before = cornered[-1]
        if not (before[1] == one[1] == other[1] or before[0] == one[0] == other[0]):
            cornered.append(points[at])
    return [*cornered, points[-1]]


def _draw_quantiles(plot: Plot, quantiles: Mapping[str, Number | None]) -> None:
    """p1 to p99 thin, the middle half thick, the median a tick, just above the plot."""
    y = plot.top - 0.5 * _STRIP
    for first, last, width in (("p01", "p99", 1.0), ("p25", "p75", 4.5)):
        low, high = quantiles[first], quantiles[last]
        if low is not None and high is not None:
            plot.drawing.line([(plot.x(low), y), (plot.x(high), y)], "ink", width)
    median = quantiles["p50"]
    if median is not None:
        x = plot.x(median)
        plot.drawing.line([(x, y - 5.5), (x, y + 5.5)], "ink", 1.6)


def _draw_limit(plot: Plot, limit: Limit) -> None:
    """A line at the limit, up to its label."""
    x, y = plot.x(limit.value), plot.top - (_STRIP + limit.level * _LINE + 4)
    beside_line = x - 4 if limit.left else x + 4
    with plot.drawing.group("limit", movable(limit)):
        plot.drawing.line([(x, plot.foot), (x, y - 8)], limit.shade, 1.3, dashed=limit.narrow)
        plot.drawing.text((beside_line, y), limit.text, anchor="end" if limit.left else "start")


def _draw_beyond(plot: Plot, bars: Bars) -> None:
    """How many rows lie outside the histogram, in the colour of the worst that they got."""
    y = plot.foot + 31
    if bars.below:
        edge = math.ceil(bars.low) if bars.whole else bars.low
        words = f"← {short(sum(bars.below.values()))} below {number(edge)}"
        plot.drawing.text((plot.left, y), words, _worst(bars.below))
    if bars.above:
        edge = math.floor(bars.high) if bars.whole else bars.high
        words = f"{short(sum(bars.above.values()))} above {number(edge)} →"
        plot.drawing.text((plot.right, y), words, _worst(bars.above), "end")


def _worst(parts: Mapping[str, int]) -> str:
    worst = list(parts)[-1]
    return worst if worst != NO_RULE else "muted"


def _draw_hints(plot: Plot, metric: Metric, bars: Bars) -> None:
    """What each bar holds, for whoever points at it."""
    columns = [
        HintColumn(plot.x(bar.low), plot.x(bar.high) - plot.x(bar.low), *hint)
        for bar, hint in zip(bars.filled(), hints(metric, bars), strict=True)
    ]
    plot.drawing.hints(plot.top, _PLOT, columns, beyond(metric, bars))


def _description(metric: Metric) -> str:
    median, far = metric.quantiles.get("p50"), metric.quantiles.get("p99")
    limits = "; ".join(format_limit(limit) for limit in metric.thresholds)
    return (
        f"Histogram of {metric.name}: median {number(median)}, 99 % below {number(far)}"
        f" {metric.unit}. Limits: {limits or 'none'}."
    )
