"""Self-contained HTML pages about the artefacts that curate and train write.

`build` is the public interface, `plot` for figures of papers, `card` for data set cards, `summary`
for CI, `histogram` and `page_style` for pages that are served. Importing this package is cheap:
charts and templates are loaded when a page is built.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from curate.artifacts.distributions import Metric
    from curate.artifacts.profile import RuleHit

__all__ = ["Kind", "build", "card", "histogram", "page_style", "plot", "prepare", "summary"]

Kind = Literal[
    "profile",
    "split",
    "shards",
    "train",
    "eval",
    "diff",
    "what-if",
    "compare",
    "reconsider",
    "audit",
    "words",
    "verification",
    "text-changes",
]


def build(kind: Kind, folder: Path) -> Path:
    """Write `folder/report.html` from the JSON artefacts of `folder`; return its path.

    The page appears whole or not at all, and the same artefacts give the same bytes. Raises
    `InputError` with every fault where an artefact is missing, is not JSON or has the wrong shape.
    """
    from reports.artefacts import load
    from reports.page import write

    return write(load(kind, folder), folder)


def prepare(kind: Kind) -> None:
    """Load what `build` needs: libraries, templates, models of files. Optional; it may run beside
    other work.
    """
    from reports.artefacts import build_models
    from reports.templating import load_all

    import_module("reports.page")
    load_all()
    build_models(kind)


def plot(kind: Literal["profile", "train"], folder: Path, out: Path) -> list[Path]:
    """Write the histograms of a profile, or the curves of a training run, as PNG and PDF to `out`.

    Returns the files' paths. Raises `InputError` as `build` does.
    """
    from reports.artefacts import load
    from reports.plots import write_plots

    return write_plots(load(kind, folder), out)


def card(directories: Sequence[Path], name: str, licence: str = "") -> str:
    """A data set card in Markdown of a profile directory, a split directory, or both.

    Raises `InputError` with every directory that is neither, where two are of one kind, and where
    the split was made from another profile.
    """
    from reports.data_set_card import About, card_of

    return card_of(directories, About(name, licence))


def summary(directories: Sequence[Path], form: Literal["md", "junit", "json"]) -> str:
    """What each directory holds in short: headline, alerts, and gates with their figures.

    Raises `InputError` with every directory that has no artefact, and every artefact with faults.
    """
    from reports.summaries import FORMATS, summarise

    return FORMATS[form](summarise(directories))


def histogram(metric: Metric, hits: Sequence[RuleHit]) -> tuple[str, str]:
    """A metric as inline SVG, and what stands beside the picture; `hits` are what rules flagged.

    The picture is empty where no row has a value, and where a single bar would hold all rows.
    """
    from reports.charts.histograms import beside
    from reports.charts.histograms import histogram as drawn
    from reports.charts.limits import flagged_rows

    flagged = flagged_rows(hits)
    return drawn(metric, flagged) or "", beside(metric, flagged)


def page_style() -> str:
    """The style sheet of all pages: colours, type, tables."""
    from reports.templating import text_of

    return text_of("page.css")
