"""Draws that prefer likeness in strata, or many speakers: several are made, and the best is taken.

Whole small groups may lack what a corpus is made of: where a few speakers have most of it, those
who speak little differ from them. So each draw allows groups of another size; it draws more than
is needed, as far as data may be held out, and holds out what there is too much of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

import numpy as np

from curate.arrays import Bools, Floats, FloatTable, Int64s
from curate.environment.execution import Progress
from curate.splits.moves import State, leave
from curate.splits.pool import Pool
from curate.splits.search import PASSES, draw, fill_up
from curate.splits.single_records import exchange
from curate.splits.surplus import group_of_rows, surplus
from curate.splits.targets import BALANCE, SPEAKERS

STRATA_WEIGHT = 8.0
"""What a second in the wrong stratum weighs where balance is preferred; a power of two."""
MET = 0.01
"""The share of its target that a split may miss."""
ROUNDS = 4
"""How often surplus is held out and replaced."""
ALIKE = 0.005
"""A TVD below which a draw with small groups is not improved."""
NEAR_BEST = 0.01
"""Of draws within this TVD of the best, the one with the most speakers is taken."""
UNLIKE = 0.05
"""What more speakers may cost in TVD."""
ROWS_TO_DRAW = 20_000_000
"""Rows that all draws together may look at: 20 draws from a million rows, 4 from five million."""

_STARTS: Mapping[str, Sequence[float]] = {BALANCE: (0.0, 0.5), SPEAKERS: (0.0, 0.5)}
_LARGEST: Mapping[str, Sequence[float]] = {
    BALANCE: (0.05, 0.25, 0.4, 0.6, 0.8, 1.01),
    SPEAKERS: (0.01, 0.02, 0.05),
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a draw is made from: the pool, groups that stay where they are, the splits' targets, how
    much may be held out (microseconds), and the rows' char_rate.
    """

    pool: Pool
    fixed: Bools
    targets_us: Int64s
    most_held: int
    rates: Floats


@dataclass(frozen=True, slots=True)
class Attempt:
    """One draw. A group may have the share `largest` of a split's target from the first; `stretch`
    is how much of the data that may be held out is drawn beyond the targets; `start` is the place
    in the order of groups, as a share, at which the search begins.
    """

    start: float
    stretch: float
    largest: float

    def passes(self) -> FloatTable:
        """How choosy the search is, with this share in the place of smaller ones."""
        passes = np.concatenate(
            [
                PASSES[:3],
                [(0.0, 0.05, 1.0, 4.0)],
                PASSES[3:4],
                [(0.0, 0.25, 4.0, 16.0)],
                PASSES[4:],
            ]
        )
        smallest = float(passes[0, 1])
        passes[:, 1] = np.maximum(passes[:, 1], self.largest)
        if self.largest >= smallest:
            return passes
        first = [(0.5, self.largest, 0.25, 1.0), (0.0, self.largest, 1.0, 4.0)]
        return np.concatenate([np.array(first), passes])


@dataclass(frozen=True, slots=True)
class Quality:
    """How good a draw is: what the worst split misses of its target, the largest TVD in strata,
    and the least effective number of groups (Kish).
    """

    missed: float
    tvd: float
    effective: float


