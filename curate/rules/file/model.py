"""The content of a rule file, read and validated."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple

from curate.artifacts.verdicts import VERDICTS
from curate.rules.expression import And, Node, Output, Program, names_in
from curate.rules.file.condition import Condition
from curate.rules.file.groups import GroupRule
from curate.rules.file.languages import of_languages

Severity = Literal["bad", "borderline"]
WhenNull = Literal["unknown", "clean"]


class Example(NamedTuple):
    """A record and the verdict that its rule must give it by itself; `at` is `file:line`."""

    record: Mapping[str, object]
    verdict: str
    at: str


class Rule(NamedTuple):
    """One rule: where it applies, when it triggers, and why its numbers are what they are.

    `metric` is empty for a rule of free expressions. `null` says what it means where the rule
    cannot be decided. `at` is `file:line`.

    Where most rows of a stratum are borderline by a rule of `convention`, that is a convention of
    the corpus; `remedy` says what to do then. Rows that a rule without `in_groups` finds count in
    no rule for groups.

    A preset of languages replaces `family` for its `languages`; the rule that it replaces applies
    to languages `other_than` these. `where` holds both, `own_where` what the file says.
    """

    id: str
    metric: str
    bad: Condition | None
    borderline: Condition | None
    where: Condition | None
    null: WhenNull
    reason: str
    why: str
    examples: tuple[Example, ...]
    at: str
    convention: bool = False
    remedy: str = ""
    in_groups: bool = True
    family: str = ""
    languages: tuple[str, ...] = ()
    other_than: tuple[str, ...] = ()
    own_where: Condition | None = None

    def conditions(self) -> Iterator[tuple[Severity, Condition]]:
        """The rule's conditions, worst first."""
        if self.bad:
            yield "bad", self.bad
        if self.borderline:
            yield "borderline", self.borderline

    def applied(self, condition: Condition) -> Node:
        """The condition's tree, confined to where the rule applies."""
        return And((self.where.node, condition.node)) if self.where else condition.node

    def names(self) -> tuple[str, ...]:
        """The metrics and fields that deciding the rule needs."""
        return names_in(*(self.applied(condition) for _, condition in self.conditions()))


MAX_REJECTED = 0.1
"""The share of hours that may be rejected without a warning, unless the file says another."""
MAX_BORDERLINE = 0.25
"""The share of hours that may be borderline without a warning, likewise."""


@dataclass(frozen=True)
class RuleSet:
    """The rules of one file and of those it extends, in order; then those for groups.

    Where a larger share of a stratum's hours than `max_rejected` is rejected, or than
    `max_borderline` is borderline, a warning is due.
    `sha256` is of the file's bytes followed by those of each file it extends in turn.
    """

    name: str
    path: str
    sha256: str
    rules: tuple[Rule, ...]
    groups: tuple[GroupRule, ...] = ()
    max_rejected: float = MAX_REJECTED
    max_borderline: float = MAX_BORDERLINE

    def of_languages(self, present: Collection[str]) -> RuleSet:
        """The rules that rows of these languages (codes) can trigger: the same verdicts, without
        what presets say of other languages.
        """
        if not self._by_language:
            return self
        known = self._by_language & frozenset(present)
        if known not in self._narrowed:
            self._narrowed[known] = replace(self, rules=of_languages(self.rules, known))
        return self._narrowed[known]

    @cached_property
    def _by_language(self) -> frozenset[str]:
        return frozenset(code for rule in self.rules for code in rule.languages or rule.other_than)

    @cached_property
    def _narrowed(self) -> dict[frozenset[str], RuleSet]:
        return {}

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """`names`, and the metrics that its rules for groups need."""
        more = (name for rule in self.groups for name in rule.metrics())
        return tuple(dict.fromkeys([*self.names, *more]))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The metrics and fields that deciding all rules needs, each once."""
        return tuple(dict.fromkeys(name for rule in self.rules for name in rule.names()))

    @cached_property
    def program(self) -> Program:
        """Codes (indices into VERDICTS) by each rule; bad has priority over borderline."""
        unknown = VERDICTS.index("unknown")
        return Program.of(
            [
                [
                    Output(
                        rule.applied(condition),
                        VERDICTS.index(severity),
                        unknown if rule.null == "unknown" else 0,
                    )
                    for severity, condition in reversed([*rule.conditions()])
                ]
                for rule in self.rules
            ]
        )

    def only(self, *ids: str) -> RuleSet:
        """The same file with only these rules, and none for groups."""
        chosen = tuple(rule for rule in self.rules if rule.id in ids)
        return RuleSet(self.name, self.path, self.sha256, chosen)


class Threshold(NamedTuple):
    """One thing a rule says, for reports: a limit to draw, or (without value) an expression."""

    rule: str
    metric: str
    severity: Severity
    operator: str
    value: float | None
    condition: str
    where: str
    why: str


def thresholds(rules: RuleSet) -> list[Threshold]:
    """Every limit and expression of the rules, in rule order, bad before borderline."""
    return [
        threshold
        for rule in rules.rules
        for severity, condition in rule.conditions()
        for threshold in _thresholds(rule, severity, condition)
    ]


def _thresholds(rule: Rule, severity: Severity, condition: Condition) -> Iterator[Threshold]:
    where = rule.where.text if rule.where else ""
    for limit in condition.limits or (None,):
        yield Threshold(
            rule=rule.id,
            metric=rule.metric,
            severity=severity,
            operator=limit.operator.symbol if limit else "",
            value=limit.value if limit else None,
            condition=f"{rule.metric} {limit}" if limit else condition.text,
            where=where,
            why=rule.why,
        )
