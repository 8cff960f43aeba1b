"""What moves between verdicts, rule by rule: how much, and a few records of each to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import polars as pl

from curate.artifacts.compare import MovingRule, ShownMovedRecord
from curate.profiles.examples.excerpts import (
    audio_filepath_of,
    metrics_of_rules,
    metrics_of_tags,
    shown_texts,
)
from curate.profiles.named import hours
from curate.rules.file import RuleSet
from curate.whatif.stored import Stored, records_at

EACH = 4
"""Records of one rule and severity that are shown, of those that it says more of and less of."""


@dataclass
class _Transition:
    """Rows that lost a tag, and rows that got it: rows, microseconds, the first rows."""

    rows: list[int] = field(default_factory=lambda: [0, 0])
    us: list[int] = field(default_factory=lambda: [0, 0])
    first: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))

    def add(self, side: int, us: int, row: int) -> None:
        self.rows[side] += 1
        self.us[side] += us
        if len(self.first[side]) < EACH:
            self.first[side].append(row)


def by_tag(stored: Stored, moved: pl.DataFrame, rules: Sequence[RuleSet]) -> tuple[MovingRule, ...]:
    """Tags that moved records lose and get: how many, their hours, and the first of them; most
    hours first. `moved` has the columns of what `rules compare` writes, in input order.
    """
    transitions: dict[str, _Transition] = {}
    columns = ("from_tags", "to_tags", "duration_s")
    for row, (before, after, duration_s) in enumerate(moved.select(*columns).iter_rows()):
        us = round((duration_s or 0.0) * 1e6)
        for side, tags in ((0, set(before) - set(after)), (1, set(after) - set(before))):
            for tag in tags:
                transitions.setdefault(tag, _Transition()).add(side, us, row)
    order = sorted(transitions.items(), key=lambda pair: (-sum(pair[1].us), pair[0]))
    shown_rows = {row for each in transitions.values() for first in each.first for row in first}
    records = _records(stored, moved, sorted(shown_rows))
    counts = metrics_of_rules(_conditions(rules))
    return tuple(
        MovingRule(
            rule=rule,
            severity=severity,
            lost_rows=each.rows[0],
            lost_hours=hours(each.us[0]),
            lost_records=tuple(_shown(records[row], tag, counts) for row in each.first[0]),
            got_rows=each.rows[1],
            got_hours=hours(each.us[1]),
            got_records=tuple(_shown(records[row], tag, counts) for row in each.first[1]),
        )
        for tag, each in order
        for severity, _, rule in [tag.partition(":")]
    )


class _Condition(NamedTuple):
    """What a rule compares, as `metrics_of_rules` reads it."""

    rule: str
    metric: str
    condition: str
    where: str


def _conditions(rules: Sequence[RuleSet]) -> Iterator[_Condition]:
    for rule in (rule for each in rules for rule in each.rules):
        where = rule.where.text if rule.where else ""
        for _, condition in rule.conditions():
            yield _Condition(rule.id, rule.metric, condition.text, where)


class _Moved(NamedTuple):
    """A row that moves, and its record; None where its manifest is gone (a warning says so)."""

    row: Mapping[str, Any]
    record: Mapping[str, object] | None


def _records(stored: Stored, moved: pl.DataFrame, rows: Sequence[int]) -> Mapping[int, _Moved]:
    chosen = moved[rows].with_columns(pl.Series("_row", rows, pl.UInt32))
    stated, _ = records_at(stored, chosen.to_dicts())
    return {
        row["_row"]: _Moved(row, stated.get(row["_row"])) for row in chosen.iter_rows(named=True)
    }


def _shown(moved: _Moved, tag: str, counts: Mapping[str, set[str]]) -> ShownMovedRecord:
    row, record = moved
    excerpt = None if record is None else shown_texts(record, metrics_of_tags([tag], counts))
    return ShownMovedRecord(
        id=row["id"],
        before=row["from"],
        after=row["to"],
        from_reason=row["from_reason"],
        to_reason=row["to_reason"],
        duration_s=row["duration_s"],
        lang=row["lang"],
        speaker=row["speaker"],
        text=excerpt.text if excerpt else None,
        marks=excerpt.marks if excerpt else (),
        pred_text=excerpt.pred_text if excerpt else None,
        audio_filepath=audio_filepath_of(record or {}),
    )
