"""What audit.json holds."""

from __future__ import annotations

from reports.contracts.base import Artefact, Model
from reports.contracts.leaks import Coverage, Leak


class AuditSide(Model):
    """Manifests, or a benchmark's texts, that others are compared with."""

    name: str
    against: bool = False
    rows: int | None = None
    malformed: int | None = None
    skipped: int = 0
    hours: float | None = None
    speakers: int | None = None


class Audit(Artefact):
    """audit.json."""

    contract = "curate.audit/1"

    sides: tuple[AuditSide, ...] = ()
    groups: tuple[str, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    statement: str | None = None
    leaks: tuple[Leak, ...] = ()
    gates: tuple[str, ...] = ()
