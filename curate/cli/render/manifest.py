"""What `curate manifest` wrote, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from curate.artifacts.manifest import ManifestWritten
from curate.cli.render.terminal import cell, plain_table
from curate.formatting.units import duration, plural

MOST_INPUTS = 20


def tables(written: ManifestWritten) -> Sequence[Table]:
    """The inputs, and why lines hold no record."""
    title = f"{plural(written.records, 'record')}, {duration(hours=written.hours)}"
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
    return [inputs, reasons]
