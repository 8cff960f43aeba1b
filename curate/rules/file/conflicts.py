"""Rules that contradict themselves or one another: what can never speak, what leaves nothing.

Only what can be decided for certain is refused. Conditions of comparisons with numbers change
their answer only at those numbers, so trying them, a value between each pair of neighbours and one
beyond either end decides them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from curate.errors import Fault
from curate.metrics import BY_NAME
from curate.rules.expression import (
    And,
    Comparison,
    Member,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Or,
    Text,
    holds,
)
from curate.rules.file.condition import Condition, Limit
from curate.rules.file.languages import of_languages
from curate.rules.file.limits import superfluous
from curate.rules.file.model import Rule

_TIGHTER = "eval is the tighter limit; between the two is borderline"


def conflicts(rules: Sequence[Rule]) -> Iterator[Fault]:
    """A fault for each contradiction, at the rule that it is seen in; rule order."""
    for rule in rules:
        yield from _never_triggers(rule)
    for rule in rules:
        yield from _overruled(rule, rules)
    yield from _nothing_left(of_languages(rules, frozenset()))


def _never_triggers(rule: Rule) -> Iterator[Fault]:
    for severity, condition in rule.conditions():
        if _impossible(condition.node):
            what = f"rule '{rule.id}' can never be {severity}: '{condition.text}' cannot hold"
            yield Fault(rule.at, what, "fix the condition, or leave it out")
        elif rule.where and _impossible(rule.applied(condition)):
            what = (
                f"rule '{rule.id}' can never be {severity}: '{condition.text}' does not hold where "
                f"'{rule.where.text}' does"
            )
            yield Fault(rule.at, what, "fix `where`, or the limit")
    if rule.bad and rule.borderline and rule.bad.node == rule.borderline.node:
        what = f"rule '{rule.id}' can never be borderline: it is bad under the same condition"
        yield Fault(rule.at, what, _TIGHTER)


def _overruled(rule: Rule, rules: Sequence[Rule]) -> Iterator[Fault]:
    """Limits of eval that another rule, which applies wherever this one does, calls bad."""
    if not rule.borderline:
        return
    wider = [
        other
        for other in rules
        if other is not rule and other.bad and other.metric == rule.metric
        and (_own(other) is None or other.where == rule.where)
    ]  # fmt: skip
    for limit in rule.borderline.limits:
        for other in wider:
            if other.bad and all(
                superfluous(limit, limits) for limits in _everywhere(other, rule, rules)
            ):
                what = f"eval '{limit}' can never trigger: rule '{other.id}' ({other.at}) rejects "
                yield Fault(rule.at, f"{what}at '{other.bad.text}'", _TIGHTER)
                return


def _own(rule: Rule) -> Condition | None:
    """Where a rule applies, whatever presets of languages say."""
    return rule.own_where if rule.other_than or rule.languages else rule.where


def _everywhere(other: Rule, rule: Rule, rules: Sequence[Rule]) -> Iterator[tuple[Limit, ...]]:
    """What is bad by the other rule, for each of the languages that the rule applies to; nothing
    where it is off.
    """
    assert other.bad, "it is requested"
    if other.languages and other.languages != rule.languages:
        yield ()  # it is for some languages, the rule for more
        return
    yield other.bad.limits
    replaced = [each for each in rules if other.id == each.family] if other.other_than else []
    if rule.where != other.where:
        yield from (each.bad.limits if each.bad else () for each in replaced)
        if {*other.other_than} - {code for each in replaced for code in each.languages}:
            yield ()


def _nothing_left(rules: Sequence[Rule]) -> Iterator[Fault]:
    """Limits on one metric that together let no value pass."""
    simple = sorted((r for r in rules if r.metric and r.where is None), key=lambda r: r.metric)
    for metric, group in groupby(simple, key=lambda rule: rule.metric):
        of_metric = list(group)
        for severities, what in (
            (("bad",), "reject every record"),
            (("bad", "borderline"), "leave no record clean"),
        ):
            limits_of_rules = [
                (rule, limit)
                for rule in of_metric
                for severity, condition in rule.conditions()
                if severity in severities
                for limit in condition.limits
            ]
            if _everything(metric, [limit for _, limit in limits_of_rules]):
                yield _left_with_nothing(metric, limits_of_rules, what)
                break


def _left_with_nothing(
    metric: str, limits_of_rules: Sequence[tuple[Rule, Limit]], what: str
) -> Fault:
    for each in limits_of_rules:  # only what it takes is reported
        rest = [other for other in limits_of_rules if other is not each]
        limits_of_rules = (
            rest if _everything(metric, [limit for _, limit in rest]) else limits_of_rules
        )
    ids = list(dict.fromkeys(rule.id for rule, _ in limits_of_rules))
    named = " and ".join(f"'{each}'" for each in ids)
    limits = " or ".join(f"{metric} {limit}" for _, limit in limits_of_rules)
    together = f"rules {named} together {what}" if ids[1:] else f"rule {named} would {what}"
    return Fault(
        limits_of_rules[-1][0].at, f"{together}: {limits}", "leave room between the limits"
    )


def _everything(metric: str, limits: Sequence[Limit]) -> bool:
    if not limits:
        return False
    probes = [
        value for value in _probes(limit.value for limit in limits) if value >= _least(metric)
    ]
    return all(any(limit.covers(value) for limit in limits) for value in probes)


def _least(metric: str) -> float:
    """The least value that a metric can have; levels in decibels have none."""
    known = BY_NAME[metric]
    return -math.inf if known.low < 0 or "dB" in known.unit else 0.0


def _probes(values: Iterable[float]) -> list[float]:
    ends = sorted({0.0, *values})
    between = [(low + high) / 2 for low, high in pairwise(ends)]
    return [ends[0] - 1, *ends, *between, ends[-1] + 1]


def _impossible(node: Node) -> bool:
    """Whether the condition certainly holds nowhere: some name has no value that would do."""
    if isinstance(node, Or):
        return all(map(_impossible, node.parts))
    parts = list(_conjuncts(node))
    if any(isinstance(part, Or) and _impossible(part) for part in parts):
        return True
    by_name: dict[Name, list[Node]] = {}
    for part in parts:
        if (name := _compared(part)) is not None:
            by_name.setdefault(name, []).append(part)
    return any(not _possible(name, those) for name, those in by_name.items())


def _conjuncts(node: Node) -> Iterator[Node]:
    if isinstance(node, And):
        for part in node.parts:
            yield from _conjuncts(part)
    else:
        yield node


def _compared(node: Node) -> Name | None:
    """The name in a comparison with constants; None for all else."""
    match node:
        case Comparison(left=Name() as name, right=right) if _constant(right) is not None:
            return name
        case Member(of=Name() as name):
            return name
        case Not():
            return _compared(node.of)
        case _:
            return None


def _possible(name: Name, parts: Sequence[Node]) -> bool:
    constants = [value for part in parts for value in _constants(part)]
    tried: Sequence[object]
    if name.kind == "number":
        tried = _probes(value for value in constants if isinstance(value, float))
    else:
        tried = [*constants, "".join(map(str, constants)) + "?"]
    rows: Iterator[Mapping[str, object]] = ({name.name: value} for value in tried)
    return any(all(holds(part, row) for part in parts) for row in rows)


def _constants(node: Node) -> Iterator[float | str]:
    match node:
        case Comparison():
            constant = _constant(node.right)
            assert constant is not None, "checked by the caller"
            yield constant
        case Member():
            yield from node.values
        case Not():
            yield from _constants(node.of)


def _constant(node: Node) -> float | str | None:
    """The value of a number or a text; None for what depends on the row."""
    match node:
        case Number() | Text():
            return node.value
        case Negative(of=Number() as number):
            return -number.value
        case _:
            return None