def draw_best(drawing: Drawing, empty: State, prefer: str, on_draw: Progress) -> State:
    """The best draw by what is preferred; `empty` has what a lock placed.

    `on_draw` is called before the first draw and after each, with how many of how many are made.
    """
    most = max(1, ROWS_TO_DRAW // drawing.pool.row.size)
    attempts = list(islice(_attempts(prefer), most))
    draws: list[tuple[Quality, State]] = []
    on_draw(0, len(attempts))
    for attempt in attempts:
        state = _draw(drawing, _copied(empty), attempt, prefer)
        draws.append((_quality(drawing, state), state))
        on_draw(len(draws), len(attempts))
        if prefer == BALANCE and _is_enough(draws[-1][0], attempt):
            break
    least = min(max(quality.missed, MET) for quality, _ in draws)
    met = [each for each in draws if each[0].missed <= least]
    nearest = min(quality.tvd for quality, _ in met)
    alike = nearest + (NEAR_BEST if prefer == BALANCE else UNLIKE)
    best = max((each for each in met if each[0].tvd <= alike), key=lambda e: e[0].effective)
    return _exchanged(drawing, *best) if prefer == SPEAKERS else best[1]


def _exchanged(drawing: Drawing, quality: Quality, state: State) -> State:
    """With single records exchanged for shorter ones, where that costs nothing else."""
    other = _copied(state)
    exchange(drawing.pool, other, drawing.fixed, drawing.targets_us)
    changed = _quality(drawing, other)
    is_met = changed.missed <= max(quality.missed, MET) and changed.tvd <= max(quality.tvd, ALIKE)
    return other if is_met and changed.effective > quality.effective else state


def _attempts(prefer: str) -> Iterator[Attempt]:
    for start, stretch, largest in product(_STARTS[prefer], (0.0, 0.5), _LARGEST[prefer]):
        yield Attempt(start, stretch, largest)


def _is_enough(quality: Quality, attempt: Attempt) -> bool:
    """Whether the smallest groups gave what larger ones are tried for."""
    is_small = attempt.largest == min(_LARGEST[BALANCE])
    return is_small and quality.missed <= MET and quality.tvd <= ALIKE


def _copied(state: State) -> State:
    copies: Any = [each.copy() for each in state]
    return State(*copies)


def _draw(drawing: Drawing, state: State, attempt: Attempt, prefer: str) -> State:
    pool = _reordered(drawing.pool, attempt.start)
    spare = max(0, drawing.most_held - int(state.held[0]))
    stretch = int(attempt.stretch * spare)
    targets_us = drawing.targets_us + stretch * drawing.targets_us // drawing.targets_us.sum()
    searched = _weighted(pool) if prefer == BALANCE else pool
    passes, most_held = attempt.passes(), drawing.most_held - stretch
    draw(searched, state, drawing.fixed, targets_us, most_held, drawing.rates, passes)
    return _thinned(replace(drawing, pool=searched), state, prefer)


def _thinned(drawing: Drawing, state: State, prefer: str) -> State:
    """The draw with surplus held out and replaced, as long as that is better.

    Half of what may still be held out is left for near-duplicates, which are found later.
    """
    spare = max(0, drawing.most_held - int(state.held[0])) // 2
    most_held = int(state.held[0]) + spare
    best = _quality(drawing, state)
    for _ in range(ROUNDS):
        other = _copied(state)
        leaving = surplus(
            drawing.pool, other, drawing.fixed, drawing.targets_us, spare // 2, prefer == BALANCE
        )
        leave(drawing.pool.rows, other, leaving)
        fill_up(drawing.pool, other, drawing.targets_us, most_held)
        quality = _quality(drawing, other)
        if not _is_better(quality, best, prefer):
            break
        state, best = other, quality
        spare = max(0, most_held - int(state.held[0]))
    return state


def _is_better(quality: Quality, best: Quality, prefer: str) -> bool:
    if quality.missed > max(best.missed, MET):
        return False
    if best.missed > max(quality.missed, MET):
        return True
    if prefer == BALANCE:
        return quality.tvd < best.tvd
    return quality.effective > best.effective and quality.tvd <= best.tvd + NEAR_BEST


def _reordered(pool: Pool, start: float) -> Pool:
    return replace(pool, offered=np.roll(pool.offered, -int(start * pool.offered.size)))


def _weighted(pool: Pool) -> Pool:
    weight = pool.rows.weight.copy()
    weight[: pool.strata] *= STRATA_WEIGHT
    return replace(pool, rows=pool.rows._replace(weight=weight))


def _quality(drawing: Drawing, state: State) -> Quality:
    """Of all splits that have a target, the worst."""
    pool, targets = drawing.pool, drawing.targets_us
    with_target = np.flatnonzero(targets > 0)
    missed = np.abs(state.sums[with_target] / targets[with_target] - 1)
    tvd = [_tvd(pool, state, int(split)) for split in with_target]
    inside = state.inside
    group = group_of_rows(pool)[inside]
    of_groups = np.bincount(group, pool.rows.us[inside], state.split.size)
    effective = [_effective(of_groups[state.split == split]) for split in with_target]
    return Quality(float(missed.max(initial=0.0)), max(tvd), min(effective))


def _tvd(pool: Pool, state: State, split: int) -> float:
    due = pool.rows.due[split, : pool.strata] / max(1, pool.rows.due[split, : pool.strata].sum())
    has = state.achieved[split, : pool.strata]
    return float(np.abs(due - has / has.sum()).sum() / 2) if has.sum() else 1.0


def _effective(us: Floats) -> float:
    squares = float((us**2).sum())
    return float(us.sum()) ** 2 / squares if squares else 0.0
