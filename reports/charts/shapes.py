"""Two distributions over the same bins: both as shares of their rows, one filled, one outlined."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

from curate.artifacts.diff import Drift, Shapes
from reports.charts.axes import BOTTOM, WIDTH, Plot, Scale, even_ticks
from reports.charts.svg import Drawing, HintColumn, Point
from reports.format import number, percent

_PLOT, _ABOVE = 90.0, 8.0


def shapes_chart(drift: Drift) -> Markup | None:
    """Both distributions of a metric, A filled and B outlined; None where one has no row in a
    bin, or the edges make no sense.
    """
    shapes = drift.shapes
    if shapes is None or not _is_sound(shapes) or not (sum(shapes.a) and sum(shapes.b)):
        return None
    held = [at for at, pair in enumerate(zip(shapes.a, shapes.b, strict=True)) if any(pair)]
    first, last = held[0], held[-1] + 1
    edges = shapes.edges[first : last + 1]
    totals = sum(shapes.a) + shapes.a_beyond, sum(shapes.b) + shapes.b_beyond
    one = [rows / totals[0] for rows in shapes.a[first:last]]
    two = [rows / totals[1] for rows in shapes.b[first:last]]
    height = BOTTOM + _PLOT + _ABOVE
    drawing = Drawing(WIDTH, height, f"Histograms of {drift.name} in A and B.")
    scales = Scale(edges[0], edges[-1]), Scale(0.0, max(*one, *two) * 1.05)
    plot = Plot(drawing, *scales, height, _PLOT)
    drawing.areas([_steps(plot, edges, one)], "data")
    drawing.line(_steps(plot, edges, two), "ink", 1.4)
    plot.draw_x_axis(even_ticks(edges[0], edges[-1], 9, whole=shapes.whole), drift.unit)
    plot.draw_y_axis(even_ticks(0.0, scales[1].high, 3), "share of rows", percent)
    columns = [
        HintColumn(plot.x(low), plot.x(high) - plot.x(low), _words(low, high, a, b), {})
        for (low, high), a, b in zip(pairwise(edges), one, two, strict=True)
    ]
    drawing.hints(plot.top, _PLOT, columns, {})
    return drawing.render()


def _is_sound(shapes: Shapes) -> bool:
    counts = {len(shapes.a), len(shapes.b), len(shapes.edges) - 1}
    return len(counts) == 1 and all(low < high for low, high in pairwise(shapes.edges))


def _steps(plot: Plot, edges: Sequence[float], shares: Sequence[float]) -> list[Point]:
    points = [(plot.x(edges[0]), plot.foot)]
    for (low, high), share in zip(pairwise(edges), shares, strict=True):
        points += [(plot.x(low), plot.y(share)), (plot.x(high), plot.y(share))]
    return [*points, (plot.x(edges[-1]), plot.foot)]


def _words(low: float, high: float, a: float, b: float) -> str:
    return f"{number(low)} to {number(high)}: A {percent(a)}, B {percent(b)} of rows"


def moved(drift: Drift) -> str:
    """How a metric has moved, in a sentence, with its distances.

    PSI is null, or 0.1 and 0.25 part a small, a notable and a large shift, by custom.
    """
    size = "not measured" if drift.psi is None else _size(drift.psi)
    median = f"median {number(drift.a_p50)} in A, {number(drift.b_p50)} in B"
    distance = f"KS distance {number(drift.ks)}, PSI {number(drift.psi)}"
    return f"Shift: {size}; {median} ({distance})."


def _size(psi: float) -> str:
    if psi >= 0.25:
        return "large"
    return "notable" if psi >= 0.1 else "small"
