"""How much of all similarity of texts is between splits: DataSAIL's leakage, over shingles.

DataSAIL (Joeres, Blumenthal and Kalinina 2025) calls the leakage of a split the sum of the
similarities of all pairs in different splits, over that of all pairs. Here the similarity of two
texts is the cosine of their sets of shingles (those by which near-duplicates are recognised). The
sum of the cosines of two sides is the product of the sums of their unit vectors, so that no pair is
formed; and at most SAMPLE records of a split are compared, so that the time is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import TypeAlias

import numpy as np
import polars as pl

from curate.arrays import Floats, Int64s, UInt64s
from curate.artifacts.columns import AUDIO_KEY
from curate.artifacts.frames import Spans
from curate.artifacts.split import TextSimilarity
from curate.manifest.texts import read_texts
from curate.splits.pool import mixed
from curate.text.minhash import shingle_sets

SAMPLE = 10_000
"""Records of a split that are compared: 100 million pairs of each two."""

LinesOf: TypeAlias = Callable[[pl.DataFrame, Sequence[str]], Iterator[Sequence[memoryview]]]
"""The lines of these rows, by output (see `curate.splits.write.read_lines`)."""


def text_similarity(
    rows: pl.DataFrame, splits: Sequence[str], seed: int, lines_of: LinesOf
) -> TextSimilarity | None:
    """The share of all similarity that is between splits, and that of a random split of the same
    sizes. None where fewer than two splits have records, or no two records are similar.

    Which records of a large split are compared depends on the seed and their audio only.
    """
    sizes = {name: int(rows["split"].eq(name).sum()) for name in splits}
    present = [name for name in splits if sizes[name]]
    if len(present) < 2:
        return None
    drawn = _drawn(rows, present, seed)
    parts: dict[str, list[memoryview]] = {name: [] for name in present}
    for portion in lines_of(drawn, present):
        for name, part in zip(present, portion, strict=True):
            parts[name].append(part)
    sets = [_sets(parts[name]) for name in present]
    share = leakage(sets, [sizes[name] for name in present])
    if share is None:
        return None
    return TextSimilarity(
        between_splits=round(share, 6),
        of_random_split=round(of_random_split(list(sizes.values())), 6),
        compared={name: int(drawn["split"].eq(name).sum()) for name in present},
    )


def leakage(sides: Sequence[Sequence[UInt64s]], sizes: Sequence[int]) -> float | None:
    """DataSAIL's leakage of sides of which some records (their sets of shingles) are given, and how
    many there are in all; None where nothing is similar.

    >>> same, other = np.array([1, 2], np.uint64), np.array([3], np.uint64)
    >>> leakage([[same, other], [same, other]], [2, 2])
    1.0
    """
    sums, counts = _sums(sides), [len(side) for side in sides]
    means: Floats = np.zeros((len(sides), len(sides)))
    for one, other in combinations(range(len(sides)), 2):
        pairs = max(1, counts[one] * counts[other])
        means[one, other] = float(sums[one] @ sums[other]) / pairs
    for at, (side, vector) in enumerate(zip(sides, sums, strict=True)):
        if counts[at] > 1:  # a text is as similar to itself as can be
            alike = float(vector @ vector) - sum(1 for each in side if each.size)
            means[at, at] = max(0.0, alike) / (counts[at] * (counts[at] - 1))
    return share_between(means, sizes)


def share_between(means: Floats, sizes: Sequence[float]) -> float | None:
    """DataSAIL's leakage by the mean similarity of the pairs of each two sides of these sizes
    (above the diagonal), and of the pairs inside each side (on it); None where nothing is similar.

    >>> round(share_between(np.array([[0.5, 0.5], [0.0, 0.5]]), [2, 2]), 3)
    0.667
    """
    between = sum(
        float(means[one, other]) * sizes[one] * sizes[other]
        for one, other in combinations(range(len(sizes)), 2)
    )
    within = sum(float(means[at, at]) * size * (size - 1) / 2 for at, size in enumerate(sizes))
    whole = between + within
    return between / whole if whole > 0 else None


def draw_places(rows: pl.DataFrame, split: str, most: int, seed: int) -> Int64s:
    """The places of at most so many rows of a split; which, depends on the seed and their audio."""
    places = rows["split"].eq(split).fill_null(False).arg_true()
    if places.len() > most:
        keys = mixed(rows[AUDIO_KEY.name].gather(places).to_numpy(), seed)
        places = places.gather(_least(keys, most))
    return places.to_numpy().astype(np.int64)


def _drawn(rows: pl.DataFrame, splits: Sequence[str], seed: int) -> pl.DataFrame:
    """The rows with a split only where they are compared."""
    chosen = np.zeros(rows.height, np.bool_)
    for name in splits:
        chosen[draw_places(rows, name, SAMPLE, seed)] = True
    return rows.with_columns(
        pl.when(pl.Series(chosen)).then(pl.col("split")).otherwise(None).alias("split")
    )


def _least(keys: UInt64s, count: int) -> Int64s:
    """The places of the least keys, in their order; the first of equals."""
    some = np.flatnonzero(keys <= np.partition(keys, count - 1)[count - 1])
    return some[np.argsort(keys[some], kind="stable")[:count]]


def _sets(parts: Sequence[memoryview]) -> list[UInt64s]:
    """The shingles of each line's text."""

    def work(texts: Spans) -> list[UInt64s]:
        hashes, bounds = shingle_sets(texts.data, texts.start, texts.length)
        return np.split(hashes, bounds[1:-1])

    return [each for portion in read_texts(parts, work) for each in portion]


def _sums(sides: Sequence[Sequence[UInt64s]]) -> list[Floats]:
    """Of each side the sum of its texts' unit vectors, over the shingles of all."""
    values = [np.concatenate([*side, np.empty(0, np.uint64)]) for side in sides]
    known, place = np.unique(np.concatenate(values), return_inverse=True)
    bounds = np.cumsum([each.size for each in values])[:-1]
    sums: list[Floats] = []
    for side, places in zip(sides, np.split(place, bounds), strict=True):
        counts = np.array([each.size for each in side], np.int64)
        unit: Floats = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts)
        sums.append(np.bincount(places, unit, known.size).astype(np.float64))
    return sums


def of_random_split(sizes: Sequence[float]) -> float:
    """The share of all pairs that is between sides of these sizes."""
    whole = sum(sizes) * (sum(sizes) - 1) / 2
    return 1 - sum(size * (size - 1) / 2 for size in sizes) / whole
