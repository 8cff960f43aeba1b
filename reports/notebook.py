"""The first screen of a page in a notebook: verdict sentence, alerts, tiles and charts.

It is a frame that runs no script and loads nothing: without one the style sheets of notebook and
page would reach each other's markup. Where a notebook removes frames, as from outputs that it does
not trust, the tables beside it remain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from markupsafe import Markup, escape

from curate.artifacts.base import Artifact
from reports.artefacts import SOURCES, AnyLoaded, Loaded
from reports.headlines import headline
from reports.page import Part, digest
from reports.sections import SECTIONS
from reports.templating import render, text_of

LARGEST = 400_000
"""Bytes of a frame's sections: a notebook stores every output that it shows."""
SHOWN = 3
"""Sections, those that come first on the page."""
HEIGHT = 560
"""Pixels; a frame without scripts cannot fit itself to its content, which scrolls."""


def frame(artefact: Artifact) -> str | None:
    """The first screen as an `iframe` of its own document; None where there is no page of it."""
    if not any(type(artefact) is source.model for source in SOURCES.values()):
        return None
    document = escape(first_screen(Loaded(artefact, None, None, ())))
    return (
        f'<iframe sandbox="" srcdoc="{document}" title="First screen of the page" '
        f'style="width:100%;height:{HEIGHT}px;border:0" loading="lazy"></iframe>'
    )


def first_screen(loaded: AnyLoaded) -> str:
    """The document: what a page shows first, without script, links and provenance."""
    kind, subject, verdict = headline(loaded)
    if verdict.advice:
        verdict = replace(verdict, advice=_unlinked(verdict.advice))
    style = text_of("page.css")
    document = render(
        "notebook",
        kind=kind,
        subject=subject,
        headline=verdict,
        sections=list(_parts(loaded)),
        policy=f"default-src 'none'; style-src '{digest(style)}'; img-src data:",
        style=Markup(style),  # noqa: S704 - our own file
    )
    return document.encode("utf-8", errors="backslashreplace").decode()


def _unlinked(text: Markup) -> Markup:
    """A sentence without links: the sections that they lead to are not in the frame."""
    return Markup(re.sub(r"</?a\b[^>]*>", "", text))  # noqa: S704 - only tags are taken out


def _parts(loaded: AnyLoaded) -> Iterator[Part]:
    """The first sections, those that there is room for."""
    left, shown = LARGEST, 0
    for section in SECTIONS:
        if shown == SHOWN:
            return
        if section.whole or not isinstance(loaded.artefact, section.of):
            continue
        body = section.body(loaded)
        size = len(body.encode("utf-8", errors="backslashreplace")) if body else 0
        if body and size <= left:
            left, shown = left - size, shown + 1
            yield Part(section.title, section.note, body)
