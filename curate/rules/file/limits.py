"""The two short forms of a condition: limits of a metric, and fields with the values they take."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from curate.files.marked_yaml import Scalar
from curate.rules.expression import BY_SYMBOL, And, IsNull, Member, Name, Node, Not, Or
from curate.rules.file.condition import Condition, Limit
from curate.rules.file.keys import LIMIT_PATTERN

_LIMIT = re.compile(LIMIT_PATTERN)


def read_limit(text: str) -> Limit | None:
    """The limit that the text writes, such as `>= 30`; None where it writes none."""
    match = _LIMIT.fullmatch(text)
    if match is None or not math.isfinite(float(match[2])):
        return None
    return Limit(BY_SYMBOL[match[1]], float(match[2]))


def superfluous(limit: Limit, others: Sequence[Limit]) -> bool:
    """Whether one of the others triggers wherever `limit` does.

    Limits change their answer only at their values, so those, a value between each pair of
    neighbours and one beyond either end decide it.
    """
    ends = sorted({limit.value, *(other.value for other in others)})
    between = [(low + high) / 2 for low, high in pairwise(ends)]
    probes = [-math.inf, *ends, *between, math.inf]
    return all(
        any(other.covers(probe) for other in others) for probe in probes if limit.covers(probe)
    )


def field_in(field: str, values: Sequence[Scalar], negated: bool) -> Condition:
    """The condition that the field is (or is not) one of the values.

    Never unknown: a missing field is a value of its own, which `null` names. So `not: [zh]`
    holds for a record that declares no language, and `[zh]` does not.
    """
    return text_in(field, [None if each.is_null() else each.text for each in values], negated)


def text_in(field: str, values: Sequence[str | None], negated: bool = False) -> Condition:
    """The same of plain values; None is the missing field."""
    shown = ", ".join("null" if each is None else f"'{each}'" for each in values)
    node = _one_of(Name(field, "text"), values)
    text = f"{field} {'not in' if negated else 'in'} [{shown}]"
    return Condition(text, Not(node) if negated else node)


def _one_of(field: Node, values: Sequence[str | None]) -> Node:
    texts = tuple(each for each in values if each is not None)
    if not texts:
        return IsNull(field)
    present = And((Not(IsNull(field)), Member(field, texts)))
    return Or((IsNull(field), present)) if len(texts) < len(values) else present


def all_of(conditions: Sequence[Condition]) -> Condition:
    """The condition that all of them hold."""
    if len(conditions) == 1:
        return conditions[0]
    text = " and ".join(condition.text for condition in conditions)
    return Condition(text, And(tuple(condition.node for condition in conditions)))
