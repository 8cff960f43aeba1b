"""More speakers at the same hours, where a group is one record: shorter records of the same cells.

At equal hours, and at equal hours of each cell, the effective number of groups (Kish) grows as the
records get shorter. Only groups of one record whose text nobody else has are exchanged: such an
exchange holds nothing out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curate.arrays import Bools, Floats, Int64s
from curate.splits.moves import FREE, State
from curate.splits.pool import Pool

MOST_EXCHANGED = 0.1
"""The share of a cell's records that is exchanged. On Armenian Common Voice, where every record is
a group, a tenth gives 1.5 % more of them, with a duration KS of 0.066 where it was 0.070.
"""
ABOVE = 0.00125
"""What is added to the hours due, as a share: a split gives records back to train that have a
near-duplicate there, later. Armenian Common Voice loses 0.1 to 0.3 % of a split by that.
"""


@dataclass(frozen=True, slots=True)
class _Singles:
    """Groups of one record that may be exchanged, ordered by cells and then duration.

    `bounds` are where the records of each combination of stratum and covariate cells begin.
    """

    group: Int64s
    row: Int64s
    us: Int64s
    stratum: Int64s
    bounds: Int64s


def exchange(pool: Pool, state: State, fixed: Bools, targets_us: Int64s) -> None:
    """Exchange records of every split that has a target, and bring its strata nearer to what is
    due. Nothing changes where no group is a single record.
    """
    for split in np.flatnonzero(targets_us > 0):
        singles = _singles(pool, fixed, state)
        if not singles.row.size:
            return
        before = state.split[singles.group] == split
        after = _chosen(pool, state, singles, before, int(split))
        _move(pool, state, singles, before & ~after, int(split), inside=False)
        _move(pool, state, singles, after & ~before, int(split), inside=True)


def _singles(pool: Pool, fixed: Bools, state: State) -> _Singles:
    rows = pool.rows
    group = np.flatnonzero((np.diff(rows.first) == 1) & ~fixed)
    row = rows.first[group]
    is_free = state.split[group] == FREE
    may_move = rows.clean[row] & (rows.text[row] < 0) & (is_free | state.inside[row])
    group, row = group[may_move], row[may_move]
    cells = rows.cells[row]
    order = np.lexsort((row, rows.us[row], *cells.T[::-1]))
    changes = (np.diff(cells[order], axis=0) != 0).any(axis=1)
    bounds = np.concatenate([[0], np.flatnonzero(changes) + 1, [row.size]]).astype(np.int64)
    row = row[order]
    return _Singles(
        group[order], row, rows.us[row], rows.cells[row, 0].astype(np.int64), np.unique(bounds)
    )


def _chosen(pool: Pool, state: State, singles: _Singles, before: Bools, split: int) -> Bools:
    """Which records the split has afterwards; other splits' are left unchanged."""
    free = state.split[singles.group] == FREE
    due_us = _due_of_cells(pool, state, singles, before, split)
    chosen, carried, turns = before.copy(), 0.0, 0.0
    for number, (begin, end) in enumerate(zip(singles.bounds, singles.bounds[1:], strict=False)):
        us = singles.us[begin:end]
        mine = chosen[begin:end]
        turns += MOST_EXCHANGED * np.count_nonzero(mine)  # of cells with few, one in several cells
        _exchange(us, mine, free[begin:end], int(turns))
        turns -= int(turns)
        goal_us = due_us[number] + carried
        _fit(us, mine, free[begin:end], goal_us)
        carried = goal_us - float(us[mine].sum())
    return chosen


def _due_of_cells(pool: Pool, state: State, singles: _Singles, before: Bools, split: int) -> Floats:
    """The time that single records of each cell should have: what their stratum lacks, or has too
    much of, is shared out by what the split has of it in each cell, else by what is free.
    """
    due, has = (each[split, : pool.strata] for each in (pool.rows.due, state.achieved))
    begins = singles.bounds[:-1]
    stratum = singles.stratum[begins]
    of_cells = np.add.reduceat(np.where(before, singles.us, 0), begins)
    of_stratum = np.bincount(stratum, of_cells, pool.strata)
    free_us = np.add.reduceat(np.where(before, 0, singles.us), begins)
    weight = np.where(of_stratum[stratum] > 0, of_cells, free_us)
    of_weight = np.maximum(np.bincount(stratum, weight, pool.strata), 1)
    goal = np.maximum(of_stratum + due * (1.0 + ABOVE) - has, 0.0) / of_weight
    return weight * goal[stratum]


def _exchange(us: Int64s, mine: Bools, free: Bools, most: int) -> None:
    """Exchange a cell's longest records, up to `most`, for its shortest free ones where these are
    shorter.
    """
    own, other = np.flatnonzero(mine)[::-1], np.flatnonzero(free)
    count = min(most, own.size, other.size)
    gains = us[own[:count]] > us[other[:count]]
    mine[own[:count][gains]] = False
    mine[other[:count][gains]] = True


def _fit(us: Int64s, mine: Bools, free: Bools, goal_us: float) -> None:
    """Add the shortest free records, or take the longest away, until the goal is nearest."""
    lacking = goal_us - float(us[mine].sum())
    more = lacking > 0
    places = np.flatnonzero(free & ~mine) if more else np.flatnonzero(mine)[::-1]
    time = us[places]
    mine[places[np.cumsum(time) - time / 2 <= abs(lacking)]] = more


def _move(
    pool: Pool, state: State, singles: _Singles, moving: Bools, split: int, *, inside: bool
) -> None:
    rows, sign = pool.rows, 1 if inside else -1
    row, us = singles.row[moving], sign * singles.us[moving]
    state.split[singles.group[moving]] = split if inside else FREE
    state.inside[row] = inside
    for cells in rows.cells[row].T:
        known = cells >= 0
        np.add.at(state.achieved[split], cells[known], us[known])
    state.sums[split] += us.sum()
    distance = np.abs(state.achieved[split] - rows.due[split])
    state.apart[split] = float((rows.weight * distance).sum())
