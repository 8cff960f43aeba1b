"""What compare.json holds."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from reports.contracts.base import Artefact, Model, Rules
from reports.contracts.profile import Record
from reports.contracts.whatif import Corpus


class Amount(Model):
    """Rows and their hours."""

    rows: int | None = None
    hours: float | None = None


class Move(Model):
    """What the old rules give one verdict, and the new ones another, or the same."""

    before: str | None = Field(default=None, alias="from")
    after: str | None = Field(default=None, alias="to")
    rows: int | None = None
    hours: float | None = None


class MovedRecord(Record):
    """A record with the verdicts and reasons of both."""

    before: str | None = Field(default=None, alias="from")
    after: str | None = Field(default=None, alias="to")
    from_reason: str | None = None
    to_reason: str | None = None


class MovingRule(Model):
    """What one rule says of more records, and no longer says, among those that move."""

    rule: str | None = None
    severity: str | None = None
    lost_rows: int | None = None
    lost_hours: float | None = None
    lost_records: tuple[MovedRecord, ...] = ()
    got_rows: int | None = None
    got_hours: float | None = None
    got_records: tuple[MovedRecord, ...] = ()


class MovingStratum(Model):
    """A language, or the like, in which something moves."""

    value: str | None = None
    rows: int | None = None
    hours: float | None = None
    moved_rows: int | None = None
    moved_hours: float | None = None
    from_clean_hours: float | None = None
    to_clean_hours: float | None = None
    from_bad_hours: float | None = None
    to_bad_hours: float | None = None


class Compare(Artefact):
    """compare.json."""

    contract = "curate.compare/1"

    profile: Corpus = Corpus()
    old: Rules = Rules()
    new: Rules = Rules()
    moved: Amount = Amount()
    verdicts: tuple[Move, ...] = ()
    rules: tuple[MovingRule, ...] = ()
    strata: Mapping[str, tuple[MovingStratum, ...]] = Field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def hours(self, side: str) -> Mapping[str, float]:
        """Hours of each verdict by the `old` rules or by the `new` ones."""
        spent: dict[str, float] = {}
        for move in self.verdicts:
            word = (move.before if side == "old" else move.after) or ""
            spent[word] = spent.get(word, 0.0) + (move.hours or 0.0)
        return spent
