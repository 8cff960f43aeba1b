"""Conventions of a corpus: rules that more than half of a stratum's rows trigger.

Such a rule says something of the corpus, or of a limit made for another one, and little of the
rows. All are reported; a rule that its file marks `convention` keeps none of that stratum out of
eval. Strata are declared languages, and sources where there are several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from curate.artifacts.columns import LANG, MALFORMED, OVERRIDE, SOURCE, TAGS, VERDICT_COLUMNS
from curate.artifacts.profile import EXEMPT_CONVENTION, Convention
from curate.formatting.values import rows_with
from curate.profiles.rows import scan
from curate.profiles.whole_input.duplicate_counts import sink
from curate.rules.evaluate import tag
from curate.rules.file import Rule, RuleSet, exempting

LEAST_ROWS = 20
"""Rows of a stratum below which a share says little."""
MOST = 0.5
"""The share of rows above which a rule is a convention."""
_REMEDY = "use another preset, or calibrate limits on this corpus (curate rules calibrate)"


def find_conventions(records: Path, rules: RuleSet, sources: int) -> tuple[Convention, ...]:
    """The conventions that rows with a verdict show, by stratum and in rule order.

    Rows that a person decided count as not triggered. Rules that are not for groups are left out:
    a missing file is no convention. Within a source, rows of a language that has the convention
    already do not count. `sources` is how many were read: one is not counted in the rows.
    """
    table = scan(records).filter(MALFORMED.expr.is_null())
    by_rule = {rule.id: rule for rule in rules.rules if rule.in_groups}
    conventions = list(_conventions(table, LANG.name, by_rule))
    if sources > 1 and _sources_of(table) > 1:
        for name, rule in by_rule.items():
            languages = [each.value for each in conventions if each.rule == name]
            rest = table.filter(~LANG.expr.is_in(languages, nulls_equal=True))
            conventions += _conventions(rest, SOURCE.name, {name: rule}) if languages else ()
        known = {each.rule for each in conventions}
        others = {name: rule for name, rule in by_rule.items() if name not in known}
        conventions += _conventions(table, SOURCE.name, others)
    order = list(by_rule)
    return tuple(sorted(conventions, key=lambda each: order.index(each.rule)))


def exempted(rules: RuleSet, conventions: Sequence[Convention]) -> RuleSet:
    """The rules as they apply where these conventions hold."""
    strata: dict[str, list[tuple[str, str | None]]] = {}
    for each in conventions:
        marked = any(rule.id == each.rule and rule.convention for rule in rules.rules)
        if marked and each.exempt:
            strata.setdefault(each.rule, []).append((each.column, each.value))
    return exempting(rules, strata)


def reapply_rules(
    records: Path, rules: RuleSet, decide: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    """Apply these rules to a records table, then `decide`, and write it again."""
    table = scan(records)
    names = table.collect_schema().names()
    tagged = tag(table.drop(column.name for column in VERDICT_COLUMNS), rules)
    beside = records.with_suffix(".evaluated")
    sink(tagged.map_batches(decide, streamable=True).select(names), beside)
    beside.replace(records)


def warnings_of(conventions: Sequence[Convention]) -> list[str]:
    """One warning for each convention."""
    return [_describe(each) for each in conventions]


def _describe(each: Convention) -> str:
    triggers = "would trigger on" if each.exempt else "triggers on"
    what = (
        f"{rows_with(each.column, each.value)}: {each.rule} {triggers} {each.triggered:,} of "
        f"{each.rows:,} rows, a convention of the corpus"
    )
    if each.exempt:
        return f"{what}, and {EXEMPT_CONVENTION}: {each.remedy}"
    return f"{what}; they are {each.severity} all the same: {each.remedy}"


def _conventions(
    table: pl.LazyFrame, column: str, rules: Mapping[str, Rule]
) -> Iterator[Convention]:
    totals = dict(
        table.group_by(pl.col(column).alias("value")).len().collect(engine="streaming").iter_rows()
    )
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
        yield Convention(
            rule=name,
            column=column,
            value=value,
            severity=max(by_severity, key=lambda severity: by_severity[severity]),
            rows=rows,
            triggered=triggered,
            exempt=rules[name].convention and kept_out,
            remedy=rules[name].remedy or _REMEDY,
        )


def _sources_of(table: pl.LazyFrame) -> int:
    """The sources that have some of the rows."""
    return int(table.select(SOURCE.expr.n_unique()).collect(engine="streaming").item())


def _tagged(table: pl.LazyFrame, column: str) -> pl.DataFrame:
    """Rows by stratum and tag; those that a person decided are left out."""
    return (
        table.filter(OVERRIDE.expr.is_null() & (TAGS.expr.list.len() > 0))
        .select(pl.col(column).alias("value"), TAGS.expr)
        .explode(TAGS.name)
        .group_by("value", TAGS.name)
        .len()
        .sort("value", TAGS.name)
        .collect(engine="streaming")
    )
