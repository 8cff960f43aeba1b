"""A page: verdict line, alerts, sections, provenance; written whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from curate.errors import ConfigError, Fault
from reports.artefacts import AnyLoaded
from reports.headlines import Headline, headline
from reports.provenance import provenance
from reports.sections import SECTIONS
from reports.templating import render, text_of

NAME = "report.html"
SCRIPTS = ("page.js", "charts.js", "multiples.js")


@dataclass(frozen=True, slots=True)
class Part:
    """A section as it is on the page."""

    title: str
    note: str
    body: Markup


@dataclass(frozen=True, slots=True)
class Page:
    """Everything a reader sees, in reading order."""

    kind: str
    subject: str
    headline: Headline
    sections: Sequence[Part]
    provenance: Markup

    def html(self) -> str:
        """The page as one self-contained document that loads nothing and runs one known script."""
        style, script = text_of("page.css"), "\n".join(map(text_of, SCRIPTS))
        return render(
            "page",
            kind=self.kind,
            subject=self.subject,
            title=f"{self.kind}: {self.subject}",
            headline=self.headline,
            sections=self.sections,
            provenance=self.provenance,
            policy=_policy(style, script),
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
        )


def _policy(style: str, script: str) -> str:
    """Nothing but the style and the script of this page, by their hashes."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{digest(style)}'",
            f"script-src '{digest(script)}'",
            "img-src data:",
            "media-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def digest(text: str) -> str:
    """A style or a script, as a policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def page(loaded: AnyLoaded) -> Page:
    """The page about what was loaded: every section that applies and has something to show."""
    title, subject, verdict = headline(loaded)
    parts = [
        Part(section.title, section.note, body)
        for section in SECTIONS
        if isinstance(loaded.artefact, section.of) and (body := section.body(loaded)) is not None
    ]
    return Page(title, subject, verdict, parts, provenance(loaded))


def write(loaded: AnyLoaded, folder: Path) -> Path:
    """Write the page about what was loaded to `folder/report.html`, whole or not at all."""
    path, beside = folder / NAME, folder / f".{NAME}.{os.getpid()}.tmp"
    document = page(loaded).html().encode("utf-8", errors="backslashreplace")
    try:
        try:
            with beside.open("wb") as out:
                out.write(document)
                out.flush()
                os.fsync(out.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        hint = "is the folder writable, and is there space?"
        raise ConfigError(Fault(str(path), error.strerror or "cannot be written", hint)) from error
    return path
