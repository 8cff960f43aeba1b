"""reconsider.json: a model's errors per limit of the rules that its data was chosen by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from curate.artifacts.base import CommandArtifact, Model, RuleFile, SchemaId
from curate.artifacts.records import ShownRecord
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import percent, plural


class PredictedRecord(ShownRecord):
    """A record with a model's prediction, and its errors over the words of the text."""

    wer: float
    verdict: str


class LimitEvidence(Model):
    """One limit, and the errors of the rows that only it tags.

    `wer` is of these rows, `clean_wer` of comparable clean rows, `difference` the one less the
    other with its interval; all are null where there are too few rows. `propose` is the value to
    move the limit to, null where it should stay. `recommendation` is the conclusion, `meaning` its
    sentence.
    """

    rule: str
    metric: str
    severity: str
    limit: str
    recommendation: str
    meaning: str
    rows: int
    hours: float
    words: int
    clusters: int
    wer: float | None
    clean_wer: float | None
    difference: float | None
    low: float | None
    high: float | None
    propose: float | None
    examples: tuple[PredictedRecord, ...]


class CleanRows(Model):
    """The rows that no rule tagged; their `wer` is null without words."""

    rows: int
    words: int
    wer: float | None


class Reconsider(CommandArtifact):
    """reconsider.json, which `curate reconsider` writes; `unmatched` predictions are of no record
    of the profile.
    """

    file: ClassVar[str] = "reconsider.json"
    made_by: ClassVar[str] = "curate reconsider"

    schema_id: SchemaId[Literal["curate.reconsider/1"]] = "curate.reconsider/1"
    evaluation: str
    profile: str
    rules: RuleFile
    rows: int
    unmatched: int
    clean: CleanRows
    limits: tuple[LimitEvidence, ...]

    def headline(self) -> str:
        """How many predictions there are, and the WER of clean rows."""
        rate = percent(self.clean.wer)
        size = f"{plural(self.rows, 'row')} with a prediction, clean rows at WER {rate}"
        return f"Reconsider {self.rules.name} by {self.evaluation}: {size}"

    def html_tables(self) -> Iterator[HtmlTable]:
        """Each limit with its conclusion."""
        head = ("rule", "limit", "recommendation", "rows", "WER", "WER of clean rows", "move to")
        rows = [
            (each.rule, each.limit, each.recommendation.replace("_", " "), f"{each.rows:,}",
             percent(each.wer), percent(each.clean_wer),
             "" if each.propose is None else f"{each.propose:.4g}")
            for each in self.limits
        ]  # fmt: skip
        yield HtmlTable(head, rows)
