"""Curves over training steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from reports.charts.axes import BOTTOM, WIDTH, Plot, Scale, decade_ticks, even_ticks
from reports.charts.svg import Drawing

_PLOT, _ABOVE = 150.0, 8.0
_LABELS, _NAME_WIDTH = 12.0, 110.0
_MOST_DOTS = 40


class Series(NamedTuple):
    """One line of a curve chart; one with a name is labelled above the plot."""

    steps: Sequence[float]
    values: Sequence[float]
    name: str = ""


class Mark(NamedTuple):
    """A labelled point of a curve."""

    step: float
    value: float
    text: str


def curve(
    label: str,
    lines: Sequence[Series],
    mark: Mark | None = None,
    *,
    unit: str = "",
    linear: bool = False,
) -> Markup | None:
    """Values in `unit` over steps; the last series is the one that matters. None without a value.

    Values that span more than a factor of ten get a logarithmic axis, save if `linear`. A value
    that is no number breaks its line off.
    """
    drawn = [line for line in lines if len(line.steps)]
    values = [value for line in drawn for value in line.values if math.isfinite(value)]
    if not values:
        return None
    steps = Scale(0, max(step for line in drawn for step in line.steps) or 1)
    above = _ABOVE + _LABELS * any(line.name for line in drawn)
    height = BOTTOM + _PLOT + above
    drawing = Drawing(WIDTH, height, label)
    plot = Plot(drawing, steps, _scale(values, linear=linear), height, _PLOT)
    plot.draw_x_axis(even_ticks(0, steps.high, 8), "step")
    plot.draw_y_axis(_ticks(plot.y_scale), unit)
    for line in drawn:
        _draw_line(plot, line, main=line is drawn[-1])
    _draw_names(plot, [line for line in drawn if line.name])
    if mark:
        _draw_mark(plot, mark)
    return drawing.render()


def _scale(values: Sequence[float], *, linear: bool) -> Scale:
    low, high = min(values), max(values)
    if not linear and low > 0 and high / low > 10:
        margin = (high / low) ** 0.05
        return Scale(low / margin, high * margin, log=True)
    low, high = min(0.0, low), max(0.0, high)
    return Scale(low, high + 0.05 * (high - low) if high > low else low + 1)


def _ticks(scale: Scale) -> list[float]:
    if scale.log:
        return decade_ticks(scale.low, scale.high, 9, within=(1, 2, 5))
    return even_ticks(scale.low, scale.high, 6)


def _draw_line(plot: Plot, line: Series, *, main: bool) -> None:
    points = [
        (plot.x(step), plot.y(value)) for step, value in zip(line.steps, line.values, strict=True)
    ]
    plot.drawing.line(points, "ink" if main else "data", 1.4 if main else 1.0)
    if main and len(points) <= _MOST_DOTS:
        for point in points:
            if math.isfinite(point[1]):
                plot.drawing.dot(point, 1.5)


def _draw_names(plot: Plot, lines: Sequence[Series]) -> None:
    """A stroke and the name of each line, above the plot."""
    for at, line in enumerate(lines):
        x, main = plot.left + at * _NAME_WIDTH, line is lines[-1]
        shade, width = ("ink", 1.4) if main else ("data", 1.0)
        plot.drawing.line([(x, 7.0), (x + 18.0, 7.0)], shade, width)
        plot.drawing.text((x + 24.0, 11.0), line.name)


def _draw_mark(plot: Plot, mark: Mark) -> None:
    x, y = plot.x(mark.step), plot.y(mark.value)
    plot.drawing.ring((x, y), 4.5)
    is_right = mark.step > plot.x_scale.high / 2
    plot.drawing.text((x, y + 16), mark.text, anchor="end" if is_right else "start")
