"""Distributions, drawn with their limits.

Colour means a verdict and nothing else; everything else is ink. Charts are about 420 units
wide, so that on a phone they shrink hardly at all and their labels stay readable. What is drawn is
counted in reports.charts.bars.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from curate.artifacts.distributions import Metric, Threshold
from curate.artifacts.records import Number
from reports.charts.bars import WORST_LAST, Bars, bars_of, divided, limit_at
from reports.charts.svg import COLOUR, Words, draw
from reports.format import number

WIDTH = 420.0
LEFT, RIGHT, BOTTOM = 58.0, 10.0, 36.0
_SPAN = WIDTH - LEFT - RIGHT
_PLOT, _STRIP, _LINE = 112.0, 16.0, 14.0
_LETTER = 5.9
_LEAST_PART = 1.5
"""Units below which a part of a bar could not be seen."""
_MOST_LIMITS = 6
_LONGEST_NAME = 24
_SIGNS = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠"}


class Limit(NamedTuple):
    """A threshold as drawn: its label stands on `level` lines above the plot, left or right."""

    text: str
    value: float
    shade: str
    narrow: bool
    left: bool
    level: int


def histogram(metric: Metric) -> Markup | None:
    """Rows per bin, coloured by what the metric's rules gave them, with quantiles above.

    None without a row in a bar, and where all rows share one: words say that better.
    """
    bars = bars_of(metric)
    if bars is None or not bars.filled():
        return None
    if len(bars.filled()) == 1 and not bars.below and not bars.above:
        return None
    near = _near(metric, bars)
    low, high = _ends(bars, [at for _, at in near])
    limits = _placed(near, low, high)
    height = (
        BOTTOM + _PLOT + _STRIP + _LINE * (1 + max((limit.level for limit in limits), default=-1))
    )

    def paint(figure: Any, words: Words) -> None:
        axes = plot_area(figure, height, _PLOT)
        axes.set_xlim(low, high)
        _scale_rows(axes, words, bars)
        _bars(axes, bars)
        _strip(axes, metric.quantiles)
        for limit in limits:
            _limit_line(axes, words, limit)
        _beyond(axes, bars)
        _ticks(axes, bars)
        axes.set_xlabel(words.keep(metric.unit), labelpad=2)

    return draw(WIDTH, height, _aloud(metric), paint)


def plot_area(figure: Any, height: float, plot: float) -> Any:
    """Axes `plot` units high at the foot of a figure that is `height` units high."""
    return figure.add_axes(
        (LEFT / WIDTH, BOTTOM / height, _SPAN / WIDTH, plot / height), facecolor="none"
    )


def label_rows(axes: Any, words: Words, what: str) -> None:
    """What the axis at the left counts; a logarithmic axis is named as such."""
    scale = ", log scale" if axes.get_yscale() == "log" else ""
    axes.set_ylabel(words.keep(f"{what}{scale}"), labelpad=3)


def _ends(bars: Bars, limits: Sequence[float]) -> tuple[float, float]:
    """The first and the last bar that hold rows, and the limits beside them."""
    filled = bars.filled()
    low = bars.low if bars.below else filled[0].low
    high = bars.high if bars.above else filled[-1].high
    return min([low, *limits]), max([high, *limits])


def _near(metric: Metric, bars: Bars) -> list[tuple[Threshold, float]]:
    """The limits to draw: not so far out that they would squeeze the distribution."""
    return [pair for pair in _limits(metric, bars) if _is_near(bars, pair[1])][:_MOST_LIMITS]


def _limits(metric: Metric, bars: Bars) -> list[tuple[Threshold, float]]:
    placed = ((limit, limit_at(limit, whole=bars.whole)) for limit in metric.thresholds)
    drawn_limits = [(limit, at) for limit, at in placed if at is not None]
    return sorted(drawn_limits, key=lambda pair: (bool(pair[0].where), pair[1]))


def _is_near(bars: Bars, at: float) -> bool:
    reach = bars.high - bars.low
    return bars.low - reach <= at <= bars.high + reach


def beside(metric: Metric) -> str:
    """What a chart does not show: rows without a value, and limits too far out to be drawn."""
    bars = bars_of(metric)
    if bars is None:
        return ""
    shown = [limit for limit, _ in _near(metric, bars)]
    far = [say(limit) for limit, _ in _limits(metric, bars) if limit not in shown]
    null = sum(bars.null.values())
    given = ", ".join(
        f"{bars.null[verdict]:,} {verdict}" for verdict in WORST_LAST[1:] if verdict in bars.null
    )
    notes = [
        f"{null:,} rows without a value{f' ({given})' if given else ''}" if null else "",
        f"not drawn: {', '.join(far)}" if far else "",
    ]
    return "; ".join(part for part in notes if part)


def say(limit: Threshold) -> str:
    """`bad ≥ 30`; a limit that holds for some rows only goes by its rule's name."""
    name = (limit.rule if limit.where else limit.severity) or "limit"
    name = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
    operator = limit.operator or "—"
    return f"{name} {_SIGNS.get(operator, operator)} {number(limit.value)}"


def _placed(near: Sequence[tuple[Threshold, float]], low: float, high: float) -> list[Limit]:
    """Each limit with the lowest line on which its label meets no other."""
    taken: list[list[tuple[float, float]]] = []
    placed = []
    for limit, value in near:
        text, at = say(limit), (value - low) / ((high - low) or 1)
        reach = (_LETTER * len(text) + 10) / _SPAN
        left = at > 0.6
        start, end = (at - reach, at) if left else (at, at + reach)
        free = (all(end < a or start > b for a, b in line) for line in taken)
        level = next((index for index, is_free in enumerate(free) if is_free), len(taken))
        taken += [[]] if level == len(taken) else []
        taken[level].append((start, end))
        shade = COLOUR.get(limit.severity or "", COLOUR["ink"])
        placed.append(Limit(text, value, shade, bool(limit.where), left, level))
    return placed


