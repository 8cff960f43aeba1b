"""Conventions of a corpus: rules that more than half of a stratum's rows trigger.

Such a rule says something of the corpus, or of a limit made for another one, and little of the
rows. All are reported; a rule that its file marks `convention` keeps none of that stratum out of
eval. Strata are declared languages, and sources where there are several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from curate.artifacts.columns import JUDGEMENT, LANG, MALFORMED, OVERRIDE, SOURCE, TAGS
from curate.profiles.whole_input.duplicate_counts import sink
from curate.rules.evaluate import tag
from curate.rules.file import Rule, RuleSet, exempting

LEAST_ROWS = 20
"""Rows of a stratum below which a share says little."""
MOST = 0.5
"""The share of rows above which a rule is a convention."""
_REMEDY = "use another preset, or calibrate limits on this corpus (curate rules calibrate)"

Json = dict[str, object]


def find_conventions(records: Path, rules: RuleSet) -> list[Json]:
    """The conventions that the judged rows show, by stratum and in rule order.

    Rows that a person decided count as not triggered. Rules that are not for groups are left out:
    a missing file is no convention. Within a source, rows of a language that has the convention
    already do not count.
    """
    table = pl.scan_parquet(records).filter(MALFORMED.expr.is_null())
    by_rule = {rule.id: rule for rule in rules.rules if rule.in_groups}
    found = list(_found(table, LANG.name, by_rule))
    if table.select(SOURCE.expr.n_unique()).collect().item() > 1:
        for name, rule in by_rule.items():
            known = [each["value"] for each in found if each["rule"] == name]
            rest = table.filter(~LANG.expr.is_in(known, nulls_equal=True))
            found += _found(rest, SOURCE.name, {name: rule}) if known else ()
        unknown = {id: rule for id, rule in by_rule.items() if id not in {e["rule"] for e in found}}
        found += _found(table, SOURCE.name, unknown)
    order = list(by_rule)
    return sorted(found, key=lambda each: order.index(str(each["rule"])))


def exempted(rules: RuleSet, found: Sequence[Mapping[str, Any]]) -> RuleSet:
    """The rules as they apply where these conventions were found."""
    strata: dict[str, list[tuple[str, str | None]]] = {}
    for each in found:
        marked = any(rule.id == each["rule"] and rule.convention for rule in rules.rules)
        if marked and each["exempt"]:
            strata.setdefault(each["rule"], []).append((each["column"], each["value"]))
    return exempting(rules, strata)


def judge_again(
    records: Path, rules: RuleSet, decide: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    """Judge the rows of a records table by these rules, then by `decide`, and write it anew."""
    table = pl.scan_parquet(records)
    names = table.collect_schema().names()
    judged = tag(table.drop(column.name for column in JUDGEMENT), rules)
    beside = records.with_suffix(".judged")
    sink(judged.map_batches(decide, streamable=True).select(names), beside)
    beside.replace(records)


def warnings_of(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """One warning for each convention."""
    return [_said(each) for each in found]


def _said(each: Mapping[str, Any]) -> str:
    value = "none given" if each["value"] is None else f"'{each['value']}'"
    share = each["triggered"] / each["rows"]
    what = (
        f"{each['column']} {value}: {each['rule']} triggers on {share:.0%} of {each['rows']:,} "
        "rows, a convention of the corpus rather than a defect of its rows"
    )
    if each["exempt"]:
        return f"{what}; it keeps none of them out of eval: {each['remedy']}"
    return f"{what}; they are {each['severity']} all the same: {each['remedy']}"


def _found(table: pl.LazyFrame, column: str, rules: Mapping[str, Rule]) -> Iterator[Json]:
    totals = dict(table.group_by(column).len().collect().iter_rows())
    counted: dict[tuple[str, str | None], dict[str, int]] = {}
    for value, each, rows in _tagged(table, column).iter_rows():
        severity, _, name = each.partition(":")
        if name in rules and severity in {"bad", "borderline"}:
            counted.setdefault((name, value), {})[severity] = rows
    for (name, value), by_severity in counted.items():
        triggered, rows = sum(by_severity.values()), totals[value]
        if rows < LEAST_ROWS or triggered <= MOST * rows:
            continue
        kept_out = by_severity.get("borderline", 0) > MOST * rows
        yield {
            "rule": name,
            "column": column,
            "value": value,
            "severity": max(by_severity, key=lambda severity: by_severity[severity]),
            "rows": rows,
            "triggered": triggered,
            "exempt": rules[name].convention and kept_out,
            "remedy": rules[name].remedy or _REMEDY,
        }


def _tagged(table: pl.LazyFrame, column: str) -> pl.DataFrame:
    """Rows by stratum and tag; those that a person decided are left out."""
    return (
        table.filter(OVERRIDE.expr.is_null() & (TAGS.expr.list.len() > 0))
        .select(column, TAGS.expr)
        .explode(TAGS.name)
        .group_by(column, TAGS.name)
        .len()
        .sort(column, TAGS.name)
        .collect()
    )
