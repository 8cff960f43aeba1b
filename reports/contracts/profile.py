"""What profile.json holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from reports.contracts.base import Artefact, Model, Rules, Steps


class Input(Model):
    """One manifest that was read."""

    source: str | None = None
    bytes: int | None = None
    rows: int | None = None
    blank_lines: int | None = None
    not_finite: int | None = None


class Totals(Model):
    """Everything that was read."""

    rows: int | None = None
    duration_us: int | None = None
    hours: float | None = None


class VerdictCount(Model):
    """Rows and hours of one verdict."""

    verdict: str
    rows: int | None = None
    hours: float | None = None


class RuleHit(Model):
    """What one rule caught; `only_rows` are caught by no other rule."""

    rule: str | None = None
    metric: str | None = None
    severity: str | None = None
    condition: str | None = None
    rows: int | None = None
    hours: float | None = None
    only_rows: int | None = None
    why: str | None = None


class Place(Model):
    """A line of a manifest."""

    id: str | None = None
    byte_offset: int | None = None


class Malformed(Model):
    """One reason why lines are no records."""

    reason: str | None = None
    rows: int | None = None
    example: Place = Place()


Rows = Annotated[int, Field(ge=0, le=2**53)]


class Hit(Model):
    """Rows that got a verdict from the metric's own rules: in each bin, beyond, without a value."""

    verdict: str = ""
    rows: tuple[Rows, ...] = ()
    below: Rows = 0
    above: Rows = 0
    null: Rows = 0


class Histogram(Model):
    """Counts between edges, and beyond them; edges of whole numbers lie half-way between two."""

    edges: tuple[float, ...] = ()
    whole: bool = False
    rows: tuple[Rows, ...] = ()
    hours: tuple[float, ...] = ()
    below: int | None = None
    above: int | None = None
    hits: tuple[Hit, ...] = ()


class Threshold(Model):
    """A limit that a rule sets on a metric; `where` narrows it to some rows."""

    rule: str | None = None
    severity: str | None = None
    operator: str | None = None
    value: float | None = None
    where: str | None = None


class Mark(Model):
    """A part of a text: what it is, and its first and last (excluded) character."""

    what: str = ""
    span: tuple[int, int]


class Record(Model):
    """A record that stands out; `marks` are parts of its text, `pred_text` what a model heard."""

    id: str | None = None
    value: float | None = None
    text: str | None = None
    marks: tuple[Mark, ...] = ()
    pred_text: str | None = None
    duration_s: float | None = None
    verdict: str | None = None
    tags: tuple[str | None, ...] = ()
    lang: str | None = None
    speaker: str | None = None
    audio_filepath: str | None = None


class Metric(Model):
    """The distribution of one metric over all rows."""

    name: str
    unit: str | None = None
    meaning: str | None = None
    direction: str | None = None
    rows: int | None = None
    nulls: int | None = None
    mean: float | None = None
    min: float | None = None
    max: float | None = None
    quantiles: Mapping[str, float] = Field(default_factory=dict)
    histogram: Histogram = Histogram()
    thresholds: tuple[Threshold, ...] = ()
    worst: tuple[Record, ...] = ()


class Stratum(Model):
    """Hours by verdict within one language or speaker."""

    value: str | None = None
    rows: int | None = None
    hours: float | None = None
    clean_hours: float | None = None
    borderline_hours: float | None = None
    unknown_hours: float | None = None
    bad_hours: float | None = None
    char_rate_p50: float | None = None


class Group(Model):
    """A speaker or the like, and how much of it is bad."""

    value: str | None = None
    rows: int | None = None
    hours: float | None = None
    bad_hours: float | None = None
    bad_share: float | None = None


class Correlations(Model):
    """Pearson's correlation of every metric with every other; null where it is not known."""

    metrics: tuple[str, ...] = ()
    pearson: tuple[tuple[float | None, ...], ...] = ()


