"""What a split holds while it is being chosen, exact at every step, and the moves that change it.

A move that does not pay is taken back. Integers only, single-threaded: the same choice everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from curate.arrays import Bools, Floats, Int16s, Int32s, Int32Table, Int64s, Int64Table
from curate.native import kernel

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
    cells: Int32Table
    text: Int32s
    total: Int64s
    barred: Bools
    due: Int64Table
    weight: Floats
    bin_bounds: Int64s


class State(NamedTuple):
    """What the moves change: the split of each group, the rows inside, and the sums.

    `missed` and `aside` are room for what a move that does not pay is taken back by: how far each
    split is from its target, and which rows of two groups were inside.
    """

    split: Int16s
    inside: Bools
    claim: Int16s
    uses: Int32s
    engaged: Int64s
    achieved: Int64Table
    sums: Int64s
    apart: Floats
    held: Int64s
    missed: Int64s
    aside: Bools


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
        missed=np.zeros(splits, np.int64),
        aside=np.zeros(2 * int(np.diff(rows.first).max(initial=0)), np.bool_),
    )


@kernel("moves")
def enter_row(rows: Rows, state: State, row: int, split: int) -> None:
    """Let a row of a group that is engaged into a split."""
    raise NotImplementedError


@kernel("moves")
def engage(rows: Rows, state: State, group: int, split: int) -> None:
    """Give a group to a split, all its rows held out as yet."""
    raise NotImplementedError


@kernel("moves")
def enter_known(rows: Rows, state: State, group: int, split: int, inside: Bools) -> None:
    """Give a group to a split with just these of its rows inside, whatever the rules say."""
    raise NotImplementedError


@kernel("moves")
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
    raise NotImplementedError


@kernel("moves")
def leave(rows: Rows, state: State, leaving: Bools) -> None:
    """Hold out rows of groups that splits have."""
    raise NotImplementedError
