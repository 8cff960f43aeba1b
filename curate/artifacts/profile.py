"""profile.json: statistics of the records of manifests, as `curate profile` measures them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Literal

from curate.artifacts.base import (
    GatedArtifact,
    Model,
    Normaliser,
    OptionalKey,
    RuleFile,
    SchemaId,
)
from curate.artifacts.distributions import Correlations, Density, Metric, Stratified
from curate.artifacts.profile_audio import Audio, Loading
from curate.artifacts.records import Number, TaggedRecord, VerdictAmount
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import US_PER_HOUR, duration, percent, plural


class Input(Model):
    """A manifest that was read, and how it is read again.

    `beside` names further files by their role, `added` are fields that each record gets, `copied`
    says what a split writes of its lines. `not_finite` counts lines with NaN or Infinity that
    --lenient-json took, `ffmpeg_rows` rows with audio that only ffmpeg reads, by its suffix.
    """

    source: str
    folder: str
    format: str
    beside: Mapping[str, tuple[str, ...]]
    added: Mapping[str, str]
    copied: str
    bytes: int
    rows: int
    blank_lines: int
    fingerprint: str
    not_finite: OptionalKey[int] = None
    ffmpeg_rows: OptionalKey[int] = None


class Totals(Model):
    """All rows, and their declared duration."""

    rows: int
    duration_us: int
    hours: float


class RuleHit(Model):
    """What one severity of a rule flagged; `only_rows` triggered no other rule of that severity.

    `where` narrows the rule to some rows; empty for all. `verdict_rows` and `verdict_hours` are
    what of it has that severity as its verdict: a row that another rule rejects is not borderline.
    `median_wer` is that of the `wer_rows` flagged rows with a `pred_text`, null where none has one.
    Profiles of earlier versions lack all four.
    """

    rule: str
    metric: str
    severity: str
    condition: str
    where: str
    rows: int
    hours: float
    only_rows: int
    verdict_rows: OptionalKey[int] = None
    verdict_hours: OptionalKey[float] = None
    wer_rows: OptionalKey[int] = None
    median_wer: OptionalKey[float | None] = None
    why: str


class Place(Model):
    """A line of a manifest."""

    id: str
    byte_offset: int


class MalformedKind(Model):
    """One reason why lines are no records, with the first such line."""

    reason: str
    rows: int
    example: Place


class BorderlineRecords(Model):
    """The first records that a rule finds borderline; `metric` is empty for a rule for groups."""

    rule: str
    metric: str
    records: tuple[TaggedRecord, ...]


class Stratum(Model):
    """Hours by verdict within one language or speaker; `value` is null where none is declared.

    `char_rate_p50` is null where no row has a rate.
    """

    value: str | None
    rows: int
    hours: float
    clean_hours: float
    borderline_hours: float
    unknown_hours: float
    bad_hours: float
    char_rate_p50: float | None


class Coverage(Model):
    """How many values of a column there are, and the rows and hours that declare one."""

    values: int
    rows: int
    hours: float


class Group(Model):
    """A speaker or the like, and how much of it is bad."""

    value: str
    rows: int
    hours: float
    bad_hours: float
    bad_share: float


class Duplicates(Model):
    """How often texts, and segments of audio, occur more than once."""

    unique_texts: int
    rows_with_duplicated_text: int
    duplicate_audio_offset_keys: int


class AtLeast(Model):
    """The size below which a rule for groups does not apply; null where it has no such."""

    rows: Number | None
    hours: Number | None


class FailedGroup(Model):
    """A group that a rule for groups failed, and what that moved; a fact is null where unknown."""

    value: str
    rows: int
    hours: float
    facts: Mapping[str, Number | None]
    moved_rows: int
    moved_hours: float


class GroupRule(Model):
    """A rule for groups: how many it evaluated, how many failed, the worst of those."""

    rule: str
    by: str
    condition: str
    at_least: AtLeast
    evaluated: int
    failed: int
    moved_rows: int
    moved_hours: float
    worst: tuple[FailedGroup, ...]


class StratumShare(Model):
    """A stratum of which rules take a larger share of hours than they may; `value` is null where
    none is declared.

    `rejected_hours` or `borderline_hours` are those that are taken, `worst_rule` the rule that
    takes most; empty where no single rule does.
    """

    column: str
    value: str | None
    hours: float
    rejected_hours: OptionalKey[float] = None
    borderline_hours: OptionalKey[float] = None
    share: float
    most: float
    worst_rule: str


class StratumShares(Model):
    """Strata of which more than the share `most` is `what` ("rejected", "kept from eval")."""

    what: str
    most: float
    strata: tuple[StratumShare, ...]


EXEMPT_CONVENTION = "makes none of them borderline"
"""What a warning says about a convention of the corpus that costs no row."""


class Convention(Model):
    """A rule that more than half of a stratum's rows trigger; `value` is null where none is
    declared. `exempt`: the rule does not keep the stratum out of eval.
    """

    rule: str
    column: str
    value: str | None
    severity: str
    rows: int
    triggered: int
    exempt: bool
    remedy: str


class NamedDecisions(Model):
    """How many decisions of a log share a fate, and the first of them."""

    count: int
    examples: tuple[str, ...]


class Overrides(Model):
    """What became of the manual overrides in a log."""

    file: str
    sha256: str
    decisions: int
    rows: int
    rows_by_decision: Mapping[str, int]
    superseded: int
    undone: int
    unmatched: NamedDecisions
    stale: NamedDecisions


class ErrorRates(Model):
    """Error rates of `pred_text`; `primary` is the one to name, `wer` or `cer`.

    A rate is null where there is nothing to divide by.
    """

    rows: int
    primary: str
    wer: float | None
    cer: float | None
    wer_raw: float | None
    cer_raw: float | None
    ref_words: int
    word_edits: int
    ref_chars: int
    char_edits: int
    words: int
    word_edits_raw: int
    chars: int
    char_edits_raw: int


class LanguageErrorRates(ErrorRates):
    """Error rates within a language, null where none is declared."""

    lang: str | None


class Agreement(ErrorRates):
    """How all texts agree with their predictions, and by language."""

    normaliser: Normaliser
    languages: tuple[LanguageErrorRates, ...]


class Profile(GatedArtifact):
    """profile.json. `overrides` is null without a log, `agreement` where no row has `pred_text`.

    `audio` is there where audio was analysed, `loading` where NeMo loads other seconds.
    """

    file: ClassVar[str] = "profile.json"
    made_by: ClassVar[str] = "curate profile"

    schema_id: SchemaId[Literal["curate.profile/1"]] = "curate.profile/1"
    rules: RuleFile
    by: tuple[str, ...]
    groups: tuple[str, ...]
    languages: tuple[str, ...]
    inputs: tuple[Input, ...]
    totals: Totals
    verdicts: tuple[VerdictAmount, ...]
    rules_hit: tuple[RuleHit, ...]
    malformed: tuple[MalformedKind, ...]
    overrides: Overrides | None
    group_rules: tuple[GroupRule, ...]
    rejected: StratumShares
    kept_from_eval: StratumShares
    conventions: tuple[Convention, ...]
    metrics: tuple[Metric, ...]
    correlations: Correlations
    density: OptionalKey[Density] = None
    stratified: OptionalKey[Mapping[str, Stratified]] = None
    strata: Mapping[str, tuple[Stratum, ...]]
    coverage: OptionalKey[Mapping[str, Coverage]] = None
    worst_groups: Mapping[str, tuple[Group, ...]]
    duplicates: Duplicates
    agreement: Agreement | None
    audio: OptionalKey[Audio] = None
    loading: OptionalKey[Mapping[str, Loading]] = None
    borderline: tuple[BorderlineRecords, ...]

    @property
    def audio_root(self) -> Path | None:
        """Where relative audio paths were taken to begin; None for each manifest's own folder."""
        root = self.audio.request.root if self.audio else None
        return Path(root) if root else None

    def headline(self) -> str:
        """How many rows, and how long they are."""
        return f"{plural(self.totals.rows, 'row')}, {duration(hours=self.totals.hours)}"

    def html_tables(self) -> Iterator[HtmlTable]:
        """Hours by verdict, what the rules flagged, and the spread of each metric that varies."""
        total = self.totals.hours
        verdicts = [
            (each.verdict, *_amount(each.rows, each.hours, total)) for each in self.verdicts
        ]
        yield HtmlTable(("verdict", "rows", "hours", "share"), verdicts)
        hits = sorted((hit for hit in self.rules_hit if hit.rows), key=lambda hit: -hit.hours)
        flagged = [
            (hit.condition, hit.severity, *_amount(hit.rows, hit.hours, total)) for hit in hits
        ]
        yield HtmlTable(("condition", "verdict", "rows", "hours", "share"), flagged, "Rules")
        yield HtmlTable(_SPREAD, [_spread(each) for each in self.metrics if each.varies], "Metrics")


_IN_VIEW = ("duration_s", "char_rate", "word_len", "repetitions")
"""Metrics that are in view of every profile."""


def metrics_in_view(hits: Iterable[RuleHit]) -> list[str]:
    """The metrics whose rules flagged rows, by hours flagged, and those always in view."""
    flagged: Counter[str] = Counter()
    for hit in hits:
        if hit.rows and hit.metric:
            flagged[hit.metric] += round(hit.hours * US_PER_HOUR)
    return list(dict.fromkeys([*(metric for metric, _ in flagged.most_common()), *_IN_VIEW]))


_SPREAD = ("metric", "unit", "p1", "median", "p99", "max", "nulls")


def _spread(metric: Metric) -> tuple[str, ...]:
    points = [*map(metric.quantiles.get, ("p01", "p50", "p99")), metric.max]
    return metric.name, metric.unit, *map(_number, points), f"{metric.nulls:,}"


def _amount(rows: int, hours: float, total: float) -> tuple[str, str, str]:
    share = hours / total if total else None
    return f"{rows:,}", duration(hours=hours), percent(share, unknown="—")


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:,.4g}"
