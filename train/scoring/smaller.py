"""Whether a smaller test ranks models as the whole test does: Kendall's tau by resampling.

Whole clusters (speakers, recordings) are drawn without replacement, DRAWS times, as many as a
smaller test would have; in each draw the models are ranked by their errors again. Tau is the share
of pairs of models in the same order less the share in the opposite one (Kendall 1938, tau-a).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from curate.arrays import Floats, FloatTable, Int64s
from curate.statistics.bootstrap import DRAWS, FEWEST
from train.artifacts.wer import SmallerTest

SHARES = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75)
"""Sizes of smaller tests: shares of the clusters."""


def smaller_tests(
    errors: FloatTable, clusters: Int64s, duration_s: Floats, seed: int = 0
) -> tuple[SmallerTest, ...]:
    """How smaller tests rank the models, by size, smallest first.

    `errors` has a row for each model and a column for each utterance, all over the same words;
    `clusters` and `duration_s` are of the utterances. Empty with fewer than FEWEST clusters, and
    where two models make as many errors over everything: there is no order to find again.
    """
    present, of_row = np.unique(clusters, return_inverse=True)
    whole = errors.sum(axis=1)
    pairs = np.array(list(combinations(range(len(errors)), 2)), np.int64).reshape(-1, 2)
    order = np.sign(whole[pairs[:, 0]] - whole[pairs[:, 1]])
    if present.size < FEWEST or not order.size or not order.all():
        return ()
    summed = [np.bincount(of_row, each, present.size) for each in (*errors, duration_s)]
    counts = {max(1, round(share * present.size)) for share in SHARES}
    sizes = np.array(sorted(counts - {present.size}), np.int64)
    drawn = _drawn(np.array(summed), sizes, seed)
    signs = np.sign(drawn[:, pairs[:, 0]] - drawn[:, pairs[:, 1]]) * order[:, None]
    return tuple(
        SmallerTest(
            clusters=int(size),
            hours=round(float(drawn[:, -1, at].mean()) / 3600, 6),
            kendall_tau=round(float(signs[:, :, at].mean()), 4),
            same_order=round(float((signs[:, :, at] > 0).all(axis=1).mean()), 4),
        )
        for at, size in enumerate(sizes)
    )


def _drawn(summed: FloatTable, sizes: Int64s, seed: int) -> npt.NDArray[np.float64]:
    """Sums of each row over the first of the clusters in random order: draws x rows x sizes."""
    # The legacy generator: its stream is the one that NumPy promises never to change.
    random = np.random.RandomState(seed)
    drawn = np.empty((DRAWS, len(summed), sizes.size))
    for sums in drawn:
        sums[:] = summed[:, random.permutation(summed.shape[1])].cumsum(axis=1)[:, sizes - 1]
    return drawn
