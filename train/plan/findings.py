"""What a plan says about a run before it begins, and the shape of a check."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from train.plan.facts import Facts

Level = Literal["error", "warning", "note"]

LEVELS: tuple[Level, ...] = ("error", "warning", "note")
"""Worst first. An error is a run that would fail, or train something else than it says."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know: what it is, why it matters, how to fix it."""

    level: Level
    code: str
    what: str
    why: str
    hint: str


Find = Callable[[Facts], Iterable[str | tuple[Level, str]]]
"""What is found, in words; with a level where it is another than the check's own."""


@dataclass(frozen=True, slots=True)
class Check:
    """One row of CHECKS: a code, how bad it is, why, how to fix it, and how it is found."""

    code: str
    level: Level
    why: str
    hint: str
    find: Find

    def run(self, facts: Facts) -> Iterable[Finding]:
        """The check's findings."""
        for found in self.find(facts):
            level, what = (self.level, found) if isinstance(found, str) else found
            yield Finding(level, self.code, what, self.why, self.hint)
