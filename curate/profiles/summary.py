"""The summary of a records table: metric by metric and group by group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from curate.artifacts.distributions import Correlations
from curate.artifacts.distributions import Metric as MetricSummary
from curate.artifacts.distributions import Threshold as MetricThreshold
from curate.artifacts.profile import (
    MalformedKind,
    Place,
    RuleHit,
    Totals,
)
from curate.artifacts.records import Number, TaggedRecord, VerdictAmount
from curate.artifacts.verdicts import VERDICTS
from curate.manifest.lines import Place as LinePlace
from curate.manifest.origin import Origin
from curate.metrics import chosen
from curate.metrics.declare import Metric
from curate.profiles.examples.excerpts import (
    audio_filepath_of,
    metrics_of_rules,
    metrics_of_tags,
    shown_texts,
)
from curate.profiles.named import hours
from curate.profiles.opened import Json, Row, records_of
from curate.profiles.records_table import RecordsTable
from curate.profiles.statistics.counts import Counted
from curate.profiles.statistics.histogram import Placed
from curate.profiles.statistics.quantiles import Spread, measure_spreads
from curate.profiles.statistics.tally import SHOWN as WORST
from curate.rules.file import GroupRule, RuleSet, Threshold, thresholds

QUANTILES: Mapping[str, float] = {
    "p01": 0.01, "p05": 0.05, "p25": 0.25, "p50": 0.5,
    "p75": 0.75, "p95": 0.95, "p99": 0.99, "p999": 0.999,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """What profile.json says of all rows, and of each metric."""

    totals: Totals
    verdicts: tuple[VerdictAmount, ...]
    malformed: tuple[MalformedKind, ...]
    metrics: tuple[MetricSummary, ...]
    correlations: Correlations
    placed: Mapping[Metric, Placed]
    """The bins of each metric's histogram, which those of strata share."""


def summarise(
    table: RecordsTable,
    records: Path,
    rules: RuleSet,
    hits: Sequence[RuleHit],
    metrics: Sequence[Metric] = chosen(),
    origins: Sequence[Origin] = (),
    counted: Counted | None = None,
) -> Summary:
    """The summary of a records table, which is open as `table`.

    `hits` are what its rules flagged: `rules_hit`. A group of metrics of which no row says anything
    is left out. `origins` say how the sources are read again; one that is not named is a NeMo
    manifest. `counted` is what was counted of all `metrics` while the records were made; without it
    they are counted now.
    """
    verdicts = table.by_verdict()
    rows = sum(n for n, _ in verdicts.values())
    duration_us = sum(us for _, us in verdicts.values())
    known = _known(table, metrics, counted)
    spreads, products = measure_spreads(records, known, tuple(QUANTILES.values()), rules, counted)
    worst = {metric.name: _worst(metric, spreads[metric.name]) for metric in known}
    examples = _examples(table, worst, origins, hits)
    return Summary(
        totals=Totals(rows=rows, duration_us=duration_us, hours=hours(duration_us)),
        verdicts=tuple(
            VerdictAmount(verdict=name, rows=n, hours=hours(us))
            for name in VERDICTS
            for n, us in [verdicts.get(name, (0, 0))]
        ),
        malformed=tuple(
            MalformedKind(reason=kind, rows=n, example=Place(id=first, byte_offset=at))
            for kind, n, first, at in table.malformed_kinds()
        ),
        metrics=_metrics(rules, known, spreads, rows, examples),
        correlations=Correlations(
            metrics=tuple(metric.name for metric in known),
            pearson=tuple(map(tuple, products.pearson(known))),
        ),
        placed={metric: spreads[metric.name].histogram.placed for metric in known},
    )


def rules_hit(table: RecordsTable, rules: RuleSet) -> tuple[RuleHit, ...]:
    """Every rule of the set with what it flagged, rules that flagged nothing too; file order."""
    counted = _by_tag(table)
    hits: list[RuleHit] = []
    for rule in rules.rules:
        conditions: dict[str, str] = {sev: each.text for sev, each in rule.conditions()}
        if f"unknown:{rule.id}" in counted:
            conditions["unknown"] = "cannot be decided"
        for severity, condition in conditions.items():
            flagged = counted.get(f"{severity}:{rule.id}", _Flagged())
            hits.append(
                RuleHit(
                    rule=rule.id,
                    metric=rule.metric,
                    severity=severity,
                    condition=condition,
                    where=rule.where.text if rule.where else "",
                    why=rule.why,
                    **flagged.amounts(),
                )
            )
    return (*hits, *(_group_rule_hit(rule, counted) for rule in rules.groups))


def _group_rule_hit(rule: GroupRule, counted: Mapping[str, _Flagged]) -> RuleHit:
    flagged = counted.get(f"borderline:{rule.id}", _Flagged())
    return RuleHit(
        rule=rule.id,
        metric="",
        severity="borderline",
        condition=f"{rule.by}: {rule.borderline.text}",
        where="",
        why=rule.why,
        **flagged.amounts(),
    )


class _Amounts(TypedDict):
    rows: int
    hours: float
    only_rows: int
    verdict_rows: int
    verdict_hours: float
    wer_rows: int
    median_wer: float | None


