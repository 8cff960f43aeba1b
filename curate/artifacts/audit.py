"""audit.json: what manifests, or splits of others, share and should not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from curate.artifacts.base import GatedArtifact, Model, OptionalKey, SchemaId
from curate.artifacts.leaks import Coverage, Leak, Proposal
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import duration


class AuditSide(Model):
    """One side: manifests, or a benchmark (`against`), with the rows that can be compared."""

    name: str
    files: tuple[str, ...]
    against: bool
    rows: int
    malformed: int
    skipped: int
    untranscribed: OptionalKey[int] = None
    hours: float
    speakers: int


class AuditLeak(Leak):
    """A leak between two sides; `examples` are pairs of record ids, one of each side."""

    examples: tuple[tuple[str, str], ...]


class Audit(GatedArtifact):
    """audit.json, which `curate audit` writes. `groups` are the fields that were compared."""

    file: ClassVar[str] = "audit.json"
    made_by: ClassVar[str] = "curate audit"

    schema_id: SchemaId[Literal["curate.audit/1"]] = "curate.audit/1"
    sides: tuple[AuditSide, ...]
    groups: tuple[str, ...]
    coverage: tuple[Coverage, ...]
    proposals: tuple[Proposal, ...]
    statement: str
    leaks: tuple[AuditLeak, ...]
    gates: tuple[str, ...]
    unchecked: tuple[str, ...]

    def headline(self) -> str:
        """What was compared, and the leaks."""
        return f"Audit of {', '.join(each.name for each in self.sides)}: {self.statement}"

    def html_tables(self) -> Iterator[HtmlTable]:
        """The sides, and the leaks between any two of them."""
        sides = [
            (each.name, f"{each.rows:,}", duration(hours=each.hours), f"{each.speakers:,}")
            for each in self.sides
        ]
        yield HtmlTable(("side", "rows", "hours", "speakers"), sides)
        leaks = [
            (leak.kind, " and ".join(leak.between), f"{leak.count:,}")
            for leak in self.leaks
            if leak.count
        ]
        yield HtmlTable(("leak", "between", "count"), leaks)
