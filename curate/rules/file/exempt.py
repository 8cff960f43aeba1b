"""Rules that do not keep the records of some strata out of eval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from curate.rules.expression import And
from curate.rules.file.condition import Condition
from curate.rules.file.languages import narrowed
from curate.rules.file.limits import all_of, text_in
from curate.rules.file.model import Rule, RuleSet

Strata = Sequence[tuple[str, str | None]]
"""Columns, each with a value of it; None is the missing value."""


def exempting(rules: RuleSet, strata: Mapping[str, Strata]) -> RuleSet:
    """The rules, where those named do not keep records of their strata out of eval. What a rule
    calls bad stays bad.
    """
    if not strata:
        return rules
    return replace(
        rules,
        rules=tuple(
            _exempting(rule, strata[rule.id]) if rule.id in strata and rule.borderline else rule
            for rule in rules.rules
        ),
    )


def _exempting(rule: Rule, strata: Strata) -> Rule:
    values: dict[str, list[str | None]] = {}
    for column, value in strata:
        values.setdefault(column, []).append(value)
    outside = all_of([text_in(name, each, negated=True) for name, each in values.items()])
    if rule.bad is None:
        return rule if _holds(rule.where, outside) else narrowed(rule, outside)
    assert rule.borderline, "only rules with limits of eval are exempted"
    if _holds(rule.borderline, outside):
        return rule
    text = f"{outside.text} and ({rule.borderline.text})"
    node = And((outside.node, rule.borderline.node))
    return rule._replace(borderline=Condition(text, node))


def _holds(condition: Condition | None, part: Condition) -> bool:
    """Whether the part is in the condition already."""
    if condition is None:
        return False
    node = condition.node
    return part.node in (node.parts if isinstance(node, And) else (node,))
