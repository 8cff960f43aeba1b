"""Groups evaluated as a whole, in a records table: which failed, and what that moved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from curate.artifacts.columns import DURATION_US, TAGS
from curate.artifacts.profile import AtLeast, FailedGroup, GroupRule
from curate.profiles.named import hours
from curate.profiles.records_table import RecordsTable
from curate.profiles.rows import scan
from curate.profiles.whole_input.duplicate_counts import sink
from curate.rules.evaluate.groups import VALUE, GroupOutcome, column_of, demote, evaluate_groups
from curate.rules.expression import names_in
from curate.rules.file import RuleSet

SHOWN = 20
"""Failing groups that are named, those that lost most first."""


def apply_group_rules(records: Path, rules: RuleSet, opened: RecordsTable) -> tuple[GroupRule, ...]:
    """Apply rules for groups, write the table again where a group fails; what came of each rule.
    `opened` is the table before; nothing else may read its file.
    """
    table = scan(records)
    outcomes = evaluate_groups(table, rules, opened.sizes)
    if any(each.failing.height for each in outcomes):
        beside = records.with_suffix(".grouped")
        sink(demote(table, outcomes), beside)
        beside.replace(records)
    return tuple(_result(records, each) for each in outcomes)


def _result(records: Path, outcome: GroupOutcome) -> GroupRule:
    rule, moved = outcome.rule, _moved(records, outcome)
    failed = [
        FailedGroup(
            value=str(name),
            rows=group["rows"],
            hours=round(group["hours"], 6),
            facts={fact: group[fact] for fact in names_in(rule.borderline.node)},
            moved_rows=rows,
            moved_hours=hours(us),
        )
        for name, group in zip(outcome.names, outcome.failing.iter_rows(named=True), strict=True)
        for rows, us in [moved.get(group[VALUE], (0, 0))]
    ]
    failed.sort(key=lambda each: (-each.moved_hours, each.value))
    return GroupRule(
        rule=rule.id,
        by=rule.by,
        condition=rule.borderline.text,
        at_least=AtLeast(rows=rule.rows, hours=rule.hours),
        evaluated=outcome.groups.height,
        failed=len(failed),
        moved_rows=sum(count for count, _ in moved.values()),
        moved_hours=hours(sum(us for _, us in moved.values())),
        worst=tuple(failed[:SHOWN]),
    )


def _moved(records: Path, outcome: GroupOutcome) -> Mapping[object, tuple[int, int]]:
    """Rows and microseconds that the rule made borderline, by group."""
    if not outcome.failing.height:
        return {}
    tag = f"borderline:{outcome.rule.id}"
    counted = (
        scan(records)
        .filter(TAGS.expr.list.contains(tag))
        .group_by(column_of(outcome.rule))
        .agg(pl.len().alias(""), DURATION_US.expr.sum())
        .collect()
    )
    return {value: (rows, us) for value, rows, us in counted.iter_rows()}
