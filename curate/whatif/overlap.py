"""What the rules catch together and alone, from the kinds of rows that a sweep found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.artifacts.columns import VERDICTS
from curate.profiles.summary import Json, hours
from curate.whatif.sweep import Sweep

BAD, UNKNOWN = VERDICTS.index("bad"), VERDICTS.index("unknown")

Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Kinds:
    """The kinds of a sweep as arrays: `said` and `applies` have a row a kind, a column a rule.

    `fixed` are rows and microseconds that no rule can move, by their verdict's place in VERDICTS.
    """

    said: npt.NDArray[np.int64]
    applies: Mask
    at: Counts
    rows: Counts
    us: Counts
    fixed: Mapping[int, tuple[int, int]]

    @classmethod
    def of(cls, found: Sweep) -> Kinds:
        """Kinds in one order, whatever the order in which they were found."""
        sound = sorted(kind for kind in found.kinds if not kind[0])
        at = np.array([found.kinds[kind] for kind in sound], np.int64)
        amounts = np.array([found.amounts[place] for place in at], np.int64).reshape(-1, 2)
        rules = len(found.rules.rules) + len(found.rules.groups)
        return cls(
            np.array([said for _, said, _ in sound], np.int64).reshape(-1, rules),
            np.array([applies for _, _, applies in sound], np.bool_).reshape(-1, rules),
            at,
            amounts[:, 0],
            amounts[:, 1],
            {kind[0] - 1: found.amounts[at] for kind, at in found.kinds.items() if kind[0]},
        )

    def spoke(self, severity: str) -> Mask:
        """Where a rule says at least this much: `bad` rejects, all else keeps out of eval too."""
        return self.said == BAD if severity == "bad" else self.said > 0

    def alone(self, rule: int, severity: str) -> Mask:
        """Kinds of which no other rule says at least this much."""
        spoke = self.spoke(severity)
        single: Mask = (spoke.sum(axis=1) - spoke[:, rule]) == 0
        return single

    def verdicts(self) -> Counts:
        """The verdict of each kind, as an index into VERDICTS."""
        if not self.said.size:
            return np.zeros(len(self.said), np.int64)
        worst: Counts = self.said.max(axis=1)
        return worst

    def amount(self, chosen: Mask) -> tuple[int, int]:
        """Rows and microseconds of the chosen kinds."""
        return int(self.rows[chosen].sum()), int(self.us[chosen].sum())


def amounts(prefix: str, amount: tuple[int, int]) -> Json:
    """An amount as JSON: `rows` and `hours`."""
    return {f"{prefix}rows": amount[0], f"{prefix}hours": hours(amount[1])}


def by_verdict(kinds: Kinds) -> list[Json]:
    """Rows and hours of each verdict."""
    worst = kinds.verdicts()
    found: list[Json] = []
    for at, name in enumerate(VERDICTS):
        judged, fixed = kinds.amount(worst == at), kinds.fixed.get(at, (0, 0))
        both = judged[0] + fixed[0], judged[1] + fixed[1]
        found.append({"verdict": name, **amounts("", both)})
    return found


def by_rule(kinds: Kinds, ids: Sequence[str]) -> list[Json]:
    """What each rule rejects, what it keeps out of eval, and what it alone does."""
    found: list[Json] = []
    for at, name in enumerate(ids):
        entry: Json = {"rule": name}
        for severity, word in (("bad", "bad_"), ("borderline", "")):
            spoke = kinds.spoke(severity)[:, at]
            single = spoke & kinds.alone(at, severity)
            entry |= amounts(word, kinds.amount(spoke))
            entry |= amounts(f"{word}alone_", kinds.amount(single))
        entry |= amounts("unknown_", kinds.amount(kinds.said[:, at] == UNKNOWN))
        found.append(entry)
    return found


def overlap(kinds: Kinds, ids: Sequence[str]) -> Mapping[str, object]:
    """For each pair of rules what both reject (`bad`), and of what both say anything (`any`).

    The diagonal is what a rule catches by itself and with others.
    """
    return {
        "rules": list(ids),
        "bad": _matrix(kinds, kinds.spoke("bad")),
        "any": _matrix(kinds, kinds.spoke("borderline")),
    }


def _matrix(kinds: Kinds, spoke: Mask) -> Mapping[str, object]:
    both = spoke.astype(np.int64)
    rows, us = (both.T @ (both * amount[:, None]) for amount in (kinds.rows, kinds.us))
    return {"rows": rows.tolist(), "hours": [[hours(int(it)) for it in row] for row in us]}
