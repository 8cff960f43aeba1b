"""HTML by which the library shows itself in a notebook: small tables, everything escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple


class HtmlTable(NamedTuple):
    """A table of texts; one with a title is folded under it, and one without rows is not shown."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""


def render_html(headline: str, tables: Iterable[HtmlTable], screen: str | None = None) -> str:
    """The headline above its tables, which are folded below `screen`, markup, where there is one.

    >>> render_html("<b>", [HtmlTable((), [("1",)])])
    '<p>&lt;b&gt;</p><table><thead><tr></tr></thead><tbody><tr><td>1</td></tr></tbody></table>'
    """
    shown = "".join(map(_render_table, tables))
    if screen is not None:
        shown = f"{screen}<details><summary>Tables</summary>{shown}</details>"
    return f"<p>{escape(headline)}</p>{shown}"


def _render_table(table: HtmlTable) -> str:
    if not table.rows:
        return ""
    cells = "".join(f"<th>{escape(name)}</th>" for name in table.head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows
    )
    html = f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"
    if not table.title:
        return html
    return f"<details><summary>{escape(table.title)}</summary>{html}</details>"
