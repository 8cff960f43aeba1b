"""Markdown: tables, and the text of strangers on one line, with no markup, table or link in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from reports.transcripts import visible

Row = Sequence[str]
_MOST_ROWS = 30
_SIGNS = "\\`*_{}[]|~#"


@dataclass(frozen=True, slots=True)
class Table:
    """A table: heads, then rows of Markdown."""

    heads: Row
    rows: Sequence[Row]

    def lines(self) -> Iterator[str]:
        """Markdown; long tables end with how many rows are left out."""
        yield _row(self.heads)
        yield _row(["---" for _ in self.heads])
        yield from (_row(each) for each in self.rows[:_MOST_ROWS])
        if len(self.rows) > _MOST_ROWS:
            yield f"\n{len(self.rows) - _MOST_ROWS:,} more are left out."


def cell(text: str) -> str:
    """Text as Markdown shows it, whatever signs it holds; inert within HTML too."""
    flat = escape(" ".join(visible(text).split()), quote=False)
    for sign in _SIGNS:
        flat = flat.replace(sign, f"\\{sign}")
    return flat


def code(text: str) -> str:
    """Text in the machine's type."""
    flat = " ".join(visible(text).split()).replace("`", "'").replace("|", "\\|")
    return f"`{flat}`"


def _row(cells: Row) -> str:
    return f"| {' | '.join(cells)} |"
