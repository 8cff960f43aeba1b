"""What `curate audit` does: compare, put the results in place whole, show what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

import reports
from curate.api import figures
from curate.artifacts.audit import Audit
from curate.artifacts.base import write_artifact
from curate.artifacts.outputs import whole_directory
from curate.cli.render.terminal import leak_lines, plain_table
from curate.errors import CurateError
from curate.formatting.units import hours
from curate.gates import Checked, Gate
from curate.manifest.mapping import ReadAs
from curate.splits.audit import audit as compare
from curate.splits.audit_input import find_sides
from curate.terminal.command import printable

OUTPUT_FILES = frozenset({"audit.json", "report.html"})


@dataclass(frozen=True, slots=True)
class Request:
    """What `curate audit` was asked for."""

    inputs: Sequence[str]
    against: Sequence[str]
    group: Sequence[str]
    group_from: str | None
    audio_identity: str
    format: ReadAs
    gates: Sequence[Gate] = ()


def audit(request: Request, out: Path | None, command: str) -> tuple[Audit, CurateError | None]:
    """`curate audit`: audit.json, written with a page where `out` is named; the failed gates."""
    sides = find_sides(request.inputs, request.against, request.format)
    made = compare(sides, request.group, command, request.group_from, request.audio_identity)
    checked = Checked.of(request.gates, figures.of_audit(made), "curate audit")
    made = made.with_gates(checked.results)
    if out is not None:
        with whole_directory(out, OUTPUT_FILES, "audit.json") as folder:
            write_artifact(folder, made)
            reports.build("audit", folder)
    return made, checked.failed


def tables(audit: Audit) -> Sequence[RenderableType]:
    """The sides, the leaks between any two of them, and where to look."""
    sides = plain_table("sides", "side|rows|hours|malformed")
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