@dataclass(slots=True)
class _Flagged:
    """What a tag is on: in all, where no other rule of its severity is, where it is the verdict."""

    rows: int = 0
    us: int = 0
    only_rows: int = 0
    verdict_rows: int = 0
    verdict_us: int = 0
    wer_rows: int = 0
    median_wer: float | None = None

    def amounts(self) -> _Amounts:
        """The counts as a rule's hit has them."""
        return {
            "rows": self.rows,
            "hours": hours(self.us),
            "only_rows": self.only_rows,
            "verdict_rows": self.verdict_rows,
            "verdict_hours": hours(self.verdict_us),
            "wer_rows": self.wer_rows,
            "median_wer": self.median_wer,
        }


def _by_tag(table: RecordsTable) -> Mapping[str, _Flagged]:
    """What each tag is on."""
    counted: defaultdict[str, _Flagged] = defaultdict(_Flagged)
    for tags, verdict, n, us, _ in table.by_tags():
        severities = [tag.partition(":")[0] for tag in tags]
        for tag, severity in zip(tags, severities, strict=True):
            flagged = counted[tag]
            flagged.rows, flagged.us = flagged.rows + n, flagged.us + us
            if severities.count(severity) == 1:
                flagged.only_rows += n
            if severity == verdict:
                flagged.verdict_rows, flagged.verdict_us = (
                    flagged.verdict_rows + n,
                    flagged.verdict_us + us,
                )
    for tag, (n, wer) in table.wer_by_tag().items():
        counted[tag].wer_rows, counted[tag].median_wer = n, round(wer, 6)
    return counted


def _known(table: RecordsTable, metrics: Sequence[Metric], counted: Counted | None) -> list[Metric]:
    """The metrics of groups of which some row has a value, and those of no group."""
    rows = counted.known() if counted else table.known([metric.name for metric in metrics])
    groups = {metric.group for metric in metrics if rows[metric.name]}
    return [metric for metric in metrics if metric.group in {"", *groups}]


def _metrics(
    rules: RuleSet,
    metrics: Sequence[Metric],
    spreads: Mapping[str, Spread],
    rows: int,
    examples: Mapping[str, tuple[TaggedRecord, ...]],
) -> tuple[MetricSummary, ...]:
    limits = thresholds(rules)
    return tuple(
        MetricSummary(
            name=metric.name,
            unit=metric.unit,
            meaning=metric.meaning,
            direction=metric.direction,
            rows=spread.rows,
            nulls=rows - spread.rows,
            mean=spread.mean,
            min=spread.least,
            max=spread.greatest,
            quantiles=dict(zip(QUANTILES, spread.quantiles, strict=True)),
            histogram=spread.histogram.artifact(),
            thresholds=tuple(_limit(limit) for limit in limits if limit.metric == metric.name),
            worst=examples[metric.name],
        )
        for metric in metrics
        for spread in [spreads[metric.name]]
    )


def _limit(limit: Threshold) -> MetricThreshold:
    return MetricThreshold(
        rule=limit.rule,
        severity=limit.severity,
        operator=limit.operator,
        value=limit.value,
        where=limit.where,
    )


def _examples(
    table: RecordsTable,
    worst: Mapping[str, Sequence[tuple[int, float]]],
    origins: Sequence[Origin],
    hits: Sequence[RuleHit],
) -> Mapping[str, tuple[TaggedRecord, ...]]:
    """By metric its worst rows, with their records."""
    rows = table.rows([at for pairs in worst.values() for at, _ in pairs])
    records = records_of(list(rows.values()), {origin.name: origin for origin in origins})
    counts = metrics_of_rules(hits)
    return {
        name: tuple(example(rows[at], records, value, name, counts) for at, value in pairs)
        for name, pairs in worst.items()
    }


def _worst(metric: Metric, spread: Spread) -> list[tuple[int, float]]:
    """(row number, value) of the rows at the suspicious end, worst first."""
    match metric.direction:
        case "none":
            return []
        case "high":
            return list(spread.highest[:WORST])
        case "low":
            return list(spread.lowest[:WORST])
        case "both":
            high = list(spread.highest[: WORST // 2])
            return high + [pair for pair in spread.lowest[: WORST // 2] if pair not in high]


def example(
    row: Row,
    records: Mapping[tuple[str, LinePlace], Json],
    value: Number | None,
    metric: str,
    counts: Mapping[str, set[str]],
) -> TaggedRecord:
    """A row of `RecordsTable.rows` for people, with its value of a metric."""
    source, line, offset, length, duration_us, verdict, tags, lang, speaker = row
    record = records[source, (offset, length)]
    excerpt = shown_texts(record, {metric, *metrics_of_tags(tags, counts)})
    return TaggedRecord(
        id=f"{source}:{line}",
        value=value,
        text=excerpt.text,
        marks=excerpt.marks,
        pred_text=excerpt.pred_text,
        duration_s=None if duration_us is None else duration_us / 1e6,
        verdict=verdict,
        tags=tuple(tags),
        lang=lang,
        speaker=speaker,
        audio_filepath=audio_filepath_of(record),
    )
