"""Choose whole groups for the splits: a seeded greedy, swap repair, and a cut where need be.

Linear in rows. The weights are in docs/adr/0010-splits.md.
"""

from __future__ import annotations

import numpy as np

from curate.arrays import Bools, Floats, FloatTable, Int64s
from curate.native import kernel
from curate.splits.ks_distance import NEAR, farthest, with_value_bins
from curate.splits.moves import (
    Rows,
    State,
)
from curate.splits.pool import Pool

# (share of a group that must fill a deficit, share of the target one group may take, seconds held
# out per second gained, seconds of others per second of a row with the same text): from choosy to
# desperate.
PASSES = np.array(
    [
        (0.90, 0.05, 0.05, 1.0),
        (0.75, 0.10, 0.25, 1.0),
        (0.50, 0.25, 1.0, 4.0),
        (0.20, 0.50, 4.0, 16.0),
        (0.00, 1.01, np.inf, np.inf),
    ]
)
SWAPS, CUTS, SWEEPS = 200, 2048, 50
"""How many groups are tried in the place of one; how many for a cut; how often over all."""


@kernel("search")
def _fill_locked(rows: Rows, state: State, split: int, limit: int) -> None:
    """New rows of groups that the split has already: they can go nowhere else."""
    raise NotImplementedError


@kernel("search")
def _fill(
    rows: Rows,
    state: State,
    offered: Int64s,
    clean_us: Int64s,
    passes: FloatTable,
    targets: Int64s,
    limits: Int64s,
    most_held: int,
) -> None:
    """Offer groups in order to the neediest split first, in passes that grow less choosy."""
    raise NotImplementedError


@kernel("search")
def _cut(
    rows: Rows,
    state: State,
    split: int,
    offered: Int64s,
    clean_us: Int64s,
    targets: Int64s,
    most_held: int,
    slack: int,
    tolerance: int,
) -> None:
    """Where whole groups do not fit: part of the group that costs least, again and again.

    Within the tolerance a cut has to pay; beyond it, it only has to be allowed.
    """
    raise NotImplementedError


@kernel("search")
def _repair(
    rows: Rows,
    state: State,
    offered: Int64s,
    clean_us: Int64s,
    fixed: Bools,
    targets: Int64s,
    limits: Int64s,
    most_held: int,
    slacks: Int64s,
) -> None:
    """Swap chosen groups for others, drop them, and (by covariates) add more, while that is
    better.
    """
    raise NotImplementedError


def _refine(
    pool: Pool,
    state: State,
    fixed: Bools,
    targets_us: Int64s,
    limits: Int64s,
    most_held: int,
    rates: Floats,
) -> None:
    """Repair once more, by KS distances too, where a split is not near its target by them."""
    binned, seen = with_value_bins(pool.rows, state, pool.strata, rates)
    if farthest(binned, seen, targets_us) > NEAR * NEAR * targets_us.sum():
        groups = (pool.offered, pool.clean_us, fixed)
        _repair(binned, seen, *groups, targets_us, limits, most_held, targets_us // 200)
        state.achieved[:] = seen.achieved[:, : state.achieved.shape[1]]


def fill_up(pool: Pool, state: State, targets_us: Int64s, most_held: int) -> None:
    """Cut groups where a split lacks more than half of 1 % of its target."""
    rows = pool.rows
    longest = int(rows.us[rows.clean].max(initial=0))
    groups = (pool.offered, pool.clean_us)
    for split, target_us in enumerate(targets_us):
        bounds = (most_held, target_us // 200, max(target_us // 100, longest))
        _cut(rows, state, split, *groups, targets_us, *bounds)


def draw(
    pool: Pool,
    state: State,
    fixed: Bools,
    targets_us: Int64s,
    most_held: int,
    rates: Floats,
    passes: FloatTable = PASSES,
) -> None:
    """Choose groups until each split's target is met to 1 % or one utterance.

    `fixed` groups stay where they are; `rates` are the rows' char_rate. Where the targets cannot be
    met without holding out more than `most_held` microseconds, they are not.
    """
    rows, offered, clean_us = pool.rows, pool.offered, pool.clean_us
    longest = int(rows.us[rows.clean].max(initial=0))
    slacks = targets_us // 200
    limits = targets_us + np.maximum(targets_us // 100, np.minimum(longest, targets_us // 20))
    common = (rows, state, offered, clean_us)
    for split, target_us in enumerate(targets_us):
        _fill_locked(rows, state, split, target_us)
    _fill(*common, passes, targets_us, limits, most_held)
    _repair(*common, fixed, targets_us, limits, most_held, slacks)
    fill_up(pool, state, targets_us, most_held)
    _repair(*common, fixed, targets_us, limits, most_held, slacks)
    _refine(pool, state, fixed, targets_us, limits, most_held, rates)
