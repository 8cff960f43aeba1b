"""Clusters of records that may be of one voice, for splits where speakers are not named.

A named speaker is one unit, and so is each record without a name. Units join the cluster of the
nearest voices from a cosine on, else begin one, and clusters that are as near are merged: average
linkage, where two clusters are as near as the mean cosine of all pairs between them. Named speakers
are never taken apart, so that a split by clusters has no speaker in two splits.

That mean is the product of the means of the unit vectors, so that no pair is formed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curate.arrays import Bools, Float32s, Floats, Int64s
from train.scoring.voices import AT_ONCE, grouped_sums, speaker_sums

ROUNDS = 3
"""Times that clusters are merged and units go to the nearest cluster."""


def cluster_voices(voices: Float32s, speaker: Int64s, speakers: int, cosine: float) -> Int64s:
    """The number of each record's cluster, by its first record; -1 where neither its voice nor its
    speaker's is known. `speaker` is -1 where none is named.
    """
    sums, counts = speaker_sums(voices, speaker, speakers)
    unnamed = np.flatnonzero((speaker < 0) & ~np.isnan(voices[:, 0]))
    named = np.flatnonzero(counts > 0)
    means = sums[named] / counts[named, None]
    units = _Units(
        np.concatenate([means.astype(np.float32), voices[unnamed]]),
        np.concatenate([counts[named], np.ones(unnamed.size, np.int64)]),
        cosine,
    )
    of_unit = units.clusters()
    by_speaker = np.full(speakers + 1, -1, np.int64)  # the last one is that of no name
    by_speaker[named] = of_unit[: named.size]
    clusters = by_speaker[speaker]
    clusters[unnamed] = of_unit[named.size :]
    return _by_first(clusters)


@dataclass(frozen=True, slots=True)
class _Units:
    """The mean voice of each unit, how many records it has, and the cosine that is near enough."""

    means: Float32s
    counts: Int64s
    cosine: float

    def clusters(self) -> Int64s:
        """The cluster of each unit, by any number."""
        cluster = self._greedy()
        for _ in range(ROUNDS):
            cluster = self._merged(cluster)
            cluster = self._nearest(cluster)
        return cluster

    def _greedy(self) -> Int64s:
        """Each unit in order to the nearest cluster that is near enough, else to a new one.

        Those of a block that are near a cluster from before it are placed in one product.
        """
        sums, sizes = np.zeros(self.means.shape), np.zeros(len(self.means))
        means = np.zeros_like(self.means)
        cluster, count = np.full(len(self.means), -1, np.int64), 0
        for start in range(0, len(self.means), AT_ONCE):
            part = np.arange(start, min(start + AT_ONCE, len(self.means)))
            best, near = self._best(part, means[:count])
            placed, to = part[near], best[near]
            cluster[placed] = to
            sums[:count] += grouped_sums(self._sums(placed), to, count)
            sizes[:count] += np.bincount(to, self.counts[placed], count)
            means[:count] = sums[:count] / sizes[:count, None]
            for at in part[~near].tolist():
                to, is_near = self._best(np.array([at]), means[:count])
                cluster[at] = at_cluster = int(to[0]) if is_near[0] else count
                count += not is_near[0]
                sums[at_cluster] += self._sums(np.array([at]))[0]
                sizes[at_cluster] += self.counts[at]
                means[at_cluster] = sums[at_cluster] / sizes[at_cluster]
        return cluster

    def _sums(self, units: Int64s) -> Floats:
        sums: Floats = self.means[units].astype(np.float64) * self.counts[units, None]
        return sums

    def _merged(self, cluster: Int64s) -> Int64s:
        """Clusters that are near each other become one, the nearest first, until none are."""
        while True:
            means, cluster = self._means(cluster)
            pairs = self._mutual(means)
            if not len(pairs):
                return cluster
            into = np.arange(len(means))
            into[pairs[:, 1]] = pairs[:, 0]
            cluster = into[cluster]

    def _mutual(self, means: Float32s) -> Int64s:
        """Pairs of clusters, near enough, of which each is the nearest to the other."""
        best = np.full(len(means), -1, np.int64)
        for start in range(0, len(means), AT_ONCE):
            part = means[start : start + AT_ONCE]
            cosines = part @ means.T
            rows = np.arange(len(part))
            cosines[rows, start + rows] = -np.inf
            nearest = cosines.argmax(1)
            near = cosines[rows, nearest] >= self.cosine
            best[start : start + len(part)] = np.where(near, nearest, -1)
        first = np.flatnonzero(best > np.arange(len(means)))
        mutual = first[best[best[first]] == first]
        return np.stack([mutual, best[mutual]], axis=1)

    def _nearest(self, cluster: Int64s) -> Int64s:
        """Each unit to the nearest cluster; where none is near enough, it stays."""
        means, cluster = self._means(cluster)
        moved = cluster.copy()
        for start in range(0, len(cluster), AT_ONCE):
            part = np.arange(start, min(start + AT_ONCE, len(cluster)))
            best, near = self._best(part, means)
            moved[part] = np.where(near, best, cluster[part])
        return moved

    def _means(self, cluster: Int64s) -> tuple[Float32s, Int64s]:
        """The mean voice of each cluster, and the units' clusters without gaps in the numbers."""
        known, numbers = np.unique(cluster, return_inverse=True)
        sums = grouped_sums(self._sums(np.arange(len(cluster))), numbers, known.size)
        sizes = np.bincount(numbers, self.counts, known.size)
        return (sums / sizes[:, None]).astype(np.float32), numbers.astype(np.int64)

    def _best(self, units: Int64s, means: Float32s) -> tuple[Int64s, Bools]:
        """The nearest cluster of each, by its mean, and whether it is near enough."""
        if not len(means):
            return np.zeros(len(units), np.int64), np.zeros(len(units), np.bool_)
        cosines = self.means[units] @ means.T
        best = cosines.argmax(1)
        return best, cosines[np.arange(len(best)), best] >= self.cosine


def _by_first(clusters: Int64s) -> Int64s:
    """The same clusters, numbered in the order of their first rows; -1 stays."""
    known, first, place = np.unique(clusters, return_index=True, return_inverse=True)
    order = np.argsort(np.where(known < 0, -1, first), kind="stable")
    number = np.empty(known.size, np.int64)
    number[order] = np.arange(known.size) - int((known < 0).any())
    return number[place]
