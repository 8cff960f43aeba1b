"""What `reports` draws for the library: the one way from curate to it beside the command line.

`reports` reads curate's artifacts, so that it is imported when something is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.artifacts.base import Artifact
    from curate.artifacts.distributions import Metric
    from curate.artifacts.profile import RuleHit


def first_screen(artifact: Artifact) -> str | None:
    """The first screen of the artifact's page as a frame; None for artifacts that have no page."""
    from reports.notebook import frame

    return frame(artifact)


def page_style() -> str:
    """The style sheet of all pages."""
    import reports

    return reports.page_style()


def draw_histogram(metric: Metric, hits: Sequence[RuleHit]) -> tuple[str, str]:
    """A metric as inline SVG, and what stands beside the picture: `reports.histogram`."""
    import reports

    return reports.histogram(metric, hits)
