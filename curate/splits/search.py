"""Choose whole groups for one split: a seeded greedy, swap repair, and a cut where need be.

The state is exact at every step: hours per cell, and what would be held out. A move that does not
pay is taken back. Linear in rows, single-threaded, integers only: the same choice everywhere.
The weights are in docs/adr/0010-splits.md.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Cells = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

FREE, TO_TRAIN, TORN = -1, -2, -3
"""What a group is when no split has it: to be had; train's, by an earlier lock; in pieces, since
an earlier lock has it in two splits."""

WHOLE, CUT = 0, 1

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
COVARIATE = 0.25
"""What a covariate's cell weighs against a stratum; a power of two, so that sums stay exact."""
MISSED, HELD = 4.0, 0.25
"""What a second short of the target, or held out, weighs against a second in the wrong cell."""
SWAPS, CUTS, SWEEPS = 200, 2048, 50
"""How many groups are tried in the place of one; how many for a cut; how often over all."""
STEPS_PER_ROW = 4
"""Rows that repair may look at, per row of the pool; SMALL_POOL rows' worth at the least."""
SMALL_POOL = 2_000_000


class Rows(NamedTuple):
    """What does not change. Rows that may be trained on, by group: `first[g] : first[g + 1]`.

    `cells` holds each row's stratum and covariate cells (-1: none); `text` numbers the texts that
    several groups share (-1: nobody else has it), `total` are their microseconds, `barred` those
    that no split may have. `due` and `weight` are per split and cell, and per cell.
    """

    first: Numbers
    clean: Bools
    us: Numbers
    cells: Cells
    text: Cells
    total: Numbers
    barred: Bools
    due: Numbers
    weight: npt.NDArray[np.float64]


class State(NamedTuple):
    """What the moves change: the split of each group, the rows inside, and the sums."""

    split: npt.NDArray[np.int16]
    inside: Bools
    claim: npt.NDArray[np.int16]
    uses: Cells
    engaged: Numbers
    got: Numbers
    sums: Numbers
    apart: npt.NDArray[np.float64]
    held: Numbers


def begin(rows: Rows, groups: int, splits: int) -> State:
    """Nothing chosen yet."""
    cells = rows.due.shape[1]
    return State(
        split=np.full(groups, FREE, np.int16),
        inside=np.zeros(rows.us.size, np.bool_),
        claim=np.full(rows.total.size, -1, np.int16),
        uses=np.zeros(rows.total.size, np.int32),
        engaged=np.zeros(rows.total.size, np.int64),
        got=np.zeros((splits, cells), np.int64),
        sums=np.zeros(splits, np.int64),
        apart=(rows.due * rows.weight).sum(axis=1).astype(np.float64),
        held=np.zeros(1, np.int64),
    )


@nb.njit(cache=True)
def _weigh(rows, state, row, split, us):  # type: ignore[no-untyped-def]
    """Add (or take away, where negative) a row's time; exact: weights are powers of two."""
    for at in range(rows.cells.shape[1]):
        cell = rows.cells[row, at]
        if cell >= 0:
            due = rows.due[split, cell]
            before = abs(state.got[split, cell] - due)
            state.got[split, cell] += us
            after = abs(state.got[split, cell] - due)
            state.apart[split] += rows.weight[cell] * (after - before)
    state.sums[split] += us


@nb.njit(cache=True)
def _may_enter(rows, state, row, split, patience):  # type: ignore[no-untyped-def]
    """Whether a clean row of a chosen group may stand in the split; else it is held out."""
    if not rows.clean[row]:
        return False
    text = rows.text[row]
    if text < 0:
        return True
    if rows.barred[text]:
        return False
    if state.claim[text] >= 0:
        return state.claim[text] == split
    return rows.total[text] - state.engaged[text] <= patience * rows.us[row]


@nb.njit(cache=True)
def enter_row(rows, state, row, split):  # type: ignore[no-untyped-def]
    """Let a row of a group that is engaged into a split."""
    us, text = rows.us[row], rows.text[row]
    state.inside[row] = True
    _weigh(rows, state, row, split, us)
    state.held[0] -= us
    if text >= 0:
        if state.uses[text] == 0:  # from now on the same text elsewhere is held out
            state.claim[text] = split
            state.held[0] += rows.total[text] - state.engaged[text]
        state.uses[text] += 1


@nb.njit(cache=True)
def _leave_row(rows, state, row, split):  # type: ignore[no-untyped-def]
    us, text = rows.us[row], rows.text[row]
    state.inside[row] = False
    _weigh(rows, state, row, split, -us)
    state.held[0] += us
    if text >= 0:
        state.uses[text] -= 1
        if state.uses[text] == 0:
            state.claim[text] = -1
            state.held[0] -= rows.total[text] - state.engaged[text]


