"""How far a split's durations and rates are from its target's, as KS sees it, while choosing.

Cells (see `moves`) forget that neighbouring steps are alike: a split that is slightly slow in all
its cells looks no worse than one that errs to and fro. Where few groups are to be had that is what
is left to choose by, so the last repair weighs the greatest distance between the sums up to each
step, too: the KS distance in microseconds, in integers.
"""

from __future__ import annotations

import numpy as np

from curate.arrays import Bools, Floats, Int64s
from curate.native import kernel
from curate.splits.moves import Rows, State

STEPS = 16
"""Steps per octave: 4 %."""
NEAR = 0.02
"""A KS distance within which nothing is to be gained: the noise of some thousand rows."""


def with_value_bins(rows: Rows, state: State, strata: int, rates: Floats) -> tuple[Rows, State]:
    """The rows and state with the steps of duration and rate added to their cells.

    The first `strata` cells are the strata. Groups in pieces are left out: they never move.
    """
    columns, dues, gots = [rows.cells], [rows.due], [state.achieved]
    bounds = [rows.weight.size]
    share, inside = _shares(rows, strata), _inside(rows, state)
    for values in (rows.us / 1e6, rates):
        step = _steps(values, rows.clean)
        width = int(step.max(initial=0)) + 1
        seen = np.flatnonzero((step >= 0) & rows.clean)
        us = rows.us[seen].astype(np.float64)
        dues.append(_sums(step[seen], us * share[:, rows.cells[seen, 0]], width))
        gots.append(_sums(step[seen], us * inside[:, seen], width))
        columns.append(np.where(step >= 0, step + bounds[-1], -1).astype(np.int32)[:, None])
        bounds.append(bounds[-1] + width)
    weight = np.concatenate([rows.weight, np.zeros(bounds[-1] - bounds[0])])
    return (
        rows._replace(
            cells=np.ascontiguousarray(np.concatenate(columns, axis=1)),
            due=np.concatenate(dues, axis=1),
            weight=weight,
            bin_bounds=np.array(bounds, np.int64),
        ),
        state._replace(achieved=np.concatenate(gots, axis=1)),
    )


def _shares(rows: Rows, strata: int) -> Floats:
    """By split and stratum, what is due of its clean time."""
    clean = rows.clean
    there = np.bincount(rows.cells[clean, 0], rows.us[clean], strata)
    return rows.due[:, :strata] / np.maximum(there, 1.0)


def _inside(rows: Rows, state: State) -> Bools:
    """By split and row, whether it is in."""
    split = np.repeat(state.split, np.diff(rows.first))
    return np.stack([state.inside & (split == each) for each in range(rows.due.shape[0])])


def _steps(values: Floats, clean: Bools) -> Int64s:
    """From 0 up; -1 where there is no positive value."""
    known = np.isfinite(values) & (values > 0)
    step = np.zeros(values.size, np.int64)
    step[known] = np.floor(np.log2(values[known]) * STEPS)
    return np.where(known, step - step[known].min(initial=1 << 40), -1)


def _sums(step: Int64s, weights: Floats, width: int) -> Int64s:
    return np.stack([np.rint(np.bincount(step, each, width)) for each in weights]).astype(np.int64)


@kernel("ks_distance")
def farthest(rows: Rows, state: State, targets: Int64s) -> float:
    """The squared KS distances, each times its split's target, of all splits and covariates."""
    raise NotImplementedError
