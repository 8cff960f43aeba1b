"""What was scored, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from curate.terminal.command import printable
from train.artifacts.scores import Scores


def tables(record: Scores) -> Iterator[Table]:
    """The counts of scores.json."""
    yield _counts(record)
    if record.missing:
        yield _reasons(record)


def _counts(record: Scores) -> Table:
    table = _table("rows with each score")
    table.add_column("score")
    table.add_column("rows", justify="right")
    rows = {"lines": record.lines, "malformed": record.malformed, "pred_text": record.scored}
    for name, count in {**rows, **record.values}.items():
        table.add_row(name, f"{count:,}")
    return table


def _reasons(record: Scores) -> Table:
    table = _table("why a score is missing")
    table.add_column("reason")
    table.add_column("rows", justify="right")
    table.add_column("first")
    for each in record.missing:
        texts = (Text(printable(text)) for text in (each.reason, each.first))
        reason, first = texts
        table.add_row(reason, f"{each.rows:,}", first)
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=None)
