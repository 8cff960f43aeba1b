"""verification.json: what was proven of shards, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from curate.artifacts.base import GatedArtifact, Model, SchemaId
from curate.errors import Fault
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import duration


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

    def headline(self) -> str:
        """How much was verified, and how many faults there are."""
        many = "" if self.shards == 1 else "s"
        size = f"{self.shards:,} shard{many} of {self.cuts:,} cuts, {duration(hours=self.hours)}"
        faults = f"{len(self.faults):,} fault{'' if len(self.faults) == 1 else 's'}"
        decoded = f"{self.decoded:,} recordings decoded"
        return f"Verification of {self.folder}: {size}, {decoded}; {faults}"

    def html_tables(self) -> Iterator[HtmlTable]:
        """The faults."""
        faults = [(each.where, each.what, each.hint) for each in self.faults]
        yield HtmlTable(("where", "what", "hint"), faults)