@nb.njit(cache=True)
def engage(rows, state, group, split):  # type: ignore[no-untyped-def]
    """Give a group to a split, all its rows held out as yet."""
    state.split[group] = split
    for row in range(rows.first[group], rows.first[group + 1]):
        us, text = rows.us[row], rows.text[row]
        state.held[0] += us
        if text >= 0:
            state.engaged[text] += us
            if state.claim[text] >= 0:  # it was held out already, for its text
                state.held[0] -= us


@nb.njit(cache=True)
def _disengage(rows, state, group):  # type: ignore[no-untyped-def]
    split = state.split[group]
    for row in range(rows.first[group], rows.first[group + 1]):
        if state.inside[row]:
            _leave_row(rows, state, row, split)
    for row in range(rows.first[group], rows.first[group + 1]):
        us, text = rows.us[row], rows.text[row]
        state.held[0] -= us
        if text >= 0:
            state.engaged[text] -= us
            if state.claim[text] >= 0:
                state.held[0] += us
    state.split[group] = FREE


@nb.njit(cache=True)
def enter_known(rows, state, group, split, inside):  # type: ignore[no-untyped-def]
    """Give a group to a split with just these of its rows inside, whatever the rules say."""
    engage(rows, state, group, split)
    for at in range(inside.size):
        if inside[at]:
            enter_row(rows, state, rows.first[group] + at, split)


@nb.njit(cache=True)
def _enter(rows, state, group, split, patience, mode, limit):  # type: ignore[no-untyped-def]
    engage(rows, state, group, split)
    _enter_more(rows, state, group, split, patience, mode, limit)


@nb.njit(cache=True)
def _enter_more(rows, state, group, split, patience, mode, limit):  # type: ignore[no-untyped-def]
    """Let rows of a group in: all that may, or (CUT) what fills deficits first, up to `limit`."""
    for turn in range(1 + mode):
        for row in range(rows.first[group], rows.first[group + 1]):
            if state.inside[row]:
                continue
            if mode == CUT:
                stratum = rows.cells[row, 0]
                filled = state.got[split, stratum] >= rows.due[split, stratum]
                if state.sums[split] + rows.us[row] > limit or (turn == 0 and filled):
                    continue
            if _may_enter(rows, state, row, split, patience):
                enter_row(rows, state, row, split)


@nb.njit(cache=True)
def _cost(state, targets):  # type: ignore[no-untyped-def]
    missed = np.abs(state.sums - targets).sum()
    return state.apart.sum() + MISSED * missed + HELD * state.held[0]


@nb.njit(cache=True)
def _fill_locked(rows, state, split, limit):  # type: ignore[no-untyped-def]
    """New rows of groups that the split has already: they can go nowhere else."""
    for group in range(state.split.size):
        if state.split[group] == split and state.sums[split] < limit:
            _enter_more(rows, state, group, split, 1.0, CUT, limit)


@nb.njit(cache=True)
def _neediest(state, targets, asked):  # type: ignore[no-untyped-def]
    """The split that lacks most of its target and was not `asked` yet; -1: none lacks a thing."""
    best, most = -1, 0.0
    for split in range(targets.size):
        if targets[split] > 0 and not asked[split]:
            lacks = 1.0 - state.sums[split] / targets[split]
            if lacks > most:
                best, most = split, lacks
    return best


@nb.njit(cache=True)
def _fill(rows, state, offered, clean_us, passes, targets, limits, most_held):  # type: ignore[no-untyped-def]
    """Offer groups in order to the neediest split first, in passes that grow less choosy."""
    whole = 1.0 + COVARIATE * (rows.cells.shape[1] - 1)
    nobody = np.zeros(targets.size, np.bool_)
    for level in range(passes.shape[0]):
        useful, share, price, patience = passes[level]
        for group in offered:
            if state.split[group] != FREE or clean_us[group] == 0:
                continue
            if _neediest(state, targets, nobody) < 0:
                return
            # One utterance is never too large for its share: it may be all there is.
            lonely = rows.first[group + 1] - rows.first[group] == 1
            asked = nobody.copy()
            while state.split[group] == FREE:
                split = _neediest(state, targets, asked)
                if split < 0:
                    break
                asked[split] = True
                if clean_us[group] > share * targets[split] and not lonely:
                    continue
                sums, held, apart = state.sums[split], state.held[0], state.apart[split]
                _enter(rows, state, group, split, patience, WHOLE, 0)
                gained = state.sums[split] - sums
                paid = state.held[0] - held
                fits = 0.5 + 0.5 * (apart - state.apart[split]) / (whole * max(gained, 1))
                if (
                    gained == 0
                    or state.sums[split] > limits[split]
                    or fits < useful
                    or paid > price * gained
                    or (state.held[0] > most_held and paid > 0)
                ):
                    _disengage(rows, state, group)


