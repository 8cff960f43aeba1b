"""Curves over training steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from markupsafe import Markup
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from reports.charts import BOTTOM, WIDTH, label_rows, plot_area, short
from reports.charts.svg import COLOUR, Words, draw


class Series(NamedTuple):
    """One line of a curve chart."""

    steps: Sequence[float]
    values: Sequence[float]


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

    Values that span more than a factor of ten get a logarithmic axis, save if `linear`.
    """
    drawn = [line for line in lines if len(line.steps)]
    if not drawn:
        return None
    values = [value for line in drawn for value in line.values]
    plot = 150.0

    def paint(figure: Any, words: Words) -> None:
        axes = plot_area(figure, BOTTOM + plot + 8, plot)
        axes.set_xlim(0, max(step for line in drawn for step in line.steps) or 1)
        if not linear and min(values) > 0 and max(values) / min(values) > 10:
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_minor_locator(NullLocator())
        else:
            axes.set_ylim(min(0, *values), max(values) * 1.05 or 1)
        axes.yaxis.set_major_formatter(FuncFormatter(short))
        axes.xaxis.set_major_formatter(FuncFormatter(short))
        for line in drawn:
            _draw_line(axes, line, main=line is drawn[-1])
        if mark:
            _draw_mark(axes, words, mark)
        axes.set_xlabel("step", labelpad=2)
        label_rows(axes, words, unit)

    return draw(WIDTH, BOTTOM + plot + 8, label, paint)


def _draw_line(axes: Any, line: Series, *, main: bool) -> None:
    colour = COLOUR["ink" if main else "data"]
    dots = "o" if main and len(line.steps) <= 40 else ""
    axes.plot(
        line.steps,
        line.values,
        color=colour,
        lw=1.4 if main else 1,
        marker=dots,
        ms=3,
        clip_on=False,
    )


def _draw_mark(axes: Any, words: Words, mark: Mark) -> None:
    point = [mark.step], [mark.value]
    axes.plot(*point, color=COLOUR["ink"], marker="o", ms=9, mfc="none", mew=1.3, clip_on=False)
    axes.annotate(
        words.keep(mark.text),
        (mark.step, mark.value),
        (0, -16),
        textcoords="offset points",
        ha="right" if mark.step > sum(axes.get_xlim()) / 2 else "left",
        annotation_clip=False,
    )