class Duplicates(Model):
    """How much of the corpus says the same thing twice."""

    unique_texts: int | None = None
    rows_with_duplicated_text: int | None = None
    duplicate_audio_offset_keys: int | None = None


class FailedGroup(Model):
    """A group that a rule for groups failed, and what that moved."""

    value: str | None = None
    rows: int | None = None
    hours: float | None = None
    facts: Mapping[str, float | None] = Field(default_factory=dict)
    moved_rows: int | None = None
    moved_hours: float | None = None


class GroupRule(Model):
    """A rule for groups: how many it judged, how many failed, the worst of those."""

    rule: str | None = None
    by: str | None = None
    condition: str | None = None
    judged: int | None = None
    failed: int | None = None
    moved_rows: int | None = None
    moved_hours: float | None = None
    worst: tuple[FailedGroup, ...] = ()


class BorderlineRecords(Model):
    """Some of the records that a rule finds borderline."""

    rule: str | None = None
    metric: str | None = None
    records: tuple[Record, ...] = ()


class Decisions(Model):
    """Decisions that found no record, or a changed one."""

    count: int | None = None
    examples: tuple[str, ...] = ()


class Overrides(Model):
    """What became of people's decisions."""

    file: str | None = None
    decisions: int | None = None
    rows: int | None = None
    rows_by_decision: Mapping[str, int] = Field(default_factory=dict)
    superseded: int | None = None
    undone: int | None = None
    unmatched: Decisions = Decisions()
    stale: Decisions = Decisions()


class FaultExample(Model):
    """A record whose audio is at fault, and why."""

    id: str | None = None
    why: str | None = None


class AudioFault(Model):
    """One kind of fault that audio has."""

    fault: str | None = None
    meaning: str | None = None
    rows: int | None = None
    hours: float | None = None
    example: FaultExample = FaultExample()


class Codec(Model):
    """One format that audio is in."""

    codec: str | None = None
    rows: int | None = None
    hours: float | None = None


class Unread(Model):
    """Why so many rows' audio could not be looked at."""

    why: str
    rows: int


class Audio(Model):
    """What was found out about the audio; `depth` says how far it was looked into."""

    depth: str | None = None
    rows: int | None = None
    looked_at: int | None = None
    faults: tuple[AudioFault, ...] = ()
    codecs: tuple[Codec, ...] = ()
    unread: tuple[Unread, ...] = ()


class ErrorRates(Model):
    """Error rates of `pred_text`; `primary` is the one to name, `wer` or `cer`."""

    lang: str | None = None
    rows: int | None = None
    primary: str = "wer"
    wer: float | None = None
    cer: float | None = None
    wer_raw: float | None = None
    cer_raw: float | None = None
    ref_words: int | None = None
    word_edits: int | None = None
    ref_chars: int | None = None
    char_edits: int | None = None


class Agreement(ErrorRates):
    """How all texts agree with their predictions, and by language."""

    normaliser: Steps = Steps()
    languages: tuple[ErrorRates, ...] = ()


class Profile(Artefact):
    """profile.json."""

    contract = "curate.profile/1"

    rules: Rules = Rules()
    inputs: tuple[Input, ...] = ()
    totals: Totals = Totals()
    verdicts: tuple[VerdictCount, ...] = ()
    rules_hit: tuple[RuleHit, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    audio: Audio | None = None
    agreement: Agreement | None = None
    metrics: tuple[Metric, ...] = ()
    borderline: tuple[BorderlineRecords, ...] = ()
    strata: Mapping[str, tuple[Stratum, ...]] = Field(default_factory=dict)
    worst_groups: Mapping[str, tuple[Group, ...]] = Field(default_factory=dict)
    correlations: Correlations = Correlations()
    duplicates: Duplicates = Duplicates()
    overrides: Overrides | None = None
    group_rules: tuple[GroupRule, ...] = ()
    warnings: tuple[str, ...] = ()
