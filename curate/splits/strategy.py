"""How records get their splits: a STRATEGY assigns them, and says in split.json what it did.

There are two: `searched` draws splits of the requested sizes, `given` keeps those that a
corpus comes with. Everything else (keys, leaks, writing, the lock) is the same for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import polars as pl

from curate.artifacts.split import Widest
from curate.splits.achieved import Achieved
from curate.splits.assign import Assignment
from curate.splits.feasibility import Tags
from curate.splits.near_duplicates import Near


class Strategy(Protocol):
    """Assigns records to splits."""

    @property
    def by_source(self) -> bool:
        """Whether a few manifests are strata of their own unless strata are named."""
        ...

    def refuse(self, records: pl.DataFrame, tags: Tags) -> None:
        """InputError with every reason why these records cannot be split so."""
        ...

    def assign(
        self, records: pl.DataFrame, seed: int, by: Sequence[str], group: Sequence[str]
    ) -> Assignment:
        """Give every record its split: train, those named, held_out, rejected, skipped, malformed.

        `by` are the columns of strata, `group` those whose values should be in one split.
        """
        ...

    def separate(
        self, done: Assignment, rows: pl.DataFrame, near: Near
    ) -> tuple[pl.DataFrame, Near]:
        """The rows after what is done about near-duplicate texts, and those that are left."""
        ...

    def of_eval(self, rows: pl.DataFrame) -> pl.Expr:
        """Which held-out rows belong to eval, so that a copy of the borderline can measure."""
        ...

    def achieved(self, done: Assignment) -> Achieved:
        """What split.json states of the assignment."""
        ...

    def gates(
        self, done: Assignment, achieved: Achieved, widest: Sequence[Widest]
    ) -> Mapping[str, Sequence[str]]:
        """What gates may fail on beside leaks and checks that could not be made, in words by the
        name of the figure. `widest` are the values of group keys that most rows have.
        """
        ...
