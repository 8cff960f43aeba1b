"""profile.json: what the records say, metric by metric and group by group."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.artifacts.columns import LANG, US_PER_HOUR, VERDICTS
from curate.errors import Fault, InputError
from curate.errors.nearest import lacking
from curate.manifest.lines import Place, fetch_lines
from curate.manifest.origin import Origin
from curate.manifest.strict import Malformed, parse_line
from curate.metrics import chosen
from curate.metrics.declare import Metric
from curate.profiles.duck import Records, Row, open_records
from curate.profiles.examples.excerpts import metrics_of_rules, shown_texts, spoken_of
from curate.profiles.statistics.counts import Counted
from curate.profiles.statistics.histogram import Histogram
from curate.profiles.statistics.quantiles import Spread, measure_spreads
from curate.profiles.statistics.tally import KEPT as WORST
from curate.profiles.whole_input import duplicates
from curate.rules.file import GroupRule, RuleSet, Threshold, thresholds

QUANTILES: Mapping[str, float] = {
    "p01": 0.01, "p05": 0.05, "p25": 0.25, "p50": 0.5,
    "p75": 0.75, "p95": 0.95, "p99": 0.99, "p999": 0.999,
}  # fmt: skip
LARGEST_STRATA = 50
WORST_GROUPS = 20
LEAST_GROUP_US = 60_000_000
"""Below a minute, a share of bad hours says little about a speaker."""

Json = dict[str, object]


def hours(duration_us: int) -> float:
    """Whole microseconds as hours, to the 6 decimals that artefacts carry."""
    return round(duration_us / US_PER_HOUR, 6)


def summarise(
    records: Path,
    rules: RuleSet,
    strata: Sequence[str],
    metrics: Sequence[Metric] = chosen(),
    origins: Sequence[Origin] = (),
    counted: Counted | None = None,
) -> Json:
    """The parts of profile.json that are computed from records.parquet.

    A group of metrics of which no row says anything is left out. `origins` say how the sources are
    read again; one that is not named is a NeMo manifest. `counted` is what was counted of all
    `metrics` while the records were made; without it they are counted now.
    """
    found_at = {origin.name: origin for origin in origins}
    with open_records(records) as table:
        verdicts = table.by_verdict()
        rows = sum(n for n, _, _ in verdicts.values())
        duration_us = sum(us for _, _, us in verdicts.values())
        said, heard = duplicates.texts(records, rows), duplicates.segments(records, rows)
        told, hits = _told(table, metrics), _rules_hit(table, rules)
        spreads, products = measure_spreads(
            records, told, tuple(QUANTILES.values()), rules, counted
        )
        return {
            "totals": {"rows": rows, "duration_us": duration_us, "hours": hours(duration_us)},
            "verdicts": [
                {"verdict": name, "rows": n, "hours": hours(us)}
                for name in VERDICTS
                for n, _, us in [verdicts.get(name, (0, 0, 0))]
            ],
            "rules_hit": hits,
            "malformed": [
                {"reason": kind, "rows": n, "example": {"id": first, "byte_offset": at}}
                for kind, n, first, at in table.malformed_kinds()
            ],
            "metrics": _metrics(table, rules, told, spreads, rows, found_at, hits),
            "correlations": {
                "metrics": [metric.name for metric in told],
                "pearson": products.pearson(told),
            },
            "strata": {name: _strata(table, name) for name in strata},
            "worst_groups": {
                name: _worst_groups(table, name) for name in strata if name != LANG.name
            },
            "duplicates": {
                "unique_texts": said.different,
                "rows_with_duplicated_text": said.shared_rows,
                "duplicate_audio_offset_keys": heard.rows - heard.different,
            },
        }


def _rules_hit(table: Records, rules: RuleSet) -> list[Json]:
    """Every rule of the set with what it caught, rules that caught nothing too; file order."""
    counted = _by_tag(table)
    found: list[Json] = []
    for rule in rules.rules:
        said: dict[str, str] = {sev: condition.text for sev, condition in rule.conditions()}
        if f"unknown:{rule.id}" in counted:
            said["unknown"] = "cannot be decided"
        for severity, condition in said.items():
            n, us, alone = counted.get(f"{severity}:{rule.id}", (0, 0, 0))
            found.append(
                {
                    "rule": rule.id,
                    "metric": rule.metric,
                    "severity": severity,
                    "condition": condition,
                    "where": rule.where.text if rule.where else "",
                    "rows": n,
                    "hours": hours(us),
                    "only_rows": alone,
                    "why": rule.why,
                }
            )
    return found + [_group_rule_hit(rule, counted) for rule in rules.groups]


def _group_rule_hit(rule: GroupRule, counted: Mapping[str, tuple[int, int, int]]) -> Json:
    n, us, alone = counted.get(f"borderline:{rule.id}", (0, 0, 0))
    return {
        "rule": rule.id,
        "metric": "",
        "severity": "borderline",
        "condition": f"{rule.by}: {rule.borderline.text}",
        "where": "",
        "rows": n,
        "hours": hours(us),
        "only_rows": alone,
        "why": rule.why,
    }


def _by_tag(table: Records) -> Mapping[str, tuple[int, int, int]]:
    """Tag to (rows, microseconds, rows that no other rule of the same severity hit)."""
    found: dict[str, tuple[int, int, int]] = {}
    for tags, n, us in table.by_tags():
        severities = [tag.partition(":")[0] for tag in tags]
        for tag, severity in zip(tags, severities, strict=True):
            rows, spent, alone = found.get(tag, (0, 0, 0))
            single = n if severities.count(severity) == 1 else 0
            found[tag] = rows + n, spent + us, alone + single
    return found


def _told(table: Records, metrics: Sequence[Metric]) -> list[Metric]:
    known = table.known([metric.name for metric in metrics])
    told = {metric.group for metric in metrics if known[metric.name]}
    return [metric for metric in metrics if metric.group in {"", *told}]


def _metrics(
    table: Records,
    rules: RuleSet,
    metrics: Sequence[Metric],
    spreads: Mapping[str, Spread],
    rows: int,
    origins: Mapping[str, Origin],
    hits: Sequence[Json],
) -> list[Json]:
    limits = thresholds(rules)
    worst = {metric.name: _worst(metric, spreads[metric.name]) for metric in metrics}
    found = table.rows([at for pairs in worst.values() for at, _ in pairs])
    records = records_of(list(found.values()), origins)
    counts = metrics_of_rules(hits)

    def examples(metric: Metric) -> list[Json]:
        return [
            example(found[at], records, value, metric.name, counts)
            for at, value in worst[metric.name]
        ]

    return [
        {
            **_distribution(metric, spreads[metric.name], rows),
            "thresholds": [_limit(limit) for limit in limits if limit.metric == metric.name],
            "worst": examples(metric),
        }
        for metric in metrics
    ]


def _limit(limit: Threshold) -> Json:
    return {
        "rule": limit.rule,
        "severity": limit.severity,
        "operator": limit.operator,
        "value": limit.value,
        "where": limit.where,
    }


def _distribution(metric: Metric, found: Spread, rows: int) -> Json:
    return {
        "name": metric.name,
        "unit": metric.unit,
        "meaning": metric.meaning,
        "direction": metric.direction,
        "rows": found.rows,
        "nulls": rows - found.rows,
        "mean": found.mean,
        "min": found.least,
        "max": found.greatest,
        "quantiles": dict(zip(QUANTILES, found.quantiles, strict=True)),
        "histogram": _histogram(found.histogram),
    }


def _histogram(bins: Histogram) -> Json:
    return {
        "edges": list(bins.edges),
        "whole": bins.whole,
        "rows": list(bins.rows),
        "hours": [hours(us) for us in bins.us],
        "below": bins.below,
        "above": bins.above,
        "hits": [hit.as_json() for hit in bins.hits],
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


def records_of(
    rows: Sequence[Row], origins: Mapping[str, Origin]
) -> Mapping[tuple[str, Place], Json]:
    """The original records behind rows of `Records.rows`."""
    by_source: dict[str, list[Place]] = {}
    for source, _, offset, length, *_ in rows:
        by_source.setdefault(str(source), []).append((int(offset), int(length)))  # type: ignore[call-overload]
    found: dict[tuple[str, Place], Json] = {}
    for source, places in by_source.items():
        for place, line in fetch_lines(origins.get(source, source), places).items():
            try:
                found[source, place] = parse_line(line)
            except Malformed:  # only a manifest rewritten meanwhile; its text is then not shown
                found[source, place] = {}
    return found


def example(
    row: Row,
    records: Mapping[tuple[str, Place], Json],
    value: object,
    metric: str,
    counts: Mapping[str, set[str]],
) -> Json:
    """A row of `Records.rows` for people, with its value of a metric."""
    source, line, offset, length, duration_us, verdict, tags, lang, speaker = row
    assert isinstance(offset, int)
    assert isinstance(length, int)
    assert isinstance(tags, list)
    record = records[str(source), (offset, length)]
    return {
        "id": f"{source}:{line}",
        "value": value,
        **shown_texts(record, {metric, *spoken_of(tags, counts)}),
        "duration_s": duration_us / 1e6 if isinstance(duration_us, int) else None,
        "verdict": verdict,
        "tags": tags,
        "lang": lang,
        "speaker": speaker,
        "audio_filepath": record.get("audio_filepath"),
    }


def _strata(table: Records, column: str) -> list[Json]:
    return [
        {
            "value": value,
            "rows": n,
            "hours": hours(int(us)),  # type: ignore[call-overload]
            **{
                f"{name}_hours": hours(int(part))  # type: ignore[call-overload]
                for name, part in zip(VERDICTS[:4], parts, strict=True)
            },
            "char_rate_p50": median,
        }
        for value, n, us, *parts, median in table.strata(column, LARGEST_STRATA)
    ]


def _worst_groups(table: Records, column: str) -> list[Json]:
    """Speakers and the like of whose hours the largest share is bad."""
    return [
        {
            "value": value,
            "rows": n,
            "hours": hours(int(us)),  # type: ignore[call-overload]
            "bad_hours": hours(int(bad)),  # type: ignore[call-overload]
            "bad_share": round(int(bad) / int(us), 6),  # type: ignore[call-overload]
        }
        for value, n, us, bad in table.worst_groups(column, LEAST_GROUP_US, WORST_GROUPS)
    ]


def origins_of(profile: Mapping[str, Any]) -> Mapping[str, Origin]:
    """How the sources of a profile are read again, by name."""
    return {entry["source"]: Origin.of(entry) for entry in profile["inputs"]}


def read_profile(folder: Path) -> Json:
    """profile.json of a profile directory, as it stands."""
    value = json.loads((folder / "profile.json").read_text(encoding="utf-8"))
    assert isinstance(value, dict)
    return value


MAKE = "make it with curate profile"
RECORDS = "records.parquet"


def no_profile(folder: Path) -> Fault | None:
    """What is wrong where `folder` is no profile directory: where it is none, or holds not all."""
    for member in (RECORDS, "profile.json"):
        if not (folder / member).is_file():
            return lacking(folder, member, MAKE)
    return None


def open_profile(folder: Path) -> Json:
    """The same of a directory that a person named. InputError where it is no profile."""
    if fault := no_profile(folder):
        raise InputError(fault)
    try:
        return read_profile(folder)
    except (OSError, ValueError, AssertionError) as error:
        raise InputError.of(folder, f"is no profile: {error}", MAKE) from None
