"""A selection as a table for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from curate.artifacts.selection import Selection
from curate.cli.render.terminal import number, plain_table
from curate.formatting.units import hours
from curate.formatting.values import labelled
from curate.terminal.command import printable

_MOST = 20


def tables(selection: Selection) -> Sequence[Table]:
    """Both choices, then the largest strata with what was taken of each."""
    shared = hours(selection.shared_hours)
    choices = plain_table(f"{shared} are in both choices", "file|rows|length")
    for each in (selection.selected, selection.random):
        choices.add_row(each.file, f"{each.rows:,}", hours(each.hours))
    last = f"last {selection.metric}"
    strata = plain_table("strata", f"stratum|usable|selected|random|{last}")
    for stratum in selection.strata[:_MOST]:
        names = ", ".join(labelled(key, value) for key, value in stratum.stratum.items())
        amounts = (stratum.usable_hours, stratum.hours, stratum.random_hours)
        strata.add_row(Text(printable(names)), *map(hours, amounts), number(stratum.last_score))
    return [choices, strata]
