"""text_changes.json: what text rules changed, as `curate manifest --text-rules` counts it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from curate.artifacts.base import CommandArtifact, Model, OptionalKey, RuleFile, SchemaId
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import duration, hours, plural


class ChangedText(Model):
    """A record, by its source and line, and its text before and after."""

    id: str
    before: str
    after: str
    lang: str | None


class ChangedByRule(Model):
    """Records whose text a rule changed. `unique_rows`: no other rule changed them.
    `unstable_rows`: it would change them again, were the rules applied to the result. Examples are
    texts before and after this rule. `sets` is the field that it sets in place of the text.
    """

    rule: str
    why: str
    rows: int
    hours: float
    unique_rows: int
    unstable_rows: int
    examples: tuple[ChangedText, ...]
    sets: OptionalKey[str] = None


class TextChanges(CommandArtifact):
    """text_changes.json; rules in the order in which they are applied. `emptied` are records whose
    text the rules left blank: they stay. `rejected_rows` are records that a rule marked with
    `_skipme`. `dry_run`: no manifest was written.
    """

    file: ClassVar[str] = "text_changes.json"
    made_by: ClassVar[str] = "curate manifest --text-rules"

    schema_id: SchemaId[Literal["curate.text_changes/1"]] = "curate.text_changes/1"
    manifest: str
    dry_run: bool
    text_rules: RuleFile
    rows: int
    hours: float
    changed_rows: int
    changed_hours: float
    rejected_rows: OptionalKey[int] = None
    rejected_hours: OptionalKey[float] = None
    emptied_rows: int
    emptied_hours: float
    unstable_rows: int
    rules: tuple[ChangedByRule, ...]
    emptied: tuple[ChangedText, ...]

    def headline(self) -> str:
        """How many texts changed, of how many."""
        amount = f"{self.changed_rows:,} of {plural(self.rows, 'text')}"
        line = f"{self.text_rules.name} changes {amount} ({duration(hours=self.changed_hours)})"
        return f"{line}; {self.rejected_rows:,} rejected" if self.rejected_rows else line

    def html_tables(self) -> Iterator[HtmlTable]:
        """The rules."""
        rows = [
            (each.rule, f"{each.rows:,}", hours(each.hours), f"{each.unique_rows:,}")
            for each in self.rules
        ]
        yield HtmlTable(("rule", "rows", "hours", "unique"), rows)
