"""A terminal's text as SVG: small, light or dark as the reader prefers, with the reader's fonts."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

COLUMNS = 96
"""Characters of a line; commands print in a terminal of this width."""
MOST_LINES = 34
_LETTER, _LINE, _MARGIN = 7.8, 18, 14
_STYLE = (
    "text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "white-space:pre}.f-paper{fill:#f6f8fa}.f-ink{fill:#1f2328}.f-command{fill:#0550ae;"
    "font-weight:600}@media(prefers-color-scheme:dark){.f-paper{fill:#161b22}"
    ".f-ink{fill:#e6edf3}.f-command{fill:#79c0ff}}"
)


def draw(lines: Sequence[str], label: str) -> str:
    """An SVG of these lines, named `label` for those who do not see it; a line that begins with
    `$ ` is a command. Lines beyond MOST_LINES are replaced by one of dots.
    """
    shown = [*lines[:MOST_LINES], *(["..."] if len(lines) > MOST_LINES else [])]
    width = round(2 * _MARGIN + _LETTER * COLUMNS)
    height = 2 * _MARGIN + _LINE * len(shown)
    texts = "".join(
        f'<text x="{_MARGIN}" y="{_MARGIN + _LINE * at + 13}" '
        f'class="{"f-command" if line.startswith("$ ") else "f-ink"}">{escape(line)}</text>'
        for at, line in enumerate(shown)
        if line
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label={quoteattr(label)} '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<style>{_STYLE}</style><rect width="{width}" height="{height}" rx="6" class="f-paper"/>'
        f"{texts}</svg>\n"
    )