def _scale_rows(axes: Any, words: Words, bars: Bars) -> None:
    """A logarithmic row axis where a few rows would vanish beside many."""
    counts = [bar.rows for bar in bars.filled()]
    top, least = max(counts), min(counts)
    if top / least >= 100:
        axes.set_yscale("log")
        axes.set_ylim(0.7, top * 1.5)
        axes.yaxis.set_major_locator(LogLocator(numticks=5))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(0, top * 1.08)
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(short))
    label_rows(axes, words, "rows")


def _ticks(axes: Any, bars: Bars) -> None:
    """Whole numbers have ticks at whole numbers; two of them have two."""
    if bars.whole:
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    if bars.whole and bars.high - bars.low <= 2:
        axes.set_xticks([math.ceil(bar.low) for bar in bars.bars])
    axes.xaxis.set_major_formatter(FuncFormatter(short))


def short(value: float, _at: object = None) -> str:
    """A tick's label: `20k`, `0.5`, `5e-5`."""
    for least, sign in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= least:
            return f"{value / least:.3g}{sign}"
    return f"{value:.3g}".replace("e-0", "e-")


def _bars(axes: Any, bars: Bars) -> None:
    """Every bar as high as it has rows, divided by the shares of its verdicts.

    On a logarithmic axis, too, a part's height is its share of the bar.
    """
    floor, ceiling = (axes.transScale.transform((0, y))[1] for y in axes.get_ylim())
    scale = (ceiling - floor) / _PLOT
    edges = [bars.low, *(bar.high for bar in bars.bars)]
    drawn = {name: np.full((2, len(bars.bars)), np.nan) for name in WORST_LAST}
    for at, bar in enumerate(bars.bars):
        at_foot, top = floor, axes.transScale.transform((0, bar.rows))[1] if bar.rows else floor
        for name, height in divided(bar.parts, (top - floor) / scale, _LEAST_PART):
            drawn[name][:, at] = at_foot, at_foot + height * scale
            at_foot += height * scale
    unscale = axes.transScale.inverted().transform
    for name, ends in drawn.items():
        if not np.isnan(ends).all():
            low, high = (unscale(np.column_stack([end, end]))[:, 1] for end in ends)
            grounded = not (ends[0] > floor).any()  # one line as its foot is half the drawing
            foot = axes.get_ylim()[0] if grounded else low
            axes.stairs(high, edges, baseline=foot, fill=True, color=COLOUR[name])


def _strip(axes: Any, quantiles: Mapping[str, Number | None]) -> None:
    """p1 to p99 thin, the middle half thick, the median a tick, just above the plot."""
    y = 1 + 0.5 * _STRIP / _PLOT
    above = {"transform": axes.get_xaxis_transform(), "color": COLOUR["ink"], "clip_on": False}
    for first, last, width in (("p01", "p99", 1.0), ("p25", "p75", 4.5)):
        ends = [quantiles[first], quantiles[last]]
        if None not in ends:
            axes.plot(ends, [y, y], lw=width, solid_capstyle="butt", **above)
    median = quantiles["p50"]
    if median is not None:
        axes.plot([median], [y], marker="|", markersize=11, markeredgewidth=1.6, **above)


def _limit_line(axes: Any, words: Words, limit: Limit) -> None:
    """A line at the limit, up to its label."""
    y = 1 + (_STRIP + limit.level * _LINE + 4) / _PLOT
    above = axes.get_xaxis_transform()
    style = (0, (3, 2)) if limit.narrow else "-"
    ends = [0, y + 8 / _PLOT]
    x = [limit.value, limit.value]
    axes.plot(x, ends, transform=above, color=limit.shade, lw=1.3, ls=style, clip_on=False)
    axes.annotate(
        words.keep(limit.text),
        (limit.value, y),
        (-4 if limit.left else 4, 0),
        xycoords=above,
        textcoords="offset points",
        ha="right" if limit.left else "left",
        annotation_clip=False,
    )


def _beyond(axes: Any, bars: Bars) -> None:
    """How many rows lie outside the histogram, in the colour of the worst that they got."""
    for parts, x, align, text in (
        (bars.below, 0, "left", "← {} below {}"),
        (bars.above, 1, "right", "{} above {} →"),
    ):
        if parts:
            edge = math.ceil(bars.low) if bars.whole else bars.low
            if x:
                edge = math.floor(bars.high) if bars.whole else bars.high
            worst = list(parts)[-1]
            axes.annotate(
                text.format(short(sum(parts.values())), number(edge)),
                (x, 0),
                (0, -31),
                xycoords="axes fraction",
                textcoords="offset points",
                ha=align,
                color=COLOUR[worst if worst != "data" else "muted"],
                annotation_clip=False,
            )


def _aloud(metric: Metric) -> str:
    median, far = metric.quantiles.get("p50"), metric.quantiles.get("p99")
    limits = "; ".join(say(limit) for limit in metric.thresholds)
    return (
        f"Histogram of {metric.name}: median {number(median)}, 99 % below {number(far)}"
        f" {metric.unit}. Limits: {limits or 'none'}."
    )
