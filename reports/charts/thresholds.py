"""Hours that a limit costs, over its possible values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from curate.artifacts.what_if import LimitEffect, ThresholdPoint
from reports.charts import BOTTOM, WIDTH, label_rows, plot_area, short
from reports.charts.svg import COLOUR, Words, draw
from reports.format import hours, number

_PLOT, _ABOVE = 112.0, 22.0
_FAR = 20.0
"""Where the limit takes so many times less than the loosest threshold, the scale is logarithmic."""
_TICKS = tuple(s / 3600 for s in (0.01, 0.1, 1, 10, 60, 600)) + tuple(10.0**k for k in range(7))
"""Lengths of time that people count in, as hours."""


def threshold_curve(limit: LimitEffect) -> Markup | None:
    """Hours flagged at each threshold, those that no other rule flags in ink, and the current
    limit; None where no threshold flags anything, or only one on a logarithmic axis.
    """
    points = [each for each in limit.curve if limit.unit != "share" or each.value <= 1]
    most = max((point.hours for point in points), default=0.0)
    drawn = sum(point.hours > 0 for point in points) if most > _FAR * limit.hours else len(points)
    if not most or drawn < 2:
        return None
    now, height = limit.value, BOTTOM + _PLOT + _ABOVE
    values = [point.value for point in points]

    def paint(figure: Any, words: Words) -> None:
        axes = plot_area(figure, height, _PLOT)
        axes.set_xlim(min(*values, now), max(*values, now))
        _scale_hours(axes, points, most, limit.hours)
        axes.xaxis.set_major_formatter(FuncFormatter(short))
        _lines(axes, points)
        _stand(axes, words, limit, now)
        axes.set_xlabel(words.keep(limit.unit), labelpad=2)
        label_rows(axes, words, "time flagged")

    return draw(WIDTH, height, _aloud(limit), paint)


def _scale_hours(axes: Any, points: Sequence[ThresholdPoint], most: float, now: float) -> None:
    """Ticks at lengths of time; a logarithmic axis where the limit lies far out in a tail."""
    if most > _FAR * now:
        spent = [
            spent_hours
            for point in points
            for spent_hours in (point.hours, point.unique_hours)
            if spent_hours
        ]
        axes.set_yscale("log")
        axes.set_ylim(min(*spent, most / _FAR) / 1.6, most * 1.6)
        low, high = axes.get_ylim()
        axes.yaxis.set_major_locator(FixedLocator([tick for tick in _TICKS if low <= tick <= high]))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(0, most * 1.05)
        unit = next(
            (seconds_unit for seconds_unit in (1.0, 1 / 60, 1 / 3600) if most >= seconds_unit),
            1 / 3600,
        )
        ticks = MaxNLocator(4).tick_values(0, most / unit)
        axes.yaxis.set_major_locator(
            FixedLocator([tick * unit for tick in ticks if tick * unit <= most])
        )
    axes.yaxis.set_major_formatter(FuncFormatter(_tick))


def _tick(value: float, _at: object = None) -> str:
    """A length of time in the unit that suits it, without needless digits."""
    least = ((1.0, "h"), (1 / 60, "min"), (0.0, "s"))
    size, unit = next(pair for pair in least if value >= pair[0] * 0.999)
    return f"{value / (size or 1 / 3600):.3g} {unit}" if value else "0"


def _lines(axes: Any, points: Sequence[ThresholdPoint]) -> None:
    """Both curves; nothing has no place on a logarithmic axis, so there they break off."""
    values = [point.value for point in points]
    least = axes.get_ylim()[0]
    flagged, only_this_rule = (
        [hours if hours > 0 or least == 0 else math.nan for hours in spent]
        for spent in (
            [point.hours for point in points],
            [point.unique_hours for point in points],
        )
    )
    if least == 0:
        axes.fill_between(values, flagged, 0, color=COLOUR["rule"], lw=0)
    axes.plot(values, flagged, color=COLOUR["data"], lw=1.0)
    axes.plot(values, only_this_rule, color=COLOUR["ink"], lw=1.6)


def _stand(axes: Any, words: Words, limit: LimitEffect, now: float) -> None:
    """A line where the limit stands, with what it costs there."""
    low, high = axes.get_xlim()
    left = now > low + 0.55 * (high - low)
    above = axes.get_xaxis_transform()
    shade = COLOUR.get(limit.severity, COLOUR["ink"])
    axes.plot([now, now], [0, 1 + 12 / _PLOT], transform=above, color=shade, lw=1.3, clip_on=False)
    axes.annotate(
        words.keep(
            f"{_format_limit(limit)}: {hours(limit.hours)}, unique {hours(limit.unique_hours)}"
        ),
        (now, 1 + 6 / _PLOT),
        (-4 if left else 4, 0),
        xycoords=above,
        textcoords="offset points",
        ha="right" if left else "left",
        annotation_clip=False,
    )


def _format_limit(limit: LimitEffect) -> str:
    signs = {">=": "≥", "<=": "≤"}
    return f"{signs.get(limit.operator, limit.operator)} {number(limit.value)}"


def _aloud(limit: LimitEffect) -> str:
    return (
        f"Hours that {limit.rule} ({limit.severity}) flags by threshold: now "
        f"{_format_limit(limit)}, {hours(limit.hours)}, unique {hours(limit.unique_hours)}."
    )
