"""How a record's voice compares with the voices of named speakers.

A voice is an embedding: a vector of length 1 for each record, NaN where there is none. The voice
of a speaker is the mean of its records' voices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curate.arrays import Bools, Float32s, Floats, Int64s
from curate.statistics.splitmix import splitmix64
from train.artifacts.voices import EqualErrorRate

FEWEST = 2
"""Records of a name before others are compared with its voice: with one, the two can change places
and no other record shows which of them is right."""
AT_ONCE = 4096
"""Records that are compared with all speakers in one product."""
PAIRED = 2000
"""Records at most of which all pairs are counted: two million pairs."""


@dataclass(frozen=True, slots=True)
class VoiceScores:
    """Of each record: the cosine of its voice with that of the other records of its speaker, the
    highest with another speaker of at least FEWEST records, and that speaker's number (-1: none).
    NaN where there is no voice or nothing to compare with.
    """

    own: Floats
    other: Floats
    nearest: Int64s


def unit_vectors(vectors: Float32s | Floats) -> Float32s:
    """Rows of length 1; NaN where a row is not finite or is zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        units: Float32s = np.where(np.isfinite(norms) & (norms > 0), vectors / norms, np.nan)
    return units.astype(np.float32)


def number_of(names: Sequence[str | None]) -> tuple[list[str], Int64s]:
    """The distinct names, sorted, and the number of each record's name; -1 where it has none."""
    known = sorted({name for name in names if name is not None})
    places = {name: at for at, name in enumerate(known)}
    numbers = [-1 if name is None else places[name] for name in names]
    return known, np.array(numbers, np.int64)


def compare_voices(voices: Float32s, speaker: Int64s, speakers: int) -> VoiceScores:
    """Compare each record's voice with those of the `speakers`, numbered from 0; -1 is no name.

    The own speaker's voice is without the record itself, so that a wrong record does not vouch for
    itself.
    """
    sums, counts = speaker_sums(voices, speaker, max(1, speakers))
    own, other = np.full((2, len(voices)), np.nan)
    nearest = np.full(len(voices), -1, np.int64)
    compared = np.flatnonzero(counts >= FEWEST)
    means = _units(sums[compared])
    place = np.full(counts.size + 1, -1)  # the last one is that of records without a name
    place[compared] = np.arange(compared.size)
    for start in range(0, len(voices), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        each, number = voices[part].astype(np.float64), speaker[part]
        rest = np.where(number >= 0, counts[number] - 1, 0)
        others = _units(sums[number] - each)
        own[part] = np.where(rest >= 1, (others * each).sum(1), np.nan)
        if compared.size:
            cosines = each @ means.T
            named = np.flatnonzero(place[number] >= 0)
            cosines[named, place[number[named]]] = -np.inf
            best = cosines.argmax(1)
            highest = cosines[np.arange(len(each)), best]
            is_known = np.isfinite(highest)
            other[part] = np.where(is_known, highest, np.nan)
            nearest[part] = np.where(is_known, compared[best], -1)
    return VoiceScores(own, other, nearest)


def speaker_sums(voices: Float32s, speaker: Int64s, speakers: int) -> tuple[Floats, Int64s]:
    """Of each speaker the sum of its records' voices, and how many there are."""
    there = (speaker >= 0) & ~np.isnan(voices[:, 0])
    counts = np.bincount(speaker[there], minlength=speakers)
    return grouped_sums(voices[there], speaker[there], speakers), counts


def grouped_sums(vectors: Float32s | Floats, group: Int64s, groups: int) -> Floats:
    """The sum of the vectors of each group, from 0; zeros for a group without one."""
    sums = np.zeros((groups, vectors.shape[1]))
    order = np.argsort(group, kind="stable")
    numbers, starts = np.unique(group[order], return_index=True)
    if numbers.size:
        sums[numbers] = np.add.reduceat(vectors[order], starts, axis=0, dtype=np.float64)
    return sums


def _units(vectors: Floats) -> Floats:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Floats = vectors / np.maximum(norms, 1e-9)
    return units


def equal_error_rate(voices: Float32s, speaker: Int64s) -> EqualErrorRate | None:
    """The equal error rate over all pairs of named records; None without pairs of both kinds.

    Of more than PAIRED records, those are drawn by a hash of their places.
    """
    places = np.flatnonzero((speaker >= 0) & ~np.isnan(voices[:, 0]))
    if places.size > PAIRED:
        order = np.argsort(splitmix64(places.astype(np.uint64)), kind="stable")
        places = np.sort(places[order[:PAIRED]])
    units, names = voices[places].astype(np.float64), speaker[places]
    one, two = np.triu_indices(places.size, 1)
    scores, same = (units @ units.T)[one, two], names[one] == names[two]
    if same.all() or not same.any():
        return None
    return _crossing(scores, same)


def _crossing(scores: Floats, same: Bools) -> EqualErrorRate:
    order = np.argsort(-scores, kind="stable")
    missed = 1 - np.cumsum(same[order]) / same.sum()
    false = np.cumsum(~same[order]) / (~same).sum()
    # A limit cannot come between pairs of one cosine.
    limits = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    at = int(limits[np.argmin(np.abs(missed - false)[limits])])
    rate = float(missed[at] + false[at]) / 2
    return EqualErrorRate(
        rate=round(rate, 6),
        cosine=round(float(scores[order[at]]), 4),
        pairs=scores.size,
        pairs_of_one_name=int(same.sum()),
    )
