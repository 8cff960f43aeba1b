"""Records that rules keep out of eval and test, a few of each rule: to be reviewed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from curate.artifacts.profile import BorderlineRecords, RuleHit
from curate.manifest.origin import Origin
from curate.profiles.examples.excerpts import metrics_of_rules
from curate.profiles.opened import records_of
from curate.profiles.records_table import FIRST, RecordsTable, Tagged
from curate.profiles.summary import example
from curate.rules.file import RuleSet
from curate.rules.overrides.decision import VERDICT_OF

_TAG = "borderline:"
_CALLED = frozenset(f"override:{decision}" for decision in VERDICT_OF)
"""Tags of rows whose verdict a person has set."""


def borderline_records(
    table: RecordsTable, rules: RuleSet, origins: Sequence[Origin], hits: Sequence[RuleHit]
) -> tuple[BorderlineRecords, ...]:
    """For each rule that finds records borderline the FIRST few of them, in the rules' order; those
    in which no other rule triggers come first. `hits` are profile.json's `rules_hit`.
    """
    metrics = {
        **{rule.id: rule.metric for rule in rules.rules},
        **dict.fromkeys((rule.id for rule in rules.groups), ""),
    }
    chosen = _chosen(table.by_tags(), metrics)
    numbers = [row for rows in chosen.values() for row in rows]
    rows = table.rows(numbers)
    values = table.values(numbers, sorted({metrics[rule] for rule in chosen} - {""}))
    stated = records_of(list(rows.values()), {origin.name: origin for origin in origins})
    counts = metrics_of_rules(hits)
    return tuple(
        BorderlineRecords(
            rule=rule,
            metric=metrics[rule],
            records=tuple(
                example(rows[row], stated, values[row].get(metrics[rule]), metrics[rule], counts)
                for row in numbers
            ),
        )
        for rule, numbers in chosen.items()
    )


def _chosen(by_tags: Iterable[Tagged], rules: Iterable[str]) -> Mapping[str, list[int]]:
    """The rows to show of each rule; none of a rule without any."""
    held: dict[str, list[tuple[int, int]]] = {}
    for tags, verdict, _, _, rows in by_tags:
        if verdict != "borderline" or any(tag in _CALLED for tag in tags):
            continue  # corrected texts and segments leave the verdict to the rules
        for tag in tags:
            if tag.startswith(_TAG):
                held.setdefault(tag.removeprefix(_TAG), []).extend((len(tags), row) for row in rows)
    return {rule: [row for _, row in sorted(held[rule])[:FIRST]] for rule in rules if rule in held}
