"""profile.json: what the records say, metric by metric and group by group."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from curate.columns import US_PER_HOUR, VERDICTS
from curate.duck import Records, Row, open_records
from curate.manifest.lines import Place, fetch_lines
from curate.manifest.origin import Origin
from curate.manifest.strict import Malformed, parse_line
from curate.metrics import METRICS
from curate.metrics.declare import Metric
from curate.profile.spread import of_integers, of_numbers
from curate.ruleset import RuleSet, Threshold, thresholds

QUANTILES: Mapping[str, float] = {
    "p01": 0.01, "p05": 0.05, "p25": 0.25, "p50": 0.5,
    "p75": 0.75, "p95": 0.95, "p99": 0.99, "p999": 0.999,
}  # fmt: skip
WORST = 8
LARGEST_STRATA = 50

Json = dict[str, object]


def hours(duration_us: int) -> float:
    """Whole microseconds as hours, to the 6 decimals that artefacts carry."""
    return round(duration_us / US_PER_HOUR, 6)


def summarise(
    records: Path, rules: RuleSet, strata: Sequence[str], origins: Sequence[Origin] = ()
) -> Json:
    """The parts of profile.json that are computed from records.parquet.

    `origins` say how the sources are read again; one that is not named is a NeMo manifest.
    """
    found_at = {origin.name: origin for origin in origins}
    with open_records(records) as table:
        verdicts = table.by_verdict()
        rows = sum(n for n, _, _ in verdicts.values())
        duration_us = sum(us for _, _, us in verdicts.values())
        texts, repeated, audio = table.duplicates()
        return {
            "totals": {"rows": rows, "duration_us": duration_us, "hours": hours(duration_us)},
            "verdicts": [
                {"verdict": name, "rows": n, "hours": hours(us)}
                for name in VERDICTS
                for n, _, us in [verdicts.get(name, (0, 0, 0))]
            ],
            "rules_hit": _rules_hit(table, rules),
            "malformed": [
                {"reason": kind, "rows": n, "example": {"id": first, "byte_offset": at}}
                for kind, n, first, at in table.malformed_kinds()
            ],
            "metrics": _metrics(table, rules, rows, found_at),
            "strata": {name: _strata(table, name) for name in strata},
            "duplicates": {
                "unique_texts": texts,
                "rows_with_duplicated_text": repeated,
                "duplicate_audio_offset_keys": audio,
            },
        }


def _rules_hit(table: Records, rules: RuleSet) -> list[Json]:
    """Every rule of the set with what it caught, rules that caught nothing too; file order."""
    counted = {tag: (n, us, alone) for tag, n, us, alone in table.by_tag()}
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
    return found


def _metrics(
    table: Records, rules: RuleSet, rows: int, origins: Mapping[str, Origin]
) -> list[Json]:
    limits = thresholds(rules)
    worst = {metric.name: _worst_rows(table, metric) for metric in METRICS}
    names = [metric.name for metric in METRICS]
    found = table.rows([at for numbers in worst.values() for at in numbers], names)
    records = _records_of(list(found.values()), origins)
    return [
        {
            **_distribution(table, metric, rows),
            "thresholds": [_limit(limit) for limit in limits if limit.metric == metric.name],
            "worst": [
                _example(found[at], records, _FIXED + names.index(metric.name))
                for at in worst[metric.name]
            ],
        }
        for metric in METRICS
    ]


def _limit(limit: Threshold) -> Json:
    return {
        "rule": limit.rule,
        "severity": limit.severity,
        "operator": limit.operator,
        "value": limit.value,
        "where": limit.where,
    }


def _distribution(table: Records, metric: Metric, rows: int) -> Json:
    spread = of_integers if metric.dtype.is_integer() else of_numbers
    found = spread(table, metric, tuple(QUANTILES.values()))
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
        "histogram": {
            "edges": list(metric.edges),
            "rows": found.bin_rows,
            "hours": [hours(us) for us in found.bin_us],
            "below": found.below,
            "above": found.above,
        },
    }


def _worst_rows(table: Records, metric: Metric) -> list[int]:
    if metric.direction == "none":
        return []
    if metric.direction == "both":
        high = table.extremes(metric.name, False, WORST // 2)
        low = table.extremes(metric.name, True, WORST // 2)
        return high + [at for at in low if at not in high]
    return table.extremes(metric.name, metric.direction == "low", WORST)


def _records_of(
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


_FIXED = 9
"""Columns of `Records.rows` before the metrics."""


def _example(row: Row, records: Mapping[tuple[str, Place], Json], at: int) -> Json:
    source, line, offset, length, duration_us, verdict, tags, lang, speaker = row[:_FIXED]
    assert isinstance(offset, int)
    assert isinstance(length, int)
    record = records[str(source), (offset, length)]
    return {
        "id": f"{source}:{line}",
        "value": row[at],
        "text": str(record.get("text", "")),
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


def read_profile(folder: Path) -> Json:
    """profile.json of a profile directory, as it stands."""
    value = json.loads((folder / "profile.json").read_text(encoding="utf-8"))
    assert isinstance(value, dict)
    return value
