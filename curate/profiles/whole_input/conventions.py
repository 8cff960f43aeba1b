"""Conventions of a corpus: rules that more than half of a stratum's rows trigger.

Such a rule says something of the corpus, or of a limit made for another one, and little of the
rows. All are reported; a rule that its file marks `convention` keeps none of that stratum out of
eval. Strata are declared languages, and sources where there are several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from curate.artifacts.columns import LANG, SOURCE, TAGS, VERDICT_COLUMNS
from curate.artifacts.profile import EXEMPT_CONVENTION, Convention
from curate.formatting.values import rows_with
from curate.profiles.row_counts import BY_RULES, SOUND, RowCounts
from curate.profiles.rows import scan
from curate.profiles.whole_input.duplicate_counts import sink
from curate.rules.evaluate import tag
from curate.rules.file import Rule, RuleSet, exempting

LEAST_ROWS = 20
"""Rows of a stratum below which a share says little."""
MOST = 0.5
"""The share of rows above which a rule is a convention."""
_REMEDY = "use another preset, or calibrate limits on this corpus (curate rules calibrate)"


def find_conventions(counts: RowCounts, rules: RuleSet) -> tuple[Convention, ...]:
    """The conventions that rows with a verdict show, by stratum and in rule order; of sources, too,
    where there are several.

    Rows that a person decided count as not triggered. Rules that are not for groups are left out:
    a missing file is no convention. Within a source, rows of a language that has the convention
    already do not count.
    """
    by_rule = {rule.id: rule for rule in rules.rules if rule.in_groups}
    rows, triggered = _sound(counts), counts.unclean.filter(pl.col(SOUND) & pl.col(BY_RULES))
    conventions = list(_conventions(rows, triggered, LANG.name, by_rule))
    if SOURCE.name in rows.columns and rows[SOURCE.name].n_unique() > 1:
        for name, rule in by_rule.items():
            languages = [each.value for each in conventions if each.rule == name]
            if languages:
                rest = ~LANG.expr.is_in(languages, nulls_equal=True)
                within = rows.filter(rest), triggered.filter(rest)
                conventions += _conventions(*within, SOURCE.name, {name: rule})
        known = {each.rule for each in conventions}
        others = {name: rule for name, rule in by_rule.items() if name not in known}
        conventions += _conventions(rows, triggered, SOURCE.name, others)
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


def _sound(counts: RowCounts) -> pl.DataFrame:
    """The rows with a verdict, by language and source."""
    places = [name for name in (SOURCE.name, LANG.name) if name in counts.stated.columns]
    unsound = counts.unclean.filter(~pl.col(SOUND)).with_columns(-pl.col("rows"))
    columns = [*places, "rows"]
    rows = pl.concat([counts.stated.select(columns), unsound.select(columns)])
    return rows.group_by(places).agg(pl.col("rows").sum()).filter(pl.col("rows") > 0)


def _conventions(
    rows: pl.DataFrame, triggered: pl.DataFrame, column: str, rules: Mapping[str, Rule]
) -> Iterator[Convention]:
    totals = dict(_by(rows, column).rows())
    counted: dict[tuple[str, str | None], dict[str, int]] = {}
    tagged = _by(triggered.explode(TAGS.name).drop_nulls(TAGS.name), column, TAGS.name)
    for value, each, count in tagged.rows():
        severity, _, name = each.partition(":")
        if name in rules and severity in {"bad", "borderline"}:
            counted.setdefault((name, value), {})[severity] = count
    for (name, value), by_severity in counted.items():
        hit, of = sum(by_severity.values()), totals[value]
        if of < LEAST_ROWS or hit <= MOST * of:
            continue
        kept_out = by_severity.get("borderline", 0) > MOST * of
        yield Convention(
            rule=name,
            column=column,
            value=value,
            severity=max(by_severity, key=lambda severity: by_severity[severity]),
            rows=of,
            triggered=hit,
            exempt=rules[name].convention and kept_out,
            remedy=rules[name].remedy or _REMEDY,
        )


def _by(counted: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """How many rows have each of these values, sorted."""
    return counted.group_by(columns).agg(pl.col("rows").sum()).sort(columns)
