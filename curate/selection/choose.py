"""Which rows to train on under a budget of hours: the best of each stratum, or any of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from curate.arrays import Bools, Floats, Int64s, UInt64s


class Chosen(NamedTuple):
    """Rows of the choice by score, and of the random choice of equal hours."""

    best: Bools
    random: Bools


def choose(score: Floats, us: Int64s, stratum: Int64s, noise: UInt64s, budget_us: int) -> Chosen:
    """The rows with the lowest scores, and random rows, of about `budget_us` microseconds in all.

    All arrays are of usable rows. Each stratum (0, 1, ...) gets its share of the usable time; where
    its scored rows are fewer, the others get the rest by their shares. The random choice takes of
    each stratum what the choice by score took. NaN is no score; `noise` orders equal scores, and
    the random choice. The row at which a stratum's time is reached is in, where that brings the sum
    nearer.
    """
    strata = int(stratum.max(initial=-1)) + 1
    is_scored = ~np.isnan(score)
    usable = _time(us, stratum, strata)
    scored = _time(np.where(is_scored, us, 0), stratum, strata)
    drawn = _order(noise)
    by_score = drawn[is_scored[drawn]]
    by_score = by_score[_order_of_scores(score[by_score])]
    most = shares(usable, scored, budget_us)
    best = _first(_by_stratum(by_score, stratum), us, stratum, most)
    taken = _time(np.where(best, us, 0), stratum, strata).astype(np.float64)
    return Chosen(best, _first(_by_stratum(drawn, stratum), us, stratum, taken))


def _order_of_scores(score: Floats) -> Int64s:
    """The order of the scores, lowest first; equal ones stay as they are."""
    bits = (score + 0.0).view(np.uint64)  # + 0.0: -0.0 is 0.0
    return _order(np.where(bits >> np.uint64(63), ~bits, bits | np.uint64(1 << 63)))


def _order(values: UInt64s) -> Int64s:
    """The order of the values; equal ones stay as they are.

    Sorting numbers is seven times as fast as sorting positions by numbers, so the low bits of each
    have its position; those few that differ in these bits only are put right afterwards.
    """
    low = np.uint64((1 << max(values.size - 1, 0).bit_length()) - 1)
    packed = (values & ~low) | np.arange(values.size, dtype=np.uint64)
    order = (np.sort(packed) & low).astype(np.int64)
    ordered = values[order]
    if (ordered[1:] < ordered[:-1]).any():
        order = order[np.argsort(ordered, kind="stable")]
    return order


def _by_stratum(order: Int64s, stratum: Int64s) -> Int64s:
    """The rows of an order, those of each stratum together: a sort of small numbers is by radix."""
    of = stratum[order]
    small = of.astype(np.uint16) if of.max(initial=0) < 1 << 16 else of
    return order[np.argsort(small, kind="stable")]


def shares(usable: Int64s, available: Int64s, budget_us: int) -> Floats:
    """How much of each stratum to take: by its usable time, at most what is available.

    >>> shares(np.array([60, 30, 10]), np.array([60, 30, 10]), 50).tolist()
    [30.0, 15.0, 5.0]
    >>> shares(np.array([60, 30, 10]), np.array([6, 30, 10]), 40).tolist()
    [6.0, 25.5, 8.5]
    """
    given = np.zeros(usable.size)
    is_open = available > 0
    left = float(min(budget_us, int(available.sum())))
    while left > 0 and is_open.any():
        weight = np.where(is_open, usable, 0).astype(np.float64)
        offered: Floats = given + left * weight / weight.sum()
        full = is_open & (offered >= available)
        if not full.any():
            return offered
        given[full] = available[full]
        is_open &= ~full
        left = float(min(budget_us, int(available.sum()))) - given.sum()
        given[is_open] = 0.0
    return given


def _time(us: Int64s, stratum: Int64s, strata: int) -> Int64s:
    return np.bincount(stratum, us, strata).astype(np.int64)


def _first(order: Int64s, us: Int64s, stratum: Int64s, most: Floats) -> Bools:
    """Of each stratum the first rows in this order, up to `most` of its time."""
    spent, of = us[order], stratum[order]
    before = np.concatenate([[0], np.cumsum(spent)[:-1]])
    begins = np.searchsorted(of, np.arange(most.size))
    before -= np.concatenate([before, [0]])[np.minimum(begins, before.size)][of] if of.size else 0
    is_in = np.zeros(us.size, bool)
    is_in[order] = before + spent / 2 <= most[of]
    return is_in
