"""What a section is: one declared row of SECTIONS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from markupsafe import Markup

from curate.artifacts.base import Artifact
from reports.artefacts import AnyLoaded
from reports.transcripts import visible

GATES = "Limits of --fail-on, --strict and the command itself. If one fails, exit code 1."
"""The remark beside the gates of any page."""


class Section(NamedTuple):
    """A titled part of a page, the artefacts it applies to, and a remark for the margin.

    `build` gets the artefact; with `whole`, all that was loaded: its ledger and clips too.
    """

    title: str
    of: tuple[type[Artifact], ...]
    build: Callable[[Any], Markup | None]
    note: str = ""
    whole: bool = False

    def body(self, loaded: AnyLoaded) -> Markup | None:
        """What the section shows; None for nothing."""
        return self.build(loaded if self.whole else loaded.artefact)


def joined(*parts: Markup | None) -> Markup | None:
    """The parts that there are, one after the other; None where there is none."""
    return Markup("\n").join(part for part in parts if part) or None


def titled(title: str, part: Markup | None) -> Markup | None:
    """A part under its own small heading; nothing for nothing."""
    return part and Markup("<h3>{}</h3>\n{}").format(visible(title), part)
