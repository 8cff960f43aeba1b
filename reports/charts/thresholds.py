"""Hours that a limit costs, over its possible values."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from curate.artifacts.what_if import LimitEffect, ThresholdPoint
from reports.charts.axes import BOTTOM, WIDTH, Plot, Scale, even_ticks
from reports.charts.svg import SHADES, Drawing
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
    values, height = [limit.value, *(point.value for point in points)], BOTTOM + _PLOT + _ABOVE
    drawing = Drawing(WIDTH, height, _description(limit))
    thresholds = Scale(min(values), max(values))
    plot = Plot(drawing, thresholds, _hours(points, most, limit.hours), height, _PLOT)
    _draw_lines(plot, points)
    plot.draw_x_axis(even_ticks(thresholds.low, thresholds.high, 8), limit.unit)
    plot.draw_y_axis(_ticks(plot.y_scale, most), "time flagged", _format_tick)
    _draw_limit(plot, limit)
    return drawing.render()


def _hours(points: Sequence[ThresholdPoint], most: float, now: float) -> Scale:
    """Logarithmic where the limit lies far out in a tail."""
    if most <= _FAR * now:
        return Scale(0, most * 1.05)
    spent = [spent for point in points for spent in (point.hours, point.unique_hours) if spent]
    return Scale(min(*spent, most / _FAR) / 1.6, most * 1.6, log=True)


def _ticks(scale: Scale, most: float) -> list[float]:
    """Lengths of time that people count in."""
    if scale.log:
        return [tick for tick in _TICKS if scale.low <= tick <= scale.high]
    unit = next((unit for unit in (1.0, 1 / 60, 1 / 3600) if most >= unit), 1 / 3600)
    return [tick * unit for tick in even_ticks(0, most / unit, 4)]


def _format_tick(value: float) -> str:
    """A length of time in the unit that suits it, without needless digits."""
    least = ((1.0, "h"), (1 / 60, "min"), (0.0, "s"))
    size, unit = next(pair for pair in least if value >= pair[0] * 0.999)
    return f"{value / (size or 1 / 3600):.3g} {unit}" if value else "0"


def _draw_lines(plot: Plot, points: Sequence[ThresholdPoint]) -> None:
    """Both curves; nothing has no place on a logarithmic axis, so there they break off."""
    flagged = [(plot.x(point.value), plot.y(point.hours)) for point in points]
    unique = [(plot.x(point.value), plot.y(point.unique_hours)) for point in points]
    if not plot.y_scale.log:
        ends = [(flagged[-1][0], plot.foot), (flagged[0][0], plot.foot)]
        plot.drawing.areas([[*flagged, *ends]], "rule")
    plot.drawing.line(flagged, "data", 1.0)
    plot.drawing.line(unique, "ink", 1.6)


def _draw_limit(plot: Plot, limit: LimitEffect) -> None:
    """A line at the current limit, with what it costs there."""
    x, shade = plot.x(limit.value), limit.severity if limit.severity in SHADES else "ink"
    plot.drawing.line([(x, plot.foot), (x, plot.top - 12)], shade, 1.3)
    left = plot.x_scale.place(limit.value) > 0.55
    words = f"{_format_limit(limit)}: {hours(limit.hours)}, unique {hours(limit.unique_hours)}"
    at = (x - 4 if left else x + 4, plot.top - 6)
    plot.drawing.text(at, words, anchor="end" if left else "start")


def _format_limit(limit: LimitEffect) -> str:
    signs = {">=": "≥", "<=": "≤"}
    return f"{signs.get(limit.operator, limit.operator)} {number(limit.value)}"


def _description(limit: LimitEffect) -> str:
    return (
        f"Hours that {limit.rule} ({limit.severity}) flags by threshold: now "
        f"{_format_limit(limit)}, {hours(limit.hours)}, unique {hours(limit.unique_hours)}."
    )
