"""what-if.json: what each limit of a rule file costs as it is, and would cost at other values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from curate.artifacts.base import CommandArtifact, Model, RuleFile, SchemaId
from curate.artifacts.records import CorpusAmount, MeasuredRecord, VerdictAmount
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import duration, hours, plural


class RuleEffect(Model):
    """What a rule rejects (`bad_`), what it keeps out of eval, and of how much it cannot decide;
    `unique_*` counts what no other rule flags.
    """

    rule: str
    bad_rows: int
    bad_hours: float
    bad_unique_rows: int
    bad_unique_hours: float
    rows: int
    hours: float
    unique_rows: int
    unique_hours: float
    unknown_rows: int
    unknown_hours: float


class ThresholdPoint(Model):
    """What a limit at `value` triggers on, and of that what no other rule does."""

    value: float
    rows: int
    hours: float
    unique_rows: int
    unique_hours: float


class ThresholdStep(Model):
    """The next threshold that changes the corpus: what is lost there beside what is lost now (less
    than nothing: gained).
    """

    value: float
    rows: int
    hours: float


class LimitEffect(Model):
    """The current limit, its curve, and the records just above and below it.

    `where` is empty for a limit on all rows; `tighter` and `looser` are null where no threshold of
    the grid changes anything that way.
    """

    rule: str
    severity: str
    metric: str
    unit: str
    operator: str
    value: float
    where: str
    why: str
    rows: int
    hours: float
    unique_rows: int
    unique_hours: float
    tighter: ThresholdStep | None
    looser: ThresholdStep | None
    curve: tuple[ThresholdPoint, ...]
    flagged: tuple[MeasuredRecord, ...]
    passed: tuple[MeasuredRecord, ...]


class Matrix(Model):
    """Rows and hours of each pair of rules, in the order of `Overlap.rules`."""

    rows: tuple[tuple[int, ...], ...]
    hours: tuple[tuple[float, ...], ...]


class Overlap(Model):
    """What two rules both reject (`bad`), and what both keep out of eval or reject (`any`)."""

    rules: tuple[str, ...]
    bad: Matrix
    any: Matrix


class WhatIf(CommandArtifact):
    """what-if.json, which `curate rules what-if` writes."""

    file: ClassVar[str] = "what-if.json"
    made_by: ClassVar[str] = "curate rules what-if"

    schema_id: SchemaId[Literal["curate.whatif/1"]] = "curate.whatif/1"
    profile: CorpusAmount
    rules: RuleFile
    verdicts: tuple[VerdictAmount, ...]
    by_rule: tuple[RuleEffect, ...]
    limits: tuple[LimitEffect, ...]
    overlap: Overlap

    def headline(self) -> str:
        """How many limits were tried, on what."""
        size = f"{plural(self.profile.rows, 'row')}, {duration(hours=self.profile.hours)}"
        return f"WhatIf {self.profile.path}: {len(self.limits)} limits of {self.rules.name}, {size}"

    def html_tables(self) -> Iterator[HtmlTable]:
        """Each limit that flags something or is near to it, and its neighbours."""
        head = ("rule", "severity", "limit", "rows", "hours", "unique", "tighter", "looser")
        rows = [
            (each.rule, each.severity, f"{each.metric} {each.operator} {each.value:g}",
             f"{each.rows:,}", hours(each.hours), hours(each.unique_hours),
             _format_step(each.tighter), _format_step(each.looser))
            for each in self.limits
            if each.rows or each.tighter or each.looser
        ]  # fmt: skip
        yield HtmlTable(head, rows)


def _format_step(step: ThresholdStep | None) -> str:
    return "" if step is None else f"{step.value:g}: {step.rows:+,} rows"
