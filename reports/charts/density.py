"""Two metrics together, as cells that are darker the more rows they hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from markupsafe import Markup

from curate.artifacts.distributions import Density, Metric
from reports.charts.axes import BOTTOM, WIDTH, Plot, Scale, decade_ticks, even_ticks
from reports.charts.hints import Hint
from reports.charts.limits import NOTHING_FLAGGED, Flagged
from reports.charts.svg import SHADES, Drawing, HintColumn, Point
from reports.format import count, number, plural

_PLOT, _ABOVE = 220.0, 8.0
_LEVELS = 8


def density_chart(
    density: Density, metrics: Sequence[Metric], flagged: Flagged = NOTHING_FLAGGED
) -> Markup | None:
    """Cells by rows on a logarithmic shade, with the limits of both metrics; None where no cell
    holds a row.
    """
    cells = list(_cells(density))
    if not cells:
        return None
    xs = [edge for low, high, _, _, _ in cells for edge in (low, high)]
    tops = [high for _, _, _, high, _ in cells]
    height = BOTTOM + _PLOT + _ABOVE
    drawing = Drawing(WIDTH, height, _description(density, cells))
    scales = Scale(min(xs), max(xs), log=True), Scale(0.0, max(tops))
    plot = Plot(drawing, *scales, height, _PLOT)
    _draw_cells(plot, cells)
    x_unit, y_unit = (_unit(metrics, name) for name in (density.x, density.y))
    plot.draw_x_axis(decade_ticks(min(xs), max(xs), 9, (1.0, 2.0, 5.0)), f"{x_unit}, log scale")
    plot.draw_y_axis(even_ticks(0.0, max(tops), 8), y_unit)
    _draw_limits(plot, density, metrics, flagged)
    columns = list(_columns(plot, density, cells, (x_unit, y_unit)))
    plot.drawing.hints(plot.top, _PLOT, columns, {})
    return drawing.render()


Cell = tuple[float, float, float, float, int]
"""Ends along x, ends along y, rows."""


def _cells(density: Density) -> Iterator[Cell]:
    for (low, high), row in zip(pairwise(density.y_edges), density.rows, strict=True):
        for (left, right), rows in zip(pairwise(density.x_edges), row, strict=True):
            if rows:
                yield left, right, low, high, rows


def _draw_cells(plot: Plot, cells: Sequence[Cell]) -> None:
    most = max(rows for *_, rows in cells)
    levels: dict[int, list[list[Point]]] = {}
    for left, right, low, high, rows in cells:
        level = round((_LEVELS - 1) * math.log(rows) / math.log(most)) if most > 1 else _LEVELS - 1
        corners = (left, low), (right, low), (right, high), (left, high)
        levels.setdefault(level, []).append([(plot.x(x), plot.y(y)) for x, y in corners])
    for level, outlines in sorted(levels.items()):
        plot.drawing.areas(outlines, "ink", opacity=(level + 1) / _LEVELS)


def _draw_limits(plot: Plot, density: Density, metrics: Sequence[Metric], flagged: Flagged) -> None:
    """Limits for all rows, and those for some that flagged any, where they lie within the cells."""
    scales = {density.x: plot.x_scale, density.y: plot.y_scale}
    for metric in metrics:
        scale = scales.get(metric.name)
        for limit in metric.thresholds if scale else ():
            is_shown = not limit.where or flagged.get((limit.rule, limit.severity))
            if scale and is_shown and limit.value and scale.low < limit.value < scale.high:
                shade = limit.severity if limit.severity in SHADES else "muted"
                ends = _ends(plot, limit.value, upright=metric.name == density.x)
                plot.drawing.line(ends, shade, 1.3, dashed=bool(limit.where))


def _ends(plot: Plot, value: float, *, upright: bool) -> list[Point]:
    if upright:
        return [(plot.x(value), plot.foot), (plot.x(value), plot.top)]
    return [(plot.left, plot.y(value)), (plot.right, plot.y(value))]


def _columns(
    plot: Plot, density: Density, cells: Sequence[Cell], units: tuple[str, str]
) -> Iterator[HintColumn]:
    """Each column of cells in words: how many rows, and the fullest cell."""
    for left, right in pairwise(density.x_edges):
        own = [cell for cell in cells if cell[0] == left]
        if own:
            total, fullest = sum(cell[4] for cell in own), max(own, key=lambda cell: cell[4])
            ends = f"{number(left)} to {number(right)} {units[0]}: {plural(total, 'row')}"
            at = f"{number(fullest[2])} to {number(fullest[3])} {units[1]}"
            words = f"{ends}, most of them at {at} ({count(fullest[4])})"
            hint = Hint(words, {})
            yield HintColumn(plot.x(left), plot.x(right) - plot.x(left), *hint)


def _unit(metrics: Sequence[Metric], name: str) -> str:
    return next((metric.unit for metric in metrics if metric.name == name), "")


def _description(density: Density, cells: Sequence[Cell]) -> str:
    fullest = max(cells, key=lambda cell: cell[4])
    return (
        f"Rows by {density.x} and {density.y}; most at {number(fullest[0])} to "
        f"{number(fullest[1])} and {number(fullest[2])} to {number(fullest[3])}."
    )
