"""Choose whole groups for the splits: a seeded greedy, swap repair, and a cut where need be.

Linear in rows. The weights are in docs/adr/0010-splits.md.
"""

from __future__ import annotations

import numpy as np

from curate.arrays import Bools, Floats, Int64s
from curate.arrays.compiled import kernel
from curate.splits.ks_distance import FAR, NEAR, farthest, with_value_bins
from curate.splits.moves import (
    COVARIATE,
    CUT,
    FREE,
    WHOLE,
    Rows,
    State,
    disengage,
    enter,
    enter_known,
    enter_more,
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
MISSED, HELD = 4.0, 0.25
"""What a second short of the target, or held out, weighs against a second in the wrong cell."""
SWAPS, CUTS, SWEEPS = 200, 2048, 50
"""How many groups are tried in the place of one; how many for a cut; how often over all."""
STEPS_PER_ROW = 4
"""Rows that repair may look at, per row of the pool; as for SMALL_POOL rows at the least."""
SMALL_POOL = 2_000_000
EXCHANGE = 24
"""What an exchange costs beside its rows, in rows."""


@kernel
def _cost(rows: Rows, state: State, targets: Int64s) -> float:
    missed = np.abs(state.sums - targets).sum()
    cost = state.apart.sum() + MISSED * missed + HELD * state.held[0]
    return float(cost + FAR * farthest(rows, state, targets) if rows.bin_bounds.size > 1 else cost)


@kernel
def _fill_locked(rows: Rows, state: State, split: int, limit: int) -> None:
    """New rows of groups that the split has already: they can go nowhere else."""
    for group in range(state.split.size):
        if state.split[group] == split and state.sums[split] < limit:
            enter_more(rows, state, group, split, 1.0, CUT, limit)


@kernel
def _neediest(state: State, targets: Int64s, tried: Bools) -> int:
    """The split that lacks most of its target and was not `tried` yet; -1: none lacks a thing."""
    best, most = -1, 0.0
    for split in range(targets.size):
        if targets[split] > 0 and not tried[split]:
            lacks = 1.0 - state.sums[split] / targets[split]
            if lacks > most:
                best, most = split, lacks
    return best


@kernel
def _fill(
    rows: Rows,
    state: State,
    offered: Int64s,
    clean_us: Int64s,
    passes: Floats,
    targets: Int64s,
    limits: Int64s,
    most_held: int,
) -> None:
    """Offer groups in order to the neediest split first, in passes that grow less choosy."""
    whole = 1.0 + COVARIATE * (rows.cells.shape[1] - 1)
    nobody = np.zeros(targets.size, np.bool_)
    for level in range(passes.shape[0]):
        useful, share, max_cost, max_displaced_ratio = passes[level]
        for group in offered:
            if state.split[group] != FREE or clean_us[group] == 0:
                continue
            if _neediest(state, targets, nobody) < 0:
                return
            # One utterance is never too large for its share: it may be all there is.
            is_singleton = rows.first[group + 1] - rows.first[group] == 1
            tried = nobody.copy()
            while state.split[group] == FREE:
                split = _neediest(state, targets, tried)
                if split < 0:
                    break
                tried[split] = True
                if clean_us[group] > share * targets[split] and not is_singleton:
                    continue
                sums, held, apart = state.sums[split], state.held[0], state.apart[split]
                enter(rows, state, group, split, max_displaced_ratio, WHOLE, 0)
                gained = state.sums[split] - sums
                paid = state.held[0] - held
                fits = 0.5 + 0.5 * (apart - state.apart[split]) / (whole * max(gained, 1))
                if (
                    gained == 0
                    or state.sums[split] > limits[split]
                    or fits < useful
                    or paid > max_cost * gained
                    or (state.held[0] > most_held and paid > 0)
                ):
                    disengage(rows, state, group)


@kernel
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
    target = targets[split]
    while state.sums[split] < target - slack:
        missed = target - state.sums[split]
        best, best_ratio = -1, 0.0
        best_cost = np.inf if missed > tolerance else _cost(rows, state, targets)
        for max_displaced_ratio in (1.0, 16.0, np.inf):
            tried = 0
            for group in offered:
                if state.split[group] != FREE or clean_us[group] == 0:
                    continue
                tried += 1
                if tried > CUTS:
                    break
                sums, held = state.sums[split], state.held[0]
                enter(rows, state, group, split, max_displaced_ratio, CUT, target + slack)
                gained, cost = state.sums[split] - sums, _cost(rows, state, targets)
                allowed = state.held[0] <= max(most_held, held)
                disengage(rows, state, group)
                if gained > 0 and allowed and cost < best_cost:
                    best, best_cost, best_ratio = group, cost, max_displaced_ratio
            if best >= 0:
                break
        if best < 0:
            return
        enter(rows, state, best, split, best_ratio, CUT, target + slack)


@kernel
def _better(
    rows: Rows,
    state: State,
    targets: Int64s,
    cost: float,
    held: int,
    most_held: int,
    missed: Int64s,
) -> bool:
    """Whether a move paid, is allowed, and leaves no split further from its target."""
    return (
        _cost(rows, state, targets) < cost
        and state.held[0] <= max(most_held, held)
        and (np.abs(state.sums - targets) <= missed).all()
    )


@kernel
def _exchange(
    rows: Rows,
    state: State,
    group: int,
    other: int,
    targets: Int64s,
    most_held: int,
    slacks: Int64s,
) -> bool:
    """Put `other` (another split's, or free) in the place of `group`, if that is better."""
    split, there = state.split[group], state.split[other]
    cost, held = _cost(rows, state, targets), state.held[0]
    missed = np.maximum(slacks, np.abs(state.sums - targets))
    mine = state.inside[rows.first[group] : rows.first[group + 1]].copy()
    other_inside = state.inside[rows.first[other] : rows.first[other + 1]].copy()
    disengage(rows, state, group)
    if there >= 0:
        disengage(rows, state, other)
    enter(rows, state, other, split, 1.0, WHOLE, 0)
    if there >= 0:
        enter(rows, state, group, there, 1.0, WHOLE, 0)
    if _better(rows, state, targets, cost, held, most_held, missed):
        return True
    disengage(rows, state, other)
    if there >= 0:
        disengage(rows, state, group)
        enter_known(rows, state, other, there, other_inside)
    enter_known(rows, state, group, split, mine)
    return False


@kernel
def _drop(
    rows: Rows, state: State, group: int, targets: Int64s, most_held: int, slacks: Int64s
) -> bool:
    """Let a group go, if that is better."""
    split, cost, held = state.split[group], _cost(rows, state, targets), state.held[0]
    missed = np.maximum(slacks, np.abs(state.sums - targets))
    mine = state.inside[rows.first[group] : rows.first[group + 1]].copy()
    disengage(rows, state, group)
    if _better(rows, state, targets, cost, held, most_held, missed):
        return True
    enter_known(rows, state, group, split, mine)
    return False


@kernel
def _add(
    rows: Rows,
    state: State,
    group: int,
    clean_us: Int64s,
    targets: Int64s,
    limits: Int64s,
    most_held: int,
    slacks: Int64s,
) -> bool:
    """Take a free group into the first split that is better for it."""
    cost, held = _cost(rows, state, targets), state.held[0]
    missed = np.maximum(slacks, np.abs(state.sums - targets))
    for split in range(targets.size):
        if clean_us[group] == 0 or state.sums[split] + clean_us[group] > limits[split]:
            continue
        enter(rows, state, group, split, 1.0, WHOLE, 0)
        if _better(rows, state, targets, cost, held, most_held, missed):
            return True
        disengage(rows, state, group)
    return False


@kernel
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
    at, improved, budget = 0, True, STEPS_PER_ROW * max(rows.us.size, SMALL_POOL)
    weighing = EXCHANGE + targets.size * (rows.bin_bounds[-1] - rows.bin_bounds[0]) // 8
    for _ in range(SWEEPS):
        if not improved or budget <= 0:
            return
        improved = False
        for group in offered:
            split = state.split[group]
            size = rows.first[group + 1] - rows.first[group]
            if split == FREE and rows.bin_bounds.size > 1 and budget > 0:
                budget -= weighing + 2 * size
                if _add(rows, state, group, clean_us, targets, limits, most_held, slacks):
                    split, improved = state.split[group], True
            if split < 0 or fixed[group] or budget <= 0:
                continue
            budget -= 2 * size
            done = _drop(rows, state, group, targets, most_held, slacks)
            for _ in range(0 if done else SWAPS):
                other = offered[at]
                at = at + 1 if at + 1 < offered.size else 0
                budget -= 1
                # It has to be of use, and no larger than there is room for.
                room = limits[split] - state.sums[split] + clean_us[group]
                fit = clean_us[other] <= room and 4 * clean_us[other] >= clean_us[group]
                there = state.split[other]
                if not fit or fixed[other] or there == split or there < FREE:
                    continue
                budget -= weighing + 4 * (size + rows.first[other + 1] - rows.first[other])
                if _exchange(rows, state, group, other, targets, most_held, slacks):
                    done = True
                    break
            improved = improved or done


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


def draw(
    pool: Pool,
    state: State,
    fixed: Bools,
    targets_us: Int64s,
    most_held: int,
    rates: Floats,
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
    _fill(*common, PASSES, targets_us, limits, most_held)
    _repair(*common, fixed, targets_us, limits, most_held, slacks)
    for split, target_us in enumerate(targets_us):
        tolerance = max(target_us // 100, longest)
        _cut(rows, state, split, offered, clean_us, targets_us, most_held, slacks[split], tolerance)
    _repair(*common, fixed, targets_us, limits, most_held, slacks)
    _refine(pool, state, fixed, targets_us, limits, most_held, rates)
