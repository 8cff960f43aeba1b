"""Which rows of a draw are held out: those of strata, or groups, of which a split has too much."""

from __future__ import annotations

import numpy as np

from curate.arrays import Bools, Floats, Int64s
from curate.splits.moves import State
from curate.splits.pool import Pool


def group_of_rows(pool: Pool) -> Int64s:
    """The group of each row of the pool."""
    return np.repeat(np.arange(pool.rows.first.size - 1), np.diff(pool.rows.first))


def surplus(
    pool: Pool, state: State, fixed: Bools, targets_us: Int64s, budget_us: int, by_stratum: bool
) -> Bools:
    """Which rows leave: what a split has beyond its target, and of what it has too much of, up to
    `budget_us` of all splits together. Groups that are `fixed` keep their rows.

    Of each stratum (or of all rows, if not `by_stratum`) the largest groups lose rows first, until
    they are as large as the next.
    """
    leaving = np.zeros(pool.rows.us.size, np.bool_)
    group = group_of_rows(pool)
    for split, target in enumerate(targets_us):
        mine = state.inside & (state.split[group] == split) & ~fixed[group]
        places = np.flatnonzero(mine)
        us, stratum = pool.rows.us[places], pool.rows.cells[places, 0].astype(np.int64)
        budget = budget_us * int(target) // max(1, int(targets_us.sum()))
        beyond = max(0, int(state.sums[split]) - int(target))
        if by_stratum:
            has = state.achieved[split, : pool.strata]
            less = level_off(
                (has - pool.rows.due[split, : pool.strata]).astype(float), beyond, budget
            )
        else:
            stratum, less = np.zeros_like(stratum), np.array([float(max(beyond, budget))])
        leaving[places[_largest_first(stratum, group[places], us, less)]] = True
    return leaving


def level_off(excess: Floats, beyond: float, budget: float) -> Floats:
    """What each stratum gives up, so that the largest excesses are level: `beyond` in all, and more
    up to `budget` as long as a stratum has too much.

    >>> level_off(np.array([5.0, 3.0, -2.0]), beyond=0, budget=4).tolist()
    [3.0, 1.0, 0.0]
    """
    amount = max(beyond, min(budget, float(np.maximum(excess, 0).sum())))
    ordered = np.sort(excess)[::-1]
    levels = (np.cumsum(ordered) - amount) / np.arange(1, ordered.size + 1)
    level = float(levels.max()) if ordered.size else 0.0
    return np.maximum(excess - level, 0.0)


def _largest_first(stratum: Int64s, group: Int64s, us: Int64s, less: Floats) -> Int64s:
    """Places of the rows that leave: of each stratum no more than `less`."""
    height = _running(
        np.lexsort((group, stratum)), stratum * (group.max(initial=0) + 1) + group, us
    )
    order = np.lexsort((-height, stratum))
    total = _running(order, stratum, us)
    return np.flatnonzero(total <= less[stratum])


def _running(order: Int64s, key: Int64s, us: Int64s) -> Int64s:
    """The time of the rows of the same key up to each row, in an order that keeps keys together."""
    total = np.cumsum(us[order])
    begins = np.ones(order.size, np.bool_)
    begins[1:] = key[order][1:] != key[order][:-1]
    before = np.maximum.accumulate(np.where(begins, total - us[order], 0))
    running = np.empty(order.size, np.int64)
    running[order] = total - before
    return running
