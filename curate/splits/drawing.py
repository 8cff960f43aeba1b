"""A draw for targets: the sizes aimed at, what they are due of each stratum, and the choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from curate.arrays import Floats
from curate.environment.execution import Progress, no_progress
from curate.rules.routes import TRAIN, UNUSED
from curate.splits.choice import choose
from curate.splits.lock import HELD_OUT, LOCKED
from curate.splits.moves import State
from curate.splits.pool import Pool, aim
from curate.splits.targets import AllocationOptions, Target, Targets, allocate, drawing_order

_NOT_DRAWN = (HELD_OUT, *UNUSED)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Sizes aimed at, the seconds that each is due of each stratum, and the groups chosen from the
    pool.
    """

    targets: Sequence[Target]
    due_s: Mapping[str, Floats]
    pool: Pool
    state: State

    @property
    def is_met(self) -> bool:
        """Whether every target is met: within 1 %, or the longest clean record where that is more,
        and by one record at least.
        """
        rows, sums = self.pool.rows, self.state.sums
        longest_us = int(rows.us[rows.clean].max(initial=0))
        return all(
            not each.target_s
            or (sums[at] and sums[at] >= each.target_s * 1e6 - max(longest_us, each.target_s * 1e4))
            for at, each in enumerate(self.targets)
        )


def draw_targets(
    pool: Pool, rows: pl.DataFrame, targets: Targets, on_draw: Progress = no_progress
) -> Drawn:
    """Draw from a pool of `rows`. `on_draw`: see `choose`."""
    available_s = pool.available_us / 1e6
    aims = _with_locked(targets.within(float(available_s.sum())), rows)
    due_s = _due(available_s, aims, targets.allocation)
    aimed = aim(pool, due_s)
    return Drawn(aims, due_s, aimed, choose(aimed, rows, aims, targets.allocation, on_draw))


def _with_locked(aims: list[Target], rows: pl.DataFrame) -> list[Target]:
    """Splits of the lock that are not requested stay as they are, and get no new rows."""
    requested = {each.name for each in aims}
    locked = set(rows[LOCKED.name].drop_nulls().unique()) - {TRAIN, *_NOT_DRAWN} - requested
    return sorted(
        [*aims, *(Target(name, 0.0, 0.0) for name in locked)],
        key=lambda each: drawing_order(each.name),
    )


def _due(
    available: Floats, aims: Sequence[Target], allocation: AllocationOptions
) -> dict[str, Floats]:
    """What each split is due of each stratum; the cap is shared out by their sizes."""
    whole = max(sum(each.target_s for each in aims), 1e-9)
    return {
        each.name: allocate(
            available,
            each.target_s,
            AllocationOptions(
                allocation.alpha, allocation.floor_s, allocation.cap * each.target_s / whole
            ),
        )
        for each in aims
    }
