"""What `reports` draws for the library: the one way from curate to it beside the command line.

`reports` reads curate's artifacts, so that it is imported when something is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.artifacts.base import Artifact


def first_screen(artifact: Artifact) -> str | None:
    """The first screen of the artifact's page as a frame; None for artifacts that have no page."""
    from reports.notebook import frame

    return frame(artifact)
