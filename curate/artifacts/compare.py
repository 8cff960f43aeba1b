"""compare.json: what another rule file moves, as `curate rules compare` computes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from curate.artifacts.base import GatedArtifact, Model, RuleFile, SchemaId
from curate.artifacts.records import CorpusAmount, ShownRecord
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import duration, plural


class Amount(Model):
    """Rows and their hours."""

    rows: int
    hours: float


class Move(Model):
    """What the old rules give one verdict, and the new ones another, or the same."""

    before: str = Field(alias="from")
    after: str = Field(alias="to")
    rows: int
    hours: float


class MovedRecord(Model):
    """A record with the verdicts and reasons of both; a reason is null where nothing is wrong.

    `duration_s`, `lang`, `speaker` and `text` are null where they are not known.
    """

    id: str
    before: str = Field(alias="from")
    after: str = Field(alias="to")
    from_reason: str | None
    to_reason: str | None
    duration_s: float | None
    lang: str | None
    speaker: str | None
    text: str | None


class ShownMovedRecord(ShownRecord):
    """A record that moves, with its text and the verdicts and reasons of both."""

    before: str = Field(alias="from")
    after: str = Field(alias="to")
    from_reason: str | None
    to_reason: str | None


class MovingRule(Model):
    """What one severity of a rule no longer triggers on (lost), and newly does (got)."""

    rule: str
    severity: str
    lost_rows: int
    lost_hours: float
    lost_records: tuple[ShownMovedRecord, ...]
    got_rows: int
    got_hours: float
    got_records: tuple[ShownMovedRecord, ...]


class MovingStratum(Model):
    """A stratum in which something moves; `value` is null where none is declared."""

    value: str | None
    rows: int
    hours: float
    moved_rows: int
    moved_hours: float
    from_clean_hours: float
    from_bad_hours: float
    to_clean_hours: float
    to_bad_hours: float


class Compare(GatedArtifact):
    """compare.json; `records` are the first that move."""

    file: ClassVar[str] = "compare.json"
    made_by: ClassVar[str] = "curate rules compare"

    schema_id: SchemaId[Literal["curate.compare/1"]] = "curate.compare/1"
    profile: CorpusAmount
    old: RuleFile
    new: RuleFile
    moved: Amount
    verdicts: tuple[Move, ...]
    rules: tuple[MovingRule, ...]
    strata: Mapping[str, tuple[MovingStratum, ...]]
    records: tuple[MovedRecord, ...]

    def hours(self, side: Literal["old", "new"]) -> Mapping[str, float]:
        """Hours of each verdict by the `old` rules or by the `new` ones."""
        spent: dict[str, float] = {}
        for move in self.verdicts:
            verdict = move.before if side == "old" else move.after
            spent[verdict] = spent.get(verdict, 0.0) + move.hours
        return spent

    def headline(self) -> str:
        """How much moves, from which rules to which."""
        moved, size = duration(hours=self.moved.hours), duration(hours=self.profile.hours)
        rows = f"{self.moved.rows:,} of {plural(self.profile.rows, 'row')}"
        amount = f"{rows} move, {moved} of {size}"
        return f"Compare {self.old.name} with {self.new.name} on {self.profile.path}: {amount}"

    def html_tables(self) -> Iterator[HtmlTable]:
        """Moves between verdicts, and the rules behind them."""
        moves = [each for each in self.verdicts if each.before != each.after and each.rows]
        rows = [
            (each.before, each.after, f"{each.rows:,}", duration(hours=each.hours))
            for each in moves
        ]
        yield HtmlTable(("from", "to", "rows", "hours"), rows)
        rules = [
            (each.rule, each.severity, f"{each.got_rows:,}", f"{each.lost_rows:,}")
            for each in self.rules
        ]
        yield HtmlTable(("rule", "verdict", "newly", "no longer"), rules, "Rules")
