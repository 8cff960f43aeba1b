"""Tiers of transcripts: those that are read, and the names of those that are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class TierNames:
    """The tiers of a transcript by their names, with how many labels each has."""

    read: Mapping[str, int]
    others: Mapping[str, int]

    @classmethod
    def of(cls, labels: Iterable[tuple[str, bool]]) -> Self:
        """Of the tier of each label, and whether it is read."""
        read, others = Counter[str](), Counter[str]()
        for name, is_read in labels:
            (read if is_read else others)[name] += 1
        return cls(read, others)


def no_tier(named: str, tiers: TierNames) -> str:
    """Why nothing of a transcript is read where a tier is named."""
    names = ", ".join((*tiers.read, *tiers.others)) or "none"
    return f"it has no tier {named!r} with times; its tiers with labels: {names}"
