"""What gates of a split may fail on, in words by the name of the figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curate.profiles.statistics.rejection import gates_of
from curate.profiles.summary import Json
from curate.splits.assign import Assignment
from curate.splits.coverage import unchecked
from curate.splits.strategy import Strategy

OVER = {"over_rejected": "rejected", "over_borderline": "kept_from_eval"}
"""Figures of gates by the entries of profile.json that they count in."""


def gates_by_figure(
    found: Json, facts: Mapping[str, Any], strategy: Strategy, done: Assignment
) -> dict[str, list[str]]:
    """Leaks, what the strategy missed, keys that are not known of all rows, and strata that the
    rules take too much of; `found` is the certificate so far, `facts` is profile.json.
    """
    shares = {name: facts[key] for name, key in OVER.items() if key in facts}
    return {
        "leaks": leaking(found["leaks"]),  # type: ignore[arg-type]
        **strategy.gates(done, found),
        "unchecked": unchecked(found["coverage"]),  # type: ignore[arg-type]
        **{name: gates_of(share) for name, share in shares.items()},
    }


def leaking(leaks: Sequence[Json]) -> list[str]:
    """Every leak that was found, in words."""
    return [
        f"{leak['count']} {leak['kind']} leak(s) between {' and '.join(leak['between'])}"  # type: ignore[arg-type]
        for leak in leaks
        if leak["count"]
    ]
