"""What a split holds while it is being chosen, exact at every step, and the moves that change it.

A move that does not pay is taken back. Integers only, single-threaded: the same choice everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from curate.arrays import Bools, Floats, Int16s, Int32s, Int64s
from curate.arrays.compiled import kernel

FREE, TO_TRAIN, TORN = -1, -2, -3
"""What a group is when no split has it: to be had; train's, by an earlier lock; in pieces, since
an earlier lock has it in two splits."""

WHOLE, CUT = 0, 1

COVARIATE = 0.25
"""What a covariate's cell weighs against a stratum; a power of two, so that sums stay exact."""


class Rows(NamedTuple):
    """What does not change. Rows that may be trained on, by group: `first[g] : first[g + 1]`.

    `cells` holds each row's stratum and covariate cells (-1: none); `text` numbers the texts that
    several groups share (-1: nobody else has it), `total` are their microseconds, `barred` those
    that no split may have. `due` and `weight` are per split and cell, and per cell. The cells
    between two of `bin_bounds` are the bins of one covariate in order, weighed by their sums
    instead.
    """

    first: Int64s
    clean: Bools
    us: Int64s
    cells: Int32s
    text: Int32s
    total: Int64s
    barred: Bools
    due: Int64s
    weight: Floats
    bin_bounds: Int64s


class State(NamedTuple):
    """What the moves change: the split of each group, the rows inside, and the sums."""

    split: Int16s
    inside: Bools
    claim: Int16s
    uses: Int32s
    engaged: Int64s
    achieved: Int64s
    sums: Int64s
    apart: Floats
    held: Int64s


def begin(rows: Rows, groups: int, splits: int) -> State:
    """Nothing chosen yet."""
    cells = rows.due.shape[1]
    return State(
        split=np.full(groups, FREE, np.int16),
        inside=np.zeros(rows.us.size, np.bool_),
        claim=np.full(rows.total.size, -1, np.int16),
        uses=np.zeros(rows.total.size, np.int32),
        engaged=np.zeros(rows.total.size, np.int64),
        achieved=np.zeros((splits, cells), np.int64),
        sums=np.zeros(splits, np.int64),
        apart=(rows.due * rows.weight).sum(axis=1).astype(np.float64),
        held=np.zeros(1, np.int64),
    )


@kernel
def _weigh(rows: Rows, state: State, row: int, split: int, us: int) -> None:
    """Add (or take away, where negative) a row's time; exact: weights are powers of two."""
    for at in range(rows.cells.shape[1]):
        cell = rows.cells[row, at]
        if cell >= 0:
            due = rows.due[split, cell]
            before = abs(state.achieved[split, cell] - due)
            state.achieved[split, cell] += us
            after = abs(state.achieved[split, cell] - due)
            state.apart[split] += rows.weight[cell] * (after - before)
    state.sums[split] += us


@kernel
def _may_enter(rows: Rows, state: State, row: int, split: int, max_displaced_ratio: float) -> bool:
    """Whether a clean row of a chosen group may be in the split; else it is held out."""
    if not rows.clean[row]:
        return False
    text = rows.text[row]
    if text < 0:
        return True
    if rows.barred[text]:
        return False
    if state.claim[text] >= 0:
        return bool(state.claim[text] == split)
    return bool(rows.total[text] - state.engaged[text] <= max_displaced_ratio * rows.us[row])


@kernel
def enter_row(rows: Rows, state: State, row: int, split: int) -> None:
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


@kernel
def _leave_row(rows: Rows, state: State, row: int, split: int) -> None:
    us, text = rows.us[row], rows.text[row]
    state.inside[row] = False
    _weigh(rows, state, row, split, -us)
    state.held[0] += us
    if text >= 0:
        state.uses[text] -= 1
        if state.uses[text] == 0:
            state.claim[text] = -1
            state.held[0] -= rows.total[text] - state.engaged[text]


@kernel
def engage(rows: Rows, state: State, group: int, split: int) -> None:
    """Give a group to a split, all its rows held out as yet."""
    state.split[group] = split
    for row in range(rows.first[group], rows.first[group + 1]):
        us, text = rows.us[row], rows.text[row]
        state.held[0] += us
        if text >= 0:
            state.engaged[text] += us
            if state.claim[text] >= 0:  # it was held out already, for its text
                state.held[0] -= us


@kernel
def disengage(rows: Rows, state: State, group: int) -> None:
    """Take a group out of its split, so that it is free again."""
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


@kernel
def enter_known(rows: Rows, state: State, group: int, split: int, inside: Bools) -> None:
    """Give a group to a split with just these of its rows inside, whatever the rules say."""
    engage(rows, state, group, split)
    for at in range(inside.size):
        if inside[at]:
            enter_row(rows, state, rows.first[group] + at, split)


@kernel
def enter(
    rows: Rows,
    state: State,
    group: int,
    split: int,
    max_displaced_ratio: float,
    mode: int,
    limit: int,
) -> None:
    """Give a free group to a split, with those of its rows that may be in it."""
    engage(rows, state, group, split)
    enter_more(rows, state, group, split, max_displaced_ratio, mode, limit)


@kernel
def enter_more(
    rows: Rows,
    state: State,
    group: int,
    split: int,
    max_displaced_ratio: float,
    mode: int,
    limit: int,
) -> None:
    """Let rows of a group in: all that may, or (CUT) what fills deficits first, up to `limit`."""
    for turn in range(1 + mode):
        for row in range(rows.first[group], rows.first[group + 1]):
            if state.inside[row]:
                continue
            if mode == CUT:
                stratum = rows.cells[row, 0]
                filled = state.achieved[split, stratum] >= rows.due[split, stratum]
                if state.sums[split] + rows.us[row] > limit or (turn == 0 and filled):
                    continue
            if _may_enter(rows, state, row, split, max_displaced_ratio):
                enter_row(rows, state, row, split)
