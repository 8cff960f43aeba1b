"""What moves between verdicts, rule by rule: how much, and a few records of each to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from curate.profiles.examples.excerpts import metrics_of_rules, shown_texts, spoken_of
from curate.profiles.summary import Json, hours
from curate.rules.file import RuleSet
from curate.whatif.stored import Stored, records_at

EACH = 4
"""Records of one rule and severity that are shown, of those that it says more of and less of."""


@dataclass
class _Said:
    """What a tag is no longer said of, and newly said of: rows, microseconds, the first rows."""

    rows: list[int] = field(default_factory=lambda: [0, 0])
    us: list[int] = field(default_factory=lambda: [0, 0])
    first: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))

    def add(self, side: int, us: int, row: int) -> None:
        self.rows[side] += 1
        self.us[side] += us
        if len(self.first[side]) < EACH:
            self.first[side].append(row)


def by_tag(stored: Stored, moved: pl.DataFrame, rules: Sequence[RuleSet]) -> list[Json]:
    """Tags that moved records lose and get: how many, their hours, and the first of them; most
    hours first. `moved` has the columns of what `rules compare` writes, in input order.
    """
    found: dict[str, _Said] = {}
    columns = ("from_tags", "to_tags", "duration_s")
    for row, (before, after, duration_s) in enumerate(moved.select(*columns).iter_rows()):
        us = round((duration_s or 0.0) * 1e6)
        for side, tags in ((0, set(before) - set(after)), (1, set(after) - set(before))):
            for tag in tags:
                found.setdefault(tag, _Said()).add(side, us, row)
    order = sorted(found.items(), key=lambda pair: (-sum(pair[1].us), pair[0]))
    wanted = {row for said in found.values() for first in said.first for row in first}
    records = _records(stored, moved, sorted(wanted))
    counts = metrics_of_rules([*_hits(rules)])
    return [
        {
            "rule": tag.partition(":")[2],
            "severity": tag.partition(":")[0],
            **{
                f"{name}_{amount}": value
                for side, name in enumerate(("lost", "got"))
                for amount, value in (
                    ("rows", said.rows[side]),
                    ("hours", hours(said.us[side])),
                    ("records", [_shown(records[row], tag, counts) for row in said.first[side]]),
                )
            },
        }
        for tag, said in order
    ]


def _hits(rules: Sequence[RuleSet]) -> Iterator[Json]:
    for rule in (rule for each in rules for rule in each.rules):
        where = rule.where.text if rule.where else ""
        for _, condition in rule.conditions():
            yield {
                "rule": rule.id,
                "metric": rule.metric,
                "condition": condition.text,
                "where": where,
            }


def _records(stored: Stored, moved: pl.DataFrame, rows: Sequence[int]) -> Mapping[int, Json]:
    """The rows with their records; those whose manifest is gone have none (said elsewhere)."""
    chosen = moved[rows].with_columns(pl.Series("_row", rows, pl.UInt32))
    stated, _ = records_at(stored, chosen.to_dicts())
    return {
        row["_row"]: {**row, "record": stated.get(row["_row"])}
        for row in chosen.iter_rows(named=True)
    }


def _shown(row: Json, tag: str, counts: Mapping[str, set[str]]) -> Json:
    record = row["record"]
    said: Json = {"text": None, "marks": [], "pred_text": None, "audio_filepath": None}
    if isinstance(record, dict):
        said = shown_texts(record, spoken_of([tag], counts))
        said["audio_filepath"] = record.get("audio_filepath")
    names = ("id", "from", "to", "from_reason", "to_reason", "duration_s", "lang", "speaker")
    return {**{name: row[name] for name in names}, **said}
