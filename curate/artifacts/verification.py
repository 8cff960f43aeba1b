"""verification.json: what was proven of shards, and what is wrong with them."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from curate.artifacts.base import GatedArtifact, Model, SchemaId
from curate.errors import Fault


class ShardFault(Model):
    """Something wrong with shards: where, what, and how to fix it (may be empty)."""

    where: str
    what: str
    hint: str

    @classmethod
    def of(cls, fault: Fault) -> Self:
        """The fault as the file has it."""
        return cls(where=fault.where, what=fault.what, hint=fault.hint)

    def as_fault(self) -> Fault:
        """The fault as gates and errors have it."""
        return Fault(self.where, self.what, self.hint)


class Verification(GatedArtifact):
    """verification.json, which `curate shard --verify` writes. `decoded` counts recordings."""

    file: ClassVar[str] = "verification.json"
    made_by: ClassVar[str] = "curate shard --verify"

    schema_id: SchemaId[Literal["curate.verification/1"]] = "curate.verification/1"
    folder: str
    format: str
    shards: int
    cuts: int
    hours: float
    decoded: int
    checked_against: str
    faults: tuple[ShardFault, ...]
