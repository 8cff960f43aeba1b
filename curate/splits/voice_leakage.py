"""How much of the voices of other splits is in train, by the embeddings of `train voices`.

They stand beside the manifest that `train voices` writes, a row for each of its lines. The
similarity of two records is the cosine of their embeddings, 0 where it is negative, and the leakage
of a split is DataSAIL's, as for texts (see `curate.splits.similarity`). A record whose voice is
within a cosine of a record of train is near: the same person may be in both, whatever the names
say. In a large train some voice is near by chance, so that the share stands beside that of a random
split.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import polars as pl

from curate.arrays import Float32s, Floats, Int64s
from curate.artifacts.columns import SOURCE
from curate.artifacts.score_fields import VOICE_ROWS, VOICE_VECTORS
from curate.artifacts.split import VoiceSimilarity
from curate.splits.pool import mixed
from curate.splits.similarity import draw_places, of_random_split, share_between

COMPARED = 2_000
"""Records of a split that are compared in all pairs."""
COMPARED_TRAIN = 50_000
"""Records of train in which the voices of other splits are looked for."""
AT_ONCE = 10_000
NEAR_VOICE = 0.75
"""As in the preset `voices`. By CAM++, of splits without a speaker twice 4 % of the records are so
near to one of train in FSDD and none in Common Voice; of random splits 99 % and 9 %
(benchmarks/results.md). At 0.6 it is 96 % and 60 %: a record has many others to be near to."""


def voice_similarity(
    rows: pl.DataFrame, splits: Sequence[str], seed: int
) -> VoiceSimilarity | None:
    """Of each split beside the first (train), the share of its records that are near one of train;
    and the share of all similarity that is between splits, each with that of a random split of the
    same sizes. None where no manifest has embeddings, or fewer than two splits have voices.

    `rows` has source, split and audio key; those of a source in the order of their lines. Which
    records of a large split are compared depends on the seed and their audio only.
    """
    tables = list(_tables(rows))
    if not tables:
        return None
    train = splits[0]
    drawn = {name: draw_places(rows, name, COMPARED, seed) for name in splits}
    voices = {name: _voices(tables, places) for name, places in drawn.items()}
    present = [name for name in splits if len(voices[name])]
    if len(present) < 2:
        return None
    sizes = [
        float(rows["split"].eq(name).sum()) * len(voices[name]) / drawn[name].size
        for name in present
    ]
    share = share_between(_means([voices[name] for name in present]), sizes)
    pool = _voices(tables, draw_places(rows, train, COMPARED_TRAIN, seed))
    sides = {name: voices[name] for name in present if name != train} if len(pool) else {}
    return VoiceSimilarity(
        between_splits=None if share is None else round(share, 6),
        of_random_split=round(of_random_split(sizes), 6),
        cosine=NEAR_VOICE,
        near=_near(sides, pool),
        near_of_random_split=_near(*_shuffled(sides, pool, seed)),
        compared={name: len(voices[name] if name != train else pool) for name in present},
        lacking=sum(drawn[name].size - len(voices[name]) for name in splits),
    )


def _means(sides: Sequence[Float32s]) -> Floats:
    """The mean similarity of the pairs of each two sides, and of the pairs inside each."""
    means = np.zeros((len(sides), len(sides)))
    for one, other in combinations_with_replacement(range(len(sides)), 2):
        alike = float(np.maximum(sides[one] @ sides[other].T, 0).sum(dtype=np.float64))
        count = len(sides[one])
        if one != other:
            means[one, other] = alike / (count * len(sides[other]))
        elif count > 1:  # a voice is as similar to itself as can be
            means[one, one] = max(0.0, alike - count) / (count * (count - 1))
    return means


def _near(sides: Mapping[str, Float32s], train: Float32s) -> Mapping[str, float]:
    return {name: round(near_share(voices, train), 6) for name, voices in sides.items()}


def _shuffled(
    sides: Mapping[str, Float32s], train: Float32s, seed: int
) -> tuple[Mapping[str, Float32s], Float32s]:
    """The same voices, at random in sides and in a train of the same sizes."""
    whole = np.concatenate([train, *sides.values()])
    whole = whole[np.argsort(mixed(np.arange(len(whole), dtype=np.uint64), seed), kind="stable")]
    ends = np.cumsum([len(train), *map(len, sides.values())])
    return (
        {
            name: whole[first:last]
            for name, first, last in zip(sides, ends[:-1], ends[1:], strict=True)
        },
        whole[: len(train)],
    )


def near_share(voices: Float32s, train: Float32s, cosine: float = NEAR_VOICE) -> float:
    """The share of the voices (unit vectors) with one of train at the cosine or above it.

    >>> east, north = np.float32([[1, 0], [0, 1]])
    >>> near_share(np.stack([east, north]), north[None])
    0.5
    """
    highest = np.full(len(voices), -np.inf, np.float32)
    for first in range(0, len(train), AT_ONCE):
        np.maximum(highest, (voices @ train[first : first + AT_ONCE].T).max(axis=1), out=highest)
    return float((highest >= np.float32(cosine)).mean())


@dataclass(frozen=True, slots=True)
class _Table:
    """The embeddings of a manifest, whose rows begin at `first`."""

    first: int
    vectors: Float32s

    def at(self, places: Int64s) -> Float32s:
        """The vectors of those of the places that are of this manifest."""
        own = places[(places >= self.first) & (places < self.first + len(self.vectors))]
        return np.asarray(self.vectors[own - self.first], np.float32)


def _tables(rows: pl.DataFrame) -> Iterator[_Table]:
    """The embeddings beside the manifests of the rows; a table that has another number of rows than
    its manifest is of another one.
    """
    first = 0
    for height, source in rows[SOURCE.name].rle().struct.unnest().iter_rows():
        manifest = Path(str(source))
        file = manifest.with_name(VOICE_VECTORS)
        if manifest.name == VOICE_ROWS and file.is_file():
            vectors = np.load(file, mmap_mode="r", allow_pickle=False)
            if vectors.ndim == 2 and len(vectors) == height:
                yield _Table(first, vectors)
        first += height


def _voices(tables: Sequence[_Table], places: Int64s) -> Float32s:
    """The voices of those of the records that have one, as unit vectors."""
    vectors = np.concatenate([table.at(places) for table in tables])
    lengths = np.linalg.norm(vectors, axis=1)
    there = np.isfinite(lengths) & (lengths > 0)
    voices: Float32s = vectors[there] / lengths[there, None]
    return voices
