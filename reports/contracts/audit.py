"""What audit.json holds."""

from __future__ import annotations

from reports.contracts.base import Artefact, Model


class AuditSide(Model):
    """Manifests, or a benchmark's texts, that others are compared with."""

    name: str
    against: bool = False
    rows: int | None = None
    malformed: int | None = None
    hours: float | None = None
    speakers: int | None = None


class SideLeak(Model):
    """What stands on two sides at once; record ids show where."""

    kind: str
    between: tuple[str, ...] = ()
    count: int | None = None
    examples: tuple[tuple[str, ...], ...] = ()


class Audit(Artefact):
    """audit.json."""

    contract = "curate.audit/1"

    sides: tuple[AuditSide, ...] = ()
    groups: tuple[str, ...] = ()
    leaks: tuple[SideLeak, ...] = ()
    gates: tuple[str, ...] = ()
