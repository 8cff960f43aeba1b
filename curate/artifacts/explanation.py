"""What `curate rules explain --json` answers: why records have their verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from curate.artifacts.base import Artifact, Model, RuleFile, SchemaId
from curate.formatting.notebook import HtmlTable


class Profiled(Model):
    """What a profile states of a record."""

    verdict: str
    tags: tuple[str, ...]
    reason: str | None


class NearLimit(Model):
    """A limit that a value comes close to."""

    severity: str
    limit: str


class RuleAccount(Model):
    """What a rule decides about a record, with the values that it compares.

    `outcome` is a verdict, or `not_applicable` where the rule does not apply; `words` is the
    reason with its values, `near` the limits that are close.
    """

    rule: str
    metric: str
    outcome: str
    words: str
    where: str
    conditions: Mapping[str, str]
    values: Mapping[str, Any]
    near: tuple[NearLimit, ...]
    reason: str
    why: str
    at: str


class Change(Model):
    """What changed the verdict after the rules: a manual override, or a rule for groups."""

    tag: str
    by: str
    why: str


class ExplainedRecord(Model):
    """A record, its verdict and where that sends it, and what each rule decides about it.

    `malformed` is why the line is no record, null where it is one; `profiled` is null for a record
    of no profile. `content` names the content for manual overrides, null for a malformed line.
    `text` and `audio_filepath` are what the line holds, of whatever type.
    """

    id: str
    verdict: str
    route: str
    means: str
    malformed: str | None
    profiled: Profiled | None
    notes: tuple[str, ...]
    content: str | None
    text: Any
    audio_filepath: Any
    duration_s: float | None
    lang: str | None
    speaker: str | None
    above: tuple[Change, ...]
    accounts: tuple[RuleAccount, ...]


class Explanation(Artifact):
    """The verdicts of records by the rules, rule by rule."""

    made_by: ClassVar[str] = "curate rules explain"

    schema_id: SchemaId[Literal["curate.explain/1"]] = "curate.explain/1"
    rules: RuleFile
    records: tuple[ExplainedRecord, ...]
    warnings: tuple[str, ...] = ()

    def headline(self) -> str:
        """Each record with its verdict, or how many there are."""
        if len(self.records) == 1:
            record = self.records[0]
            return f"{record.id} is {record.verdict}: it {record.means}"
        return f"Explanation of {len(self.records)} records by {self.rules.name}"

    def html_tables(self) -> Iterator[HtmlTable]:
        """The rules that triggered on each record."""
        rows = [
            (record.id, record.verdict, account.outcome, account.rule, account.words)
            for record in self.records
            for account in record.accounts
            if account.outcome not in {"clean", "not_applicable"}
        ]
        yield HtmlTable(("record", "verdict", "severity", "rule", "reason"), rows)
