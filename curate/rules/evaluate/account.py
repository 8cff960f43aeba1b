"""How each rule applies to one row, triggered or not: why a record has its verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from curate.artifacts.columns import MALFORMED
from curate.rules.evaluate.explain import of_row
from curate.rules.evaluate.reasons import operands, reason_words, unknown_words
from curate.rules.expression import And, holds, names_in
from curate.rules.file import Condition, Limit, Rule, RuleSet, Severity

Outcome = Literal["bad", "borderline", "unknown", "clean", "not_applicable"]

NEAR = 0.1
"""A value that misses a limit by at most this share of the limit came close to it."""
LEAST_COUNT = 2
"""A count that misses a limit by one came close, unless the limit is smaller than this."""


@dataclass(frozen=True, slots=True)
class Near:
    """A limit that the row missed by little: what it would have made of the row."""

    severity: Severity
    limit: Limit


@dataclass(frozen=True, slots=True)
class Account:
    """One rule and one row. `outcome` is `clean` where the rule applies and does not trigger,
    `not_applicable` where it does not apply; `words` are the reason of the row.

    `values` are of every metric and field that deciding took; where it does not apply, of those
    that keep it from applying.
    """

    rule: Rule
    outcome: Outcome
    condition: Condition | None
    words: str
    values: Mapping[str, object]
    near: tuple[Near, ...]

    @property
    def is_triggered(self) -> bool:
        """Whether the row got a tag for it."""
        return self.outcome in {"bad", "borderline", "unknown"}


def accounts(row: Mapping[str, object], rules: RuleSet) -> list[Account]:
    """Every rule's account of the row, in rule order; none where the line is no record."""
    if row.get(MALFORMED.name) is not None:
        return []
    return [_account(rule, row) for rule in of_row(row, rules).rules]


def _account(rule: Rule, row: Mapping[str, object]) -> Account:
    outcome, condition = _evaluate_rule(rule, row)
    words = ""
    if outcome == "unknown":
        words = unknown_words(rule)
    elif condition:
        columns = [[row.get(name)] for name in operands(condition)]
        words = next(iter(reason_words(rule, condition, columns)))
    names = _against(rule, row) if outcome == "not_applicable" else rule.names()
    values = {name: row.get(name) for name in names}
    near = () if outcome == "not_applicable" else tuple(_near(rule, row, outcome))
    return Account(rule, outcome, condition, words, values, near)


def _evaluate_rule(rule: Rule, row: Mapping[str, object]) -> tuple[Outcome, Condition | None]:
    """The worst condition that holds or is unknown, as in `curate.rules.evaluate.explain`."""
    if rule.where and holds(rule.where.node, row) is False:
        return "not_applicable", None
    for severity, condition in rule.conditions():
        truth = holds(rule.applied(condition), row)
        if truth:
            return severity, condition
        if truth is None and rule.null == "unknown":
            return "unknown", None
    return "clean", None


def _against(rule: Rule, row: Mapping[str, object]) -> tuple[str, ...]:
    """The names that keep the rule from applying to the row."""
    assert rule.where, "only a rule with a condition can be not applicable"
    node = rule.where.node
    parts = node.parts if isinstance(node, And) else (node,)
    return names_in(*(part for part in parts if holds(part, row) is False))


def _near(rule: Rule, row: Mapping[str, object], outcome: Outcome) -> Iterator[Near]:
    value = row.get(rule.metric)
    if not isinstance(value, int | float):
        return
    for severity, condition in rule.conditions():
        if severity == outcome or outcome == "bad":
            return
        for limit in condition.limits:
            if limit.operator.ordered and not limit.covers(value) and _is_near(value, limit):
                yield Near(severity, limit)


def _is_near(value: float, limit: Limit) -> bool:
    gap, size = abs(value - limit.value), abs(limit.value)
    one_off = isinstance(value, int) and gap <= 1 and size >= LEAST_COUNT
    return one_off or (size > 0 and gap <= NEAR * size)
