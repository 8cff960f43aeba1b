"""What `curate manifest` wrote, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from curate.artifacts.manifest import ManifestWritten
from curate.cli.render.terminal import cell, plain_table
from curate.formatting.units import duration, plural

MOST_INPUTS = 20
_KINDS = ("untranscribed", "skipped")
"""Kinds of records that have a column where there are any."""


def tables(written: ManifestWritten) -> Sequence[Table]:
    """The inputs, why lines hold no record, and what text rules change."""
    title = f"{plural(written.records, 'record')}, {duration(hours=written.hours)}"
    title += "; dry run, not written" if written.dry_run else ""
    kinds = [kind for kind in _KINDS if any(getattr(each, kind) for each in written.inputs)]
    columns = ["input", "format", "records", "length", *kinds, "malformed"]
    inputs = plain_table(f"{written.manifest}: {title}", "|".join(columns))
    for each in written.inputs[:MOST_INPUTS]:
        counts = [f"{getattr(each, kind) or 0:,}" for kind in (*kinds, "malformed")]
        amounts = (f"{each.records:,}", duration(hours=each.hours), *counts)
        inputs.add_row(*map(cell, (each.source, each.format, *amounts)))
    more = len(written.inputs) - MOST_INPUTS
    if more > 0:
        inputs.add_row(*map(cell, (f"and {more:,} more", *("" for _ in columns[1:]))))
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
