"""Speakers (or what else records are grouped by) as dots: hours by median char_rate."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

from curate.artifacts.profile import Stratum
from reports.charts.axes import BOTTOM, WIDTH, Plot, Scale, decade_ticks, even_ticks
from reports.charts.svg import Drawing, HintColumn
from reports.format import hours, number, percent, plural, share
from reports.queries import equals
from reports.transcripts import visible

_PLOT, _ABOVE = 180.0, 10.0
_SOME, _MUCH = 0.05, 0.2
"""Shares of bad hours from which a dot is an open ring, and a large one."""


def speakers_chart(column: str, strata: Sequence[Stratum]) -> Markup | None:
    """A dot per stratum that has hours and a rate; None for fewer than three.

    Strata of whose hours much is bad are rings: larger ones where more is.
    """
    placed = [each for each in strata if each.value is not None and each.hours > 0]
    dots = [(each, rate) for each in placed if (rate := each.char_rate_p50) is not None]
    if len(dots) < 3:
        return None
    low, high = (end(each.hours for each, _ in dots) for end in (min, max))
    rates = [rate for _, rate in dots]
    spare = (max(rates) - min(rates)) * 0.1 or 1.0
    height = BOTTOM + _PLOT + _ABOVE
    label = f"Hours and median char_rate of {plural(len(dots), column)}."
    drawing = Drawing(WIDTH, height, label)
    scales = (
        Scale(low / 1.15, high * 1.15, log=True),
        Scale(max(0.0, min(rates) - spare), max(rates) + spare),
    )
    plot = Plot(drawing, *scales, height, _PLOT)
    ticks = decade_ticks(scales[0].low, scales[0].high, 9, (1.0, 2.0, 5.0))
    plot.draw_x_axis(ticks, f"hours of a {visible(column)[:30]}, log scale")
    plot.draw_y_axis(even_ticks(scales[1].low, scales[1].high, 6), "median char_rate")
    for each, rate in dots:
        bad = share(each.bad_hours, each.hours) or 0.0
        at = plot.x(each.hours), plot.y(rate)
        if bad >= _SOME:
            drawing.ring(at, 6.5 if bad >= _MUCH else 4.5)
        else:
            drawing.dot(at, 2.4)
    drawing.hints(plot.top, _PLOT, _columns(plot, dots, column), {})
    return drawing.render()


def _columns(plot: Plot, dots: Sequence[tuple[Stratum, float]], column: str) -> list[HintColumn]:
    """A column around each dot, up to half-way to its neighbours, with its rows as a condition."""
    ordered = sorted(dots, key=lambda dot: dot[0].hours)
    places = [plot.x(each.hours) for each, _ in ordered]
    middles = [(one + two) / 2 for one, two in pairwise(places)]
    ends = [plot.left, *middles, plot.right]
    return [
        HintColumn(start, end - start, _words(each, rate), _data(each, column))
        for (each, rate), (start, end) in zip(ordered, pairwise(ends), strict=True)
    ]


def _data(each: Stratum, column: str) -> dict[str, str]:
    return {"where": equals(column, each.value or "")}


def _words(each: Stratum, rate: float) -> str:
    bad = percent(share(each.bad_hours, each.hours))
    amount = f"{plural(each.rows, 'utterance')}, {hours(each.hours)}"
    return f"{each.value}: {amount}, median {number(rate)} characters/s, {bad} bad"
