"""Conditions that rules are made of: for records and for groups alike."""

from __future__ import annotations

from typing import NamedTuple

from curate.rules.expression import Comparison, Name, Node, Number, Operator, Or


class Limit(NamedTuple):
    """One bound of a metric: the rule triggers where `metric operator value` holds."""

    operator: Operator
    value: float

    def __str__(self) -> str:
        return f"{self.operator.symbol} {self.value:.15g}"

    def covers(self, value: float) -> bool:
        """Whether the limit triggers at this value."""
        return bool(self.operator.compare(value, self.value))

    def on(self, metric: str) -> Node:
        """The limit as a condition on the metric."""
        return Comparison(self.operator, Name(metric, "number"), Number(self.value))


class Condition(NamedTuple):
    """When a rule triggers: text for people, tree for machines, limits where it is that simple."""

    text: str
    node: Node
    limits: tuple[Limit, ...] = ()

    @classmethod
    def beyond(cls, metric: str, limits: tuple[Limit, ...]) -> Condition:
        """The condition that any of the limits triggers on the metric."""
        nodes = tuple(limit.on(metric) for limit in limits)
        text = " or ".join(f"{metric} {limit}" for limit in limits)
        return cls(text, nodes[0] if len(nodes) == 1 else Or(nodes), limits)
