"""An audit as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from curate.artifacts.audit import Audit
from curate.cli.render.terminal import leak_lines, plain_table
from curate.formatting.units import hours
from curate.terminal.command import printable


def audit_tables(audit: Audit) -> Sequence[RenderableType]:
    """The sides, the leaks between any two of them, and where to look."""
    sides = plain_table("sides", "side|rows|length|malformed")
    for each in audit.sides:
        name = f"{each.name}{' (benchmark)' if each.against else ''}"
        amounts = (f"{each.rows:,}", hours(each.hours), f"{each.malformed:,}")
        sides.add_row(Text(printable(name)), *amounts)
    checked = leak_lines(audit.leaks, audit.coverage, audit.statement, audit.proposals)
    return [sides, *checked, *_examples(audit)]


def _examples(audit: Audit) -> list[Table]:
    """The first of each leak: two records to look at."""
    table = plain_table("such as", "kind|record|and record")
    for leak in audit.leaks:
        for ids in leak.examples[:1]:
            table.add_row(leak.kind, *(Text(printable(Path(each).name)) for each in ids))
    return [table] if table.row_count else []
