"""Draw whole groups for one split: seeded order, greedy against each stratum's deficit.

Linear in rows: groups are offered in a hashed order, in a few passes that grow less choosy. A
group is taken where most of its clean seconds fill a deficit, it does not overshoot the target,
and little must be held out for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numba as nb
import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]

# (share of a group that must fill a deficit, share of the target one group may take, seconds to
# hold out per second gained), from choosy to desperate.
PASSES = np.array(
    [
        (0.95, 0.05, 0.0),
        (0.80, 0.10, 0.2),
        (0.50, 0.25, 1.0),
        (0.20, 0.50, 4.0),
        (0.00, 1.01, np.inf),
    ]
)
TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Pool:
    """Rows by group: row order `rows[first[g] : first[g + 1]]` are group g's clean rows.

    `stratum`, `duration_us` are per row; `cost_us` is per group: what would be held out.
    """

    rows: Numbers
    first: Numbers
    stratum: Numbers
    duration_us: Numbers
    cost_us: Numbers


def order(names: Sequence[str], seed: int) -> Numbers:
    """Group numbers in the order of a keyed blake2b hash of their names: stable everywhere."""
    key = seed.to_bytes(16, "little", signed=True)
    hashes = [hashlib.blake2b(name.encode(), digest_size=8, key=key).digest() for name in names]
    return np.array(sorted(range(len(names)), key=lambda group: (hashes[group], group)), np.int64)


def draw(
    pool: Pool,
    offered: Numbers,
    due_us: Numbers,
    target_us: int,
    taken: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Which groups the split takes, of those `offered` in order and not `taken` already."""
    longest = int(pool.duration_us.max(initial=0))
    limit = target_us + max(int(target_us * TOLERANCE), min(longest, target_us // 20))
    chosen: npt.NDArray[np.bool_] = _draw(
        pool.rows, pool.first, pool.stratum, pool.duration_us, pool.cost_us, offered,
        due_us.copy(), target_us, limit, taken, PASSES,
    )  # fmt: skip
    return chosen


@nb.njit(cache=True)
def _draw(rows, first, stratum, duration, cost, offered, deficit, target, limit, taken, passes):  # type: ignore[no-untyped-def]
    chosen = np.zeros(first.size - 1, np.bool_)
    gain = np.zeros(deficit.size, np.int64)
    got = 0
    for level in range(passes.shape[0]):
        useful_share, group_share, cost_share = passes[level]
        for group in offered:
            if got >= target:
                return chosen
            if taken[group] or chosen[group]:
                continue
            total = 0
            for k in range(first[group], first[group + 1]):
                total += duration[rows[k]]
                gain[stratum[rows[k]]] += duration[rows[k]]
            useful = 0
            for k in range(first[group], first[group + 1]):
                at = stratum[rows[k]]
                useful += max(0, min(gain[at], deficit[at]))
                gain[at] = 0
            # The first group is never too large for its share: one recording may be all there is.
            small = total <= group_share * target or first[group + 1] - first[group] == 1
            if (
                total > 0
                and got + total <= limit
                and small
                and useful >= useful_share * total
                and cost[group] <= cost_share * total
            ):
                chosen[group] = True
                got += total
                for k in range(first[group], first[group + 1]):
                    deficit[stratum[rows[k]]] -= duration[rows[k]]
    return chosen
