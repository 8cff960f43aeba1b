"""The shape of a check, and the findings that it yields about a run before it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from train.artifacts.plan import Finding, Level
from train.plan.facts import Facts

LEVELS: tuple[Level, ...] = ("error", "warning", "note")
"""Worst first. An error is a run that would fail, or train something else than it says."""


Find = Callable[[Facts], Iterable[str | tuple[Level, str]]]
"""The text of a finding; with a level where it is another than the check's own."""


@dataclass(frozen=True, slots=True)
class Check:
    """One row of CHECKS: a code, how bad it is, why, how to fix it, and the function that detects
    it.
    """

    code: str
    level: Level
    why: str
    hint: str
    find: Find

    def run(self, facts: Facts) -> Iterable[Finding]:
        """The check's findings."""
        for each in self.find(facts):
            level, what = (self.level, each) if isinstance(each, str) else each
            yield Finding(level=level, code=self.code, what=what, why=self.why, hint=self.hint)
