"""What a summary is made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from curate.artifacts.base import Artifact, Gate, GatedArtifact
from reports.headlines import Headline

_TAG = re.compile(r"</?(\w+)[^>]*>")


@dataclass(frozen=True, slots=True)
class Summary:
    """One artefact: where it is, its kind, what it is about, its headline, and all of it."""

    directory: Path
    kind: str
    subject: str
    headline: Headline
    artefact: Artifact

    @property
    def gates(self) -> Sequence[Gate]:
        """The gates that its command evaluated; none for a command without gates."""
        return self.artefact.fail_on if isinstance(self.artefact, GatedArtifact) else ()


def pieces(text: Markup) -> list[tuple[str, str]]:
    """A sentence of a page as plain texts, each with the tag that it stands in, if any.

    >>> pieces(Markup("<b>1 &lt; 2 h</b> clean"))
    [('1 < 2 h', 'b'), (' clean', '')]
    """
    texts: list[tuple[str, str]] = []
    at, tag = 0, ""
    for match in _TAG.finditer(text):
        texts.append((_unescaped(text[at : match.start()]), tag))
        at, tag = match.end(), "" if match[0].startswith("</") else match[1]
    texts.append((_unescaped(text[at:]), tag))
    return [piece for piece in texts if piece[0]]


def plain_text(text: Markup) -> str:
    """A sentence of a page without its tags."""
    return "".join(piece for piece, _ in pieces(text))


def _unescaped(html: str) -> str:
    return Markup(html).unescape()  # noqa: S704 - turned into text, never shown as HTML
