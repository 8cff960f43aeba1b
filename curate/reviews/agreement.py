"""How far reviewers agree: verdicts that several gave to the same records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from curate.rules.overrides import Decision, Facet
from curate.rules.overrides.decision import Key
from curate.rules.overrides.log import kept_and_undone


class Agreement(NamedTuple):
    """Two reviewers: records that both gave a verdict, how many the same, and Cohen's kappa.

    `kappa` is null where both gave one and the same verdict throughout: chance would agree as much.
    """

    reviewers: tuple[str, str]
    records: int
    agreed: int
    kappa: float | None


def agreements(decisions: Iterable[Decision]) -> list[Agreement]:
    """Each pair of reviewers who decided about the same records, by name."""
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for given in _verdicts(decisions).values():
        for one, two in combinations(sorted(given), 2):
            both = given[one].decision, given[two].decision
            pairs.setdefault((one, two), []).append(both)
    return [
        Agreement(names, len(both), sum(a == b for a, b in both), kappa(both))
        for names, both in sorted(pairs.items())
    ]


def disputed(decisions: Iterable[Decision]) -> list[Decision]:
    """A decision about each record to which reviewers gave different verdicts."""
    return [
        next(iter(given.values()))
        for given in _verdicts(decisions).values()
        if len({each.decision for each in given.values()}) > 1
    ]


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two reviewers' verdicts: agreement beyond chance, at most 1.

    >>> kappa([("keep", "keep"), ("reject", "reject"), ("keep", "reject"), ("reject", "reject")])
    0.5
    """
    total = len(pairs)
    one, two = (Counter(side) for side in zip(*pairs, strict=True))
    by_chance = sum(count * two[verdict] for verdict, count in one.items()) / total**2
    observed = sum(a == b for a, b in pairs) / total
    return None if by_chance == 1 else round((observed - by_chance) / (1 - by_chance), 4)


def _verdicts(decisions: Iterable[Decision]) -> Mapping[Key, Mapping[str, Decision]]:
    """By record the last verdict of each reviewer that no undo has taken back."""
    stacks, _ = kept_and_undone(decisions)
    return {
        key: {each.by: each for each in stack if Facet.VERDICT in each.facets}
        for key, stack in stacks.items()
    }
