"""Distributions, drawn with their limits.

Colour means a verdict and nothing else; everything else is ink. Charts are about 420 units
wide, so that on a phone they shrink hardly at all and their labels stay readable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from reports.contracts.profile import Metric, Threshold
from reports.format import number
from reports.svg import COLOUR, Words, draw

WIDTH = 420.0
LEFT, RIGHT, BOTTOM = 44.0, 10.0, 36.0
_SPAN = WIDTH - LEFT - RIGHT
_PLOT, _STRIP, _LINE = 112.0, 16.0, 14.0
_LETTER = 5.9
_MOST_LIMITS = 6
_LONGEST_NAME = 24
_SIGNS = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠"}
_REACHES: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda x, limit: x >= limit,
    ">": lambda x, limit: x > limit,
    "<=": lambda x, limit: x <= limit,
    "<": lambda x, limit: x < limit,
}


class Limit(NamedTuple):
    """A threshold as drawn: its label stands on `level` lines above the plot, left or right."""

    text: str
    value: float
    shade: str
    narrow: bool
    left: bool
    level: int


def histogram(metric: Metric) -> Markup | None:
    """Rows per bin, coloured by the limits they pass, with quantiles above; None without rows."""
    counts, edges = _trimmed(metric)
    if not counts.size:
        return None
    near = _near(metric, float(edges[0]), float(edges[-1]))
    low = min([float(edges[0]), *(value for _, value in near)])
    high = max([float(edges[-1]), *(value for _, value in near)])
    limits = _placed(near, low, high)
    height = BOTTOM + _PLOT + _STRIP + _LINE * (1 + max((it.level for it in limits), default=-1))

    def paint(figure: Any, words: Words) -> None:
        axes = plot_area(figure, height, _PLOT)
        axes.set_xlim(low, high)
        _scale_rows(axes, counts)
        _bars(axes, counts, edges, metric)
        _strip(axes, metric.quantiles)
        for limit in limits:
            _limit_line(axes, words, limit)
        _beyond(axes, metric)
        axes.set_xlabel(words.keep(metric.unit or ""), labelpad=2)

    return draw(WIDTH, height, _aloud(metric), paint)


def plot_area(figure: Any, height: float, plot: float) -> Any:
    """Axes `plot` units high at the foot of a figure that is `height` units high."""
    return figure.add_axes(
        (LEFT / WIDTH, BOTTOM / height, _SPAN / WIDTH, plot / height), facecolor="none"
    )


def _trimmed(metric: Metric) -> tuple[Any, Any]:
    """Counts and edges from the first to the last bin that holds a row.

    An end that rows lie beyond stays where it is, or their label would name another edge.
    """
    shape = metric.histogram
    counts, edges = np.array(shape.rows), np.array(shape.edges)
    used = np.flatnonzero(counts)
    if not used.size or edges.size != counts.size + 1 or (np.diff(edges) <= 0).any():
        return np.array([]), np.array([])
    first = 0 if shape.below else used[0]
    last = counts.size if shape.above else used[-1] + 1
    return counts[first:last], edges[first : last + 1]


def _near(metric: Metric, low: float, high: float) -> list[tuple[Threshold, float]]:
    """The limits worth drawing: not so far out that they would squeeze the distribution."""
    reach = high - low
    near = [
        (limit, limit.value)
        for limit in metric.thresholds
        if limit.value is not None and low - reach <= limit.value <= high + reach
    ]
    return sorted(near, key=lambda pair: (bool(pair[0].where), pair[1]))[:_MOST_LIMITS]


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


def _scale_rows(axes: Any, counts: Any) -> None:
    """A logarithmic row axis where a few rows would vanish beside many."""
    top, least = int(counts.max()), int(counts[counts > 0].min())
    if top / least >= 100:
        axes.set_yscale("log")
        axes.set_ylim(0.7, top * 1.5)
        axes.yaxis.set_major_locator(LogLocator(numticks=5))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(0, top * 1.08)
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(short))


def short(value: float, _at: object = None) -> str:
    """A tick's label: `20k`, `0.5`, `5e-5`."""
    for least, sign in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= least:
            return f"{value / least:.3g}{sign}"
    return f"{value:.3g}".replace("e-0", "e-")


def _bars(axes: Any, counts: Any, edges: Any, metric: Metric) -> None:
    floor = axes.get_ylim()[0]
    zones = np.array([_zone(metric, float(middle)) for middle in (edges[:-1] + edges[1:]) / 2])
    for zone in ("data", "borderline", "bad"):
        heights = np.where((zones == zone) & (counts > 0), counts, np.nan)
        if not np.isnan(heights).all():
            axes.stairs(heights, edges, baseline=floor, fill=True, color=COLOUR[zone])


def _zone(metric: Metric, value: float) -> str:
    """The worst severity that a rule without conditions gives to `value`."""
    passed = {
        limit.severity
        for limit in metric.thresholds
        if not limit.where and limit.value is not None
        if (reaches := _REACHES.get(limit.operator or "")) and reaches(value, limit.value)
    }
    return next((zone for zone in ("bad", "borderline") if zone in passed), "data")


def _strip(axes: Any, quantiles: Mapping[str, float]) -> None:
    """p1 to p99 thin, the middle half thick, the median a tick, just above the plot."""
    y = 1 + 0.5 * _STRIP / _PLOT
    above = {"transform": axes.get_xaxis_transform(), "color": COLOUR["ink"], "clip_on": False}
    for first, last, width in (("p01", "p99", 1.0), ("p25", "p75", 4.5)):
        if first in quantiles and last in quantiles:
            ends = [quantiles[first], quantiles[last]]
            axes.plot(ends, [y, y], lw=width, solid_capstyle="butt", **above)
    if "p50" in quantiles:
        median = quantiles["p50"]
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


def _beyond(axes: Any, metric: Metric) -> None:
    """How many rows lie outside the histogram."""
    shape = metric.histogram
    for rows, x, align, text in (
        (shape.below, 0, "left", "← {} below {}"),
        (shape.above, 1, "right", "{} above {} →"),
    ):
        if rows:
            edge = number(shape.edges[-x])
            axes.annotate(
                text.format(short(rows), edge),
                (x, 0),
                (0, -31),
                xycoords="axes fraction",
                textcoords="offset points",
                ha=align,
                color=COLOUR["muted"],
                annotation_clip=False,
            )


def _aloud(metric: Metric) -> str:
    median, far = metric.quantiles.get("p50"), metric.quantiles.get("p99")
    limits = "; ".join(say(limit) for limit in metric.thresholds)
    return (
        f"Histogram of {metric.name}: median {number(median)}, 99 % below {number(far)}"
        f" {metric.unit or ''}. Limits: {limits or 'none'}."
    )
