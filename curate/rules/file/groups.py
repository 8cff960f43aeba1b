"""Rules for groups: a speaker, a recording or the like, evaluated as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from curate.errors import ConfigError
from curate.files.entries import Entries, FaultCollector
from curate.files.marked_yaml import Scalar, Table, Tree
from curate.metrics import METRICS
from curate.rules.expression import Kind, names_in, parse
from curate.rules.file.condition import Condition
from curate.rules.file.keys import GROUP_BY, LEAST_KEYS

LEAST_ROWS = 10
"""Rows below which a group is too small to be evaluated, unless its rule sets another."""

STATISTICS = ("median", "mean")
"""Statistics of a metric over a group, as `median(char_rate)`."""

COUNTS: Mapping[str, str] = {
    "rows": "well-formed rows of the group",
    "hours": "their declared hours",
    "bad_share": "share of its rows that are bad",
    "borderline_share": "share that is borderline",
    "unknown_share": "share that cannot be decided",
}
"""Further values of a group."""


class GroupRule(NamedTuple):
    """A rule that makes the clean rows of a failing group borderline.

    `by` is a column that says which group a row is of; rows without a value are of none. Groups of
    fewer than `rows` rows or `hours` hours are not evaluated. `at` is `file:line`.
    """

    id: str
    by: str
    borderline: Condition
    rows: int
    hours: float
    reason: str
    why: str
    at: str

    def metrics(self) -> tuple[str, ...]:
        """The metrics that deciding it takes."""
        names = [name for name in names_in(self.borderline.node) if name.endswith(")")]
        return tuple(dict.fromkeys(name.partition("(")[2][:-1] for name in names))


def read_group(name: str, entries: Entries, notes: FaultCollector) -> GroupRule | None:
    """The rule for groups under these entries; None where it has faults."""
    entries.require("by", "eval_if")
    by = entries.choice("by", GROUP_BY) if "by" in entries else ""
    condition = _condition(entries, notes)
    rows, hours = _least(entries, notes)
    if not by or condition is None:
        return None
    return GroupRule(
        id=name,
        by=by,
        borderline=condition,
        rows=rows,
        hours=hours,
        reason=entries.text("reason"),
        why=" ".join(entries.text("why").split()),
        at=notes.at(entries.line),
    )


def vocabulary() -> Mapping[str, Kind]:
    """Every name that a condition on groups may use."""
    statistics = [f"{what}({metric.name})" for metric in METRICS for what in STATISTICS]
    return dict.fromkeys([*COUNTS, *statistics], "number")


def _condition(entries: Entries, notes: FaultCollector) -> Condition | None:
    text, node = entries.text("eval_if"), entries.node("eval_if")
    if not text or node is None:
        return None
    try:
        return Condition(" ".join(text.split()), parse(text, notes.at(node.line), of=vocabulary()))
    except ConfigError as error:
        notes.take(error)
        return None


def _least(entries: Entries, notes: FaultCollector) -> tuple[int, float]:
    node = entries.node("at_least")
    if node is None:
        return LEAST_ROWS, 0.0
    fields = Entries(node, tuple(LEAST_KEYS), "'at_least'", notes)
    minimum = {"rows": 0.0, "hours": 0.0}
    for key, value in _numbers(node, notes):
        if key in minimum:
            minimum[key] = value
    if isinstance(node, Table) and not set(fields):
        notes.add(node.line, "'at_least' is empty", "as in at_least: {rows: 20, hours: 0.05}")
    return int(minimum["rows"]), minimum["hours"]


def _numbers(node: Tree, notes: FaultCollector) -> Iterator[tuple[str, float]]:
    entries: Sequence[tuple[Scalar, Tree]] = node.entries if isinstance(node, Table) else ()
    for key, value in entries:
        number = value.number() if isinstance(value, Scalar) else None
        if number is None or number < 0 or (key.text == "rows" and number != int(number)):
            notes.add(value.line, f"'{key.text}' is a number, from 0 on")
        else:
            yield key.text, number
