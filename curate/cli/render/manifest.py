"""What `curate manifest` wrote, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from curate.artifacts.manifest import ManifestWritten
from curate.cli.render.terminal import cell, plain_table
from curate.formatting.units import duration, plural

MOST_INPUTS = 20


def tables(written: ManifestWritten) -> Sequence[Table]:
    """The inputs, why lines hold no record, and what text rules change."""
    title = f"{plural(written.records, 'record')}, {duration(hours=written.hours)}"
    title += "; dry run, not written" if written.dry_run else ""
    inputs = plain_table(f"{written.manifest}: {title}", "input|format|records|length|malformed")
    for each in written.inputs[:MOST_INPUTS]:
        length = duration(hours=each.hours)
        amounts = (f"{each.records:,}", length, f"{each.malformed:,}")
        inputs.add_row(*map(cell, (each.source, each.format, *amounts)))
    more = len(written.inputs) - MOST_INPUTS
    if more > 0:
        inputs.add_row(*map(cell, (f"and {more:,} more", "", "", "", "")))
    reasons = plain_table(plural(written.malformed, "malformed line"), "reason|lines")
    for reason, lines in written.reasons.items():
        reasons.add_row(*map(cell, (reason, f"{lines:,}")))
    return [inputs, reasons, _changes(written)]


def _changes(written: ManifestWritten) -> Table:
    """How many texts each rule changes."""
    changes = plain_table("changed texts", "rule|rows")
    by_rule = {rule: rows for rule, rows in (written.changed_by or {}).items() if rows}
    for rule, rows in by_rule.items():
        changes.add_row(*map(cell, (rule, rows)))
    if written.changed_texts is not None:
        changes.add_row(*map(cell, ("in all", written.changed_texts)))
    return changes
