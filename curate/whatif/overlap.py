"""What the rules flag together and uniquely, from the kinds of rows in a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.artifacts.records import VerdictAmount
from curate.artifacts.verdicts import VERDICTS
from curate.artifacts.what_if import Matrix, Overlap, RuleEffect
from curate.profiles.named import hours
from curate.whatif.sweep import Sweep

BAD, UNKNOWN = VERDICTS.index("bad"), VERDICTS.index("unknown")

Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Kinds:
    """The kinds of a sweep as arrays: `codes` and `applies` have a row a kind, a column a rule.

    `fixed` are rows and microseconds that no rule can move, by their verdict's place in VERDICTS.
    """

    codes: npt.NDArray[np.int64]
    applies: Mask
    at: Counts
    rows: Counts
    us: Counts
    fixed: Mapping[int, tuple[int, int]]

    @classmethod
    def of(cls, swept: Sweep) -> Kinds:
        """Kinds in one order, whatever the order in which they occur."""
        sound = sorted(kind for kind in swept.kinds if not kind[0])
        at = np.array([swept.kinds[kind] for kind in sound], np.int64)
        amounts = np.array([swept.amounts[place] for place in at], np.int64).reshape(-1, 2)
        rules = len(swept.rules.rules) + len(swept.rules.groups)
        return cls(
            np.array([codes for _, codes, _ in sound], np.int64).reshape(-1, rules),
            np.array([applies for _, _, applies in sound], np.bool_).reshape(-1, rules),
            at,
            amounts[:, 0],
            amounts[:, 1],
            {kind[0] - 1: swept.amounts[at] for kind, at in swept.kinds.items() if kind[0]},
        )

    def triggered(self, severity: str) -> Mask:
        """Where a rule says at least this much: `bad` rejects, all else keeps out of eval too."""
        return self.codes == BAD if severity == "bad" else self.codes > 0

    def only_this_rule(self, rule: int, severity: str) -> Mask:
        """Kinds of which no other rule says at least this much."""
        triggered = self.triggered(severity)
        single: Mask = (triggered.sum(axis=1) - triggered[:, rule]) == 0
        return single

    def verdicts(self) -> Counts:
        """The verdict of each kind, as an index into VERDICTS."""
        if not self.codes.size:
            return np.zeros(len(self.codes), np.int64)
        worst: Counts = self.codes.max(axis=1)
        return worst

    def amount(self, chosen: Mask) -> tuple[int, int]:
        """Rows and microseconds of the chosen kinds."""
        return int(self.rows[chosen].sum()), int(self.us[chosen].sum())


def by_verdict(kinds: Kinds) -> tuple[VerdictAmount, ...]:
    """Rows and hours of each verdict."""
    worst = kinds.verdicts()
    counted: list[VerdictAmount] = []
    for at, name in enumerate(VERDICTS):
        (rows, us), fixed = kinds.amount(worst == at), kinds.fixed.get(at, (0, 0))
        hours_of = hours(us + fixed[1])
        counted.append(VerdictAmount(verdict=name, rows=rows + fixed[0], hours=hours_of))
    return tuple(counted)


def by_rule(kinds: Kinds, ids: Sequence[str]) -> tuple[RuleEffect, ...]:
    """What each rule rejects, what it keeps out of eval, and what is unique to it."""
    return tuple(_effect(kinds, at, name) for at, name in enumerate(ids))


def _effect(kinds: Kinds, at: int, name: str) -> RuleEffect:
    (bad, bad_unique), (kept_out, unique) = (
        (kinds.amount(triggered), kinds.amount(triggered & kinds.only_this_rule(at, severity)))
        for severity in ("bad", "borderline")
        for triggered in [kinds.triggered(severity)[:, at]]
    )
    unknown = kinds.amount(kinds.codes[:, at] == UNKNOWN)
    return RuleEffect(
        rule=name,
        bad_rows=bad[0],
        bad_hours=hours(bad[1]),
        bad_unique_rows=bad_unique[0],
        bad_unique_hours=hours(bad_unique[1]),
        rows=kept_out[0],
        hours=hours(kept_out[1]),
        unique_rows=unique[0],
        unique_hours=hours(unique[1]),
        unknown_rows=unknown[0],
        unknown_hours=hours(unknown[1]),
    )


def overlap(kinds: Kinds, ids: Sequence[str]) -> Overlap:
    """For each pair of rules what both reject (`bad`), and of what both say anything (`any`).

    The diagonal is all that a rule flags.
    """
    return Overlap(
        rules=tuple(ids),
        bad=_matrix(kinds, kinds.triggered("bad")),
        any=_matrix(kinds, kinds.triggered("borderline")),
    )


def _matrix(kinds: Kinds, triggered: Mask) -> Matrix:
    both = triggered.astype(np.int64)
    rows, us = (both.T @ (both * amount[:, None]) for amount in (kinds.rows, kinds.us))
    return Matrix(
        rows=tuple(map(tuple, rows.tolist())),
        hours=tuple(tuple(hours(int(each)) for each in row) for row in us),
    )
