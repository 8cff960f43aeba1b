"""Self-contained HTML pages about the artefacts that curate and train write.

`build` is the public interface, and `page_style` for pages that are served. Importing this package
is cheap: charts and templates are loaded when a page is built.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

__all__ = ["Kind", "build", "page_style"]

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
    "verification",
]


def build(kind: Kind, folder: Path) -> Path:
    """Write `folder/report.html` from the JSON artefacts of `folder`; return its path.

    The page appears whole or not at all, and the same artefacts give the same bytes. Raises
    `InputError` with every fault where an artefact is missing, is not JSON or has the wrong shape.
    """
    from reports.artefacts import load
    from reports.page import write

    return write(load(kind, folder), folder)


def page_style() -> str:
    """The style sheet of all pages: colours, type, tables."""
    from reports.templating import text_of

    return text_of("page.css")
