"""`curate rules compare`: what moves between verdicts, for people and for machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.table import Table
from rich.text import Text

from curate.artifacts.compare import Compare, Move, MovedRecord, MovingRule, MovingStratum
from curate.artifacts.verdicts import VERDICTS
from curate.cli.render.terminal import colour_of, plain_table
from curate.formatting.units import hours, plural
from curate.terminal.command import printable

_STRATA = 10


def tables(count: int) -> Callable[[Compare], list[Table]]:
    """What people read: the matrix, who is to blame, where it happens, and single records."""
    return lambda comparison: list(_tables(comparison, count))


def _tables(comparison: Compare, count: int) -> Iterator[Table]:
    yield _matrix(comparison)
    if not comparison.moved.rows:
        return
    yield _rules(comparison.rules)
    for name, values in comparison.strata.items():
        yield _strata(name, values)
    if count:
        yield _records(comparison.records[:count])


def _matrix(comparison: Compare) -> Table:
    moved, profile = comparison.moved, comparison.profile
    made = plain_table(
        f"{moved.rows:,} of {plural(profile.rows, 'row')} move, {hours(moved.hours)} of "
        f"{hours(profile.hours)}: from the verdicts of {printable(comparison.old.name)} "
        f"(rows) to those of {printable(comparison.new.name)} (columns)",
        "|".join(("", *VERDICTS)),
    )
    cells = {(each.before, each.after): each for each in comparison.verdicts}
    for before in VERDICTS:
        row = [cells[before, after] for after in VERDICTS]
        if any(each.rows for each in row):
            made.add_row(_verdict(before), *(_cell(each) for each in row))
    return made


def _cell(each: Move) -> Text:
    if not each.rows:
        return Text("-", style="dim", justify="right")
    shown = f"{hours(each.hours)} ({each.rows:,})"
    style = "dim" if each.before == each.after else colour_of(each.after)
    return Text(shown, style=style, justify="right")


def _verdict(name: str) -> Text:
    return Text(name, style=colour_of(name))


def _rules(rules: Sequence[MovingRule]) -> Table:
    made = plain_table("rules that change on them", "rule|verdict|newly|rows|no longer|rows")
    for each in rules:
        amounts = [
            text
            for rows, spent in (
                (each.got_rows, each.got_hours),
                (each.lost_rows, each.lost_hours),
            )
            for text in (hours(spent) if rows else "-", f"{rows:,}" if rows else "-")
        ]
        made.add_row(Text(printable(each.rule)), _verdict(each.severity), *amounts)
    return made


def _strata(name: str, values: Sequence[MovingStratum]) -> Table:
    title = f"by {name}" + (f", the first {_STRATA}" if len(values) > _STRATA else "")
    made = plain_table(
        title, f"{name}|length|rows|move|clean before|clean after|bad before|bad after"
    )
    for each in values[:_STRATA]:
        made.add_row(
            Text(printable(each.value or "-")),
            hours(each.hours),
            f"{each.moved_rows:,}",
            hours(each.moved_hours),
            hours(each.from_clean_hours),
            hours(each.to_clean_hours),
            hours(each.from_bad_hours),
            hours(each.to_bad_hours),
        )
    return made


def _records(records: Sequence[MovedRecord]) -> Table:
    made = plain_table(f"the first {len(records)} that move", "id|from|to|because|text")
    for each in records:
        because = each.to_reason or f"no longer: {each.from_reason}"
        made.add_row(
            Text(printable(each.id), overflow="fold"),
            _verdict(each.before),
            _verdict(each.after),
            Text(printable(because)),
            Text(printable((each.text or "")[:200])),
        )
    return made
