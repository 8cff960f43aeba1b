"""Which groups the splits have: those of an earlier lock, then what the search finds best."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from curate.environment.execution import Progress, no_progress
from curate.rules.routes import TRAIN
from curate.splits.lock import LOCKED
from curate.splits.moves import (
    FREE,
    TO_TRAIN,
    TORN,
    State,
    begin,
    engage,
    enter_known,
    enter_row,
)
from curate.splits.pool import Pool
from curate.splits.preference import Drawing, draw_best
from curate.splits.search import draw
from curate.splits.strata import RATE
from curate.splits.targets import HOURS, AllocationOptions, Target


def choose(
    pool: Pool,
    rows: pl.DataFrame,
    aims: Sequence[Target],
    allocation: AllocationOptions,
    on_draw: Progress = no_progress,
) -> State:
    """Locked groups first, then what fills the splits, by what is preferred.

    `on_draw` is called with how many of how many draws are made, where the best of several is
    taken.
    """
    state = begin(pool.rows, pool.clean_us.size, len(aims))
    _enter_locked(pool, state, rows, [each.name for each in aims])
    if not aims:
        return state
    fixed = state.split != FREE
    most_held = max(int(allocation.max_held_out * float(pool.rows.us.sum())), int(state.held[0]))
    targets_us = np.array([round(each.target_s * 1e6) for each in aims], np.int64)
    rates = rows[RATE].gather(pool.row).cast(pl.Float64).to_numpy()
    if allocation.prefer != HOURS:
        drawing = Drawing(pool, fixed, targets_us, most_held, rates)
        return draw_best(drawing, state, allocation.prefer, on_draw)
    draw(pool, state, fixed, targets_us, most_held, rates)
    return state


def _enter_locked(pool: Pool, state: State, rows: pl.DataFrame, names: Sequence[str]) -> None:
    """Put the lock's groups where they were; one that the lock has in two places is in pieces."""
    locked = rows[LOCKED.name].gather(pool.row)
    if not locked.count():
        return
    places = {TRAIN: TO_TRAIN, **{name: number for number, name in enumerate(names)}}
    place = locked.replace_strict(places, default=None, return_dtype=pl.Int16)
    number = rows["group"].gather(pool.row).rename("group")
    places_of_groups = (
        pl.DataFrame({"group": number, "place": place, "locked": locked})
        .filter(pl.col("locked").is_not_null())
        .group_by("group")
        .agg(pl.col("place").min().alias("least"), pl.col("place").max().alias("most"))
        .sort("group")
    )
    known = place.fill_null(FREE).to_numpy()
    for group, least, most in places_of_groups.iter_rows():
        first, last = pool.rows.first[group], pool.rows.first[group + 1]
        inside = (known[first:last] >= 0) & pool.rows.clean[first:last]
        if least is None or most == TO_TRAIN:
            state.split[group] = TO_TRAIN
        elif least == most:
            enter_known(pool.rows, state, group, most, inside)
        else:
            engage(pool.rows, state, group, TORN)
            for row in np.flatnonzero(inside) + first:
                enter_row(pool.rows, state, row, known[row])