@nb.njit(cache=True)
def _cut(rows, state, split, offered, clean_us, targets, most_held, slack, tolerance):  # type: ignore[no-untyped-def]
    """Where whole groups do not fit: part of the group that costs least, again and again.

    Within the tolerance a cut has to pay; beyond it, it only has to be allowed.
    """
    target = targets[split]
    while state.sums[split] < target - slack:
        missed = target - state.sums[split]
        best, best_patience = -1, 0.0
        best_cost = np.inf if missed > tolerance else _cost(state, targets)
        for patience in (1.0, 16.0, np.inf):
            tried = 0
            for group in offered:
                if state.split[group] != FREE or clean_us[group] == 0:
                    continue
                tried += 1
                if tried > CUTS:
                    break
                sums, held = state.sums[split], state.held[0]
                _enter(rows, state, group, split, patience, CUT, target + slack)
                gained, cost = state.sums[split] - sums, _cost(state, targets)
                allowed = state.held[0] <= max(most_held, held)
                _disengage(rows, state, group)
                if gained > 0 and allowed and cost < best_cost:
                    best, best_cost, best_patience = group, cost, patience
            if best >= 0:
                break
        if best < 0:
            return
        _enter(rows, state, best, split, best_patience, CUT, target + slack)


@nb.njit(cache=True)
def _better(state, targets, cost, held, most_held, missed):  # type: ignore[no-untyped-def]
    """Whether a move paid, is allowed, and leaves no split further from its target."""
    return (
        _cost(state, targets) < cost
        and state.held[0] <= max(most_held, held)
        and (np.abs(state.sums - targets) <= missed).all()
    )


@nb.njit(cache=True)
def _exchange(rows, state, group, other, targets, most_held, slacks):  # type: ignore[no-untyped-def]
    """Put `other` (another split's, or free) in the place of `group`, if that is better."""
    split, there = state.split[group], state.split[other]
    cost, held = _cost(state, targets), state.held[0]
    missed = np.maximum(slacks, np.abs(state.sums - targets))
    mine = state.inside[rows.first[group] : rows.first[group + 1]].copy()
    theirs = state.inside[rows.first[other] : rows.first[other + 1]].copy()
    _disengage(rows, state, group)
    if there >= 0:
        _disengage(rows, state, other)
    _enter(rows, state, other, split, 1.0, WHOLE, 0)
    if there >= 0:
        _enter(rows, state, group, there, 1.0, WHOLE, 0)
    if _better(state, targets, cost, held, most_held, missed):
        return True
    _disengage(rows, state, other)
    if there >= 0:
        _disengage(rows, state, group)
        enter_known(rows, state, other, there, theirs)
    enter_known(rows, state, group, split, mine)
    return False


@nb.njit(cache=True)
def _drop(rows, state, group, targets, most_held, slacks):  # type: ignore[no-untyped-def]
    """Let a group go, if that is better."""
    split, cost, held = state.split[group], _cost(state, targets), state.held[0]
    missed = np.maximum(slacks, np.abs(state.sums - targets))
    mine = state.inside[rows.first[group] : rows.first[group + 1]].copy()
    _disengage(rows, state, group)
    if _better(state, targets, cost, held, most_held, missed):
        return True
    enter_known(rows, state, group, split, mine)
    return False


@nb.njit(cache=True)
def _repair(rows, state, offered, clean_us, fixed, targets, limits, most_held, slacks):  # type: ignore[no-untyped-def]
    """Swap chosen groups for others, or drop them, while that brings the splits nearer."""
    at, improved, budget = 0, True, STEPS_PER_ROW * max(rows.us.size, SMALL_POOL)
    for _ in range(SWEEPS):
        if not improved or budget <= 0:
            return
        improved = False
        for group in offered:
            split = state.split[group]
            if split < 0 or fixed[group] or budget <= 0:
                continue
            size = rows.first[group + 1] - rows.first[group]
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
                budget -= 4 * (size + rows.first[other + 1] - rows.first[other])
                if _exchange(rows, state, group, other, targets, most_held, slacks):
                    done = True
                    break
            improved = improved or done


def draw(
    rows: Rows,
    state: State,
    offered: Numbers,
    clean_us: Numbers,
    fixed: Bools,
    targets_us: Numbers,
    most_held: int,
) -> None:
    """Choose groups until each split's target is met to 1 % or one utterance.

    `fixed` groups stay where they are. Where the targets cannot be met without holding out more
    than `most_held` microseconds, they are not.
    """
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
