"""Histograms and training curves as files for papers and slides: PNG and PDF, by matplotlib.

Pages have charts of their own (`reports.charts`), which follow the theme of the page and need no
matplotlib.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from curate.artifacts.distributions import Metric
from curate.artifacts.outputs import whole_file
from curate.artifacts.profile import Profile
from reports.artefacts import AnyLoaded
from reports.charts.bars import NO_RULE, WORST_LAST, bars_of
from reports.charts.limits import format_limit, near_limits
from reports.sections.training import validated_points
from train.artifacts.run import Run

_SIZE = (3.5, 2.4)
"""Inches: one column of a paper."""
_AREA = (0.16, 0.18, 0.81, 0.66)
"""Left, bottom, width and height of the axes, as shares of the figure."""
_COLOURS: Final = {
    NO_RULE: "#86929d", "borderline": "#bf7f10", "unknown": "#8a5ea6", "bad": "#c4421a",
}  # fmt: skip
_SETTINGS = {
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "text.parse_math": False,
}
_WRITERS: Mapping[str, tuple[type[FigureCanvasAgg] | type[FigureCanvasPdf], Mapping[str, Any]]] = {
    "png": (FigureCanvasAgg, {"dpi": 300, "metadata": {"Software": None}}),
    "pdf": (
        FigureCanvasPdf,
        {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}},
    ),
}

Paint = Callable[[Any], None]


def write_plots(loaded: AnyLoaded, folder: Path) -> list[Path]:
    """Write `NAME.png` and `NAME.pdf` for every histogram or curve of an artefact; their paths.

    The same artefact gives the same bytes. An artefact without distributions or curves gives none.
    """
    written = []
    for name, paint in _plots(loaded.artefact):
        for suffix, content in _draw(paint).items():
            path = folder / f"{name}.{suffix}"
            with whole_file(path) as scratch:
                scratch.write_bytes(content)
            written.append(path)
    return written


def _plots(artefact: object) -> Iterator[tuple[str, Paint]]:
    if isinstance(artefact, Profile):
        for metric in artefact.metrics:
            bars = bars_of(metric)
            if bars is not None and bars.filled():
                yield metric.name, _histogram(metric)
    if isinstance(artefact, Run):
        yield from _curves(artefact)


def _draw(paint: Paint) -> dict[str, bytes]:
    contents = {}
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        for suffix, (canvas, options) in _WRITERS.items():
            figure, raw = Figure(figsize=_SIZE), io.BytesIO()
            canvas(figure)
            paint(figure.add_axes(_AREA))
            figure.savefig(raw, format=suffix, **options)
            contents[suffix] = raw.getvalue()
    return contents


def _histogram(metric: Metric) -> Paint:
    """Rows per bin, stacked by verdict, with the limits that hold for all rows."""
    bars = bars_of(metric)
    assert bars is not None, "the caller has looked"
    edges = [bars.low, *(bar.high for bar in bars.bars)]
    assert all(low < high for low, high in pairwise(edges))

    def paint(axes: Any) -> None:
        foot = [0] * len(bars.bars)
        for verdict in WORST_LAST:
            rows = [bar.parts.get(verdict, 0) for bar in bars.bars]
            if any(rows):
                top = [low + more for low, more in zip(foot, rows, strict=True)]
                label = "no rule triggered" if verdict == NO_RULE else verdict
                axes.stairs(
                    top, edges, baseline=foot, fill=True, color=_COLOURS[verdict], label=label
                )
                foot = top
        for limit, at in near_limits(metric, bars):
            if not limit.where:
                colour = _COLOURS.get(limit.severity, "black")
                axes.axvline(at, color=colour, lw=0.9, label=format_limit(limit))
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_xlabel(f"{metric.name} ({metric.unit})")
        axes.set_ylabel("rows")
        if len(axes.get_legend_handles_labels()[1]) > 1:
            _draw_legend(axes)

    return paint


def _draw_legend(axes: Any) -> None:
    """What the colours and lines mean, above the axes, where no data is."""
    axes.legend(fontsize=6, ncols=3, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2)


def _curves(run: Run) -> Iterator[tuple[str, Paint]]:
    """Losses, validation WER and learning rate over steps, those that were measured."""
    validated = validated_points(run)
    lines = {
        "loss": {
            "training": [(p.step, p.train_loss) for p in run.loss if p.train_loss is not None],
            "validation": [(p.step, p.val_loss) for p in validated if p.val_loss is not None],
        },
        "wer": {"WER, %": [(p.step, 100 * p.val_wer) for p in validated if p.val_wer is not None]},
        "learning_rate": {"learning rate": [(p.step, p.lr) for p in run.loss]},
    }
    for name, series in lines.items():
        drawn = {label: points for label, points in series.items() if points}
        if drawn:
            yield name, _curve(drawn, name)


def _curve(series: Mapping[str, list[tuple[int, float]]], name: str) -> Paint:
    def paint(axes: Any) -> None:
        for label, points in series.items():
            dots = "o" if len(points) <= 40 else ""
            axes.plot(*zip(*points, strict=True), lw=1, marker=dots, ms=2, label=label)
        axes.set_xlabel("step")
        if len(series) > 1:
            axes.set_ylabel(name)
            _draw_legend(axes)
        else:
            axes.set_ylabel(next(iter(series)))

    return paint
