"""What was scored, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from curate.terminal.command import printable
from train.artifacts.scores import Missing, Scores


def tables(record: Scores) -> Iterator[Table]:
    """The counts of scores.json."""
    rows = {"lines": record.lines, "malformed": record.malformed, "pred_text": record.scored}
    yield counts_table("rows with each score", "score", {**rows, **record.values})
    if record.missing:
        yield reasons_table("why a score is missing", record.missing)


def counts_table(title: str, what: str, counts: Mapping[str, int]) -> Table:
    """Counts of rows, one a line."""
    table = _table(title)
    table.add_column(what)
    table.add_column("rows", justify="right")
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    return table


def reasons_table(title: str, missing: Sequence[Missing]) -> Table:
    """Reasons why something is missing, one a line."""
    table = _table(title)
    table.add_column("reason")
    table.add_column("rows", justify="right")
    table.add_column("first")
    for each in missing:
        reason, first = (Text(printable(text)) for text in (each.reason, each.first))
        table.add_row(reason, f"{each.rows:,}", first)
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=None)
