"""A summary as Markdown: for a pull request, or $GITHUB_STEP_SUMMARY."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from reports.markdown import Table, cell, code
from reports.summaries.declare import Summary, pieces

_AROUND = {"b": "**", "strong": "**"}


def markdown(summaries: Sequence[Summary]) -> str:
    """A heading for each artefact; below it its headline, alerts, gates, and folded tables."""
    return "\n".join(line for summary in summaries for line in _lines(summary))


def _lines(summary: Summary) -> Iterator[str]:
    yield f"## {cell(summary.kind.capitalize())}: {cell(summary.subject)}\n"
    yield f"{_sentence(summary.headline.sentence)}\n"
    alerts = summary.headline.alerts
    yield from (f"- **{alert.level.capitalize()}:** {cell(alert.what)}" for alert in alerts)
    yield "" if alerts else f"{cell(summary.headline.calm)}\n"
    if summary.headline.advice:
        yield f"{_sentence(summary.headline.advice)}\n"
    if summary.gates:
        rows = [
            (code(gate.gate), cell(gate.figure), "**failed**" if gate.failed else "passed")
            for gate in summary.gates
        ]
        yield from Table(("gate", "figure", "result"), rows).lines()
        yield ""
    yield from _tables(summary)


def _tables(summary: Summary) -> Iterator[str]:
    for table in summary.artefact.html_tables():
        if not table.rows:
            continue
        if table.title:
            yield f"<details><summary>{cell(table.title)}</summary>\n"
        rows = [[cell(value) for value in row] for row in table.rows]
        yield from Table([cell(head) for head in table.head], rows).lines()
        yield "\n</details>\n" if table.title else ""


def _sentence(text: Markup) -> str:
    parts = []
    for piece, tag in pieces(text):
        mark = _AROUND.get(tag, "")
        parts.append(code(piece) if tag == "code" else f"{mark}{_inline(piece)}{mark}")
    return "".join(parts)


def _inline(text: str) -> str:
    """Text within a sentence, with the spaces at its ends."""
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before and ' '}{cell(text)}{after and ' '}" if text.strip() else " "
