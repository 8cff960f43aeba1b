"""Buckets of a run: from `bins.json` where it fits the run, else estimated; by duration, or by
duration and tokens.

Buckets hold about the same time, as Lhotse estimates them. NeMo by itself would cut the range up
to max_duration into pieces of equal length instead, most of which hold hardly any speech. In 2-D
each bucket is halved by its tokens, and the last one holds whatever the model takes: no recording
is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from curate.artifacts.base import read_artifact
from curate.artifacts.buckets import Buckets as StoredBuckets
from curate.errors import ConfigError
from curate.files.state import sha256_of
from train.artifacts.batch_sizes import BucketKind
from train.config import RunConfig
from train.plan.corpus import Corpus
from train.plan.lengths import Lengths
from train.plan.tokenizer import Tokenizer
from train.recipe.buckets import Bucket, Buckets

Array = npt.NDArray[np.float64]

MOST_SORTED = 500_000

HALVES = 2
"""Buckets by tokens within one by duration, as `curate shard --tokenizer` makes them."""

TOKENS_PER_S = 12
"""Tokens a second for which memory is measured where buckets have no limit of tokens; NeMo's own
default for this, above what transcripts have.
"""


@dataclass(frozen=True)
class BucketData:
    """What buckets are made of: durations of the data, lengths of a sample, limits of the model.

    `cuts` and `hours` are all of the data's, `durations_s` sorted and at most MOST_SORTED of them.
    `tokens` are those of the decoder: `around` a transcript stand the prompt and its end. `limit`
    is the largest number of them, None without a limit. Rows outside of the run's durations are
    left out.
    """

    run: RunConfig
    corpus: Corpus = field(repr=False)
    tokenizer: Tokenizer = field(repr=False)
    cuts: float
    hours: float
    longest_s: float
    durations_s: Array = field(repr=False)
    sampled_s: Array = field(repr=False)
    tokens: Array = field(repr=False)
    around: int
    limit: int | None

    @classmethod
    def of(
        cls, corpus: Corpus, run: RunConfig, tokenizer: Tokenizer, lengths: Sequence[Lengths],
        around: int, limit: int | None,
    ) -> BucketData:  # fmt: skip
        """Take the lengths that lie within the run's durations."""
        pairs = np.array([pair for each in lengths for pair in each.pairs]).reshape(-1, 2)
        sampled_s, tokens = pairs[_used(pairs[:, 0], run)].T
        seconds = corpus.durations["duration_s"].to_numpy()
        seconds = seconds[_used(seconds, run)]
        return cls(
            run=run,
            corpus=corpus,
            tokenizer=tokenizer,
            cuts=len(seconds) * corpus.scale,
            hours=float(seconds.sum()) * corpus.scale / 3600,
            longest_s=float(seconds.max(initial=0.0)),
            durations_s=np.sort(seconds[:: max(1, len(seconds) // MOST_SORTED)]),
            sampled_s=sampled_s,
            tokens=tokens + around,
            around=around,
            limit=limit,
        )


def _used(seconds: Array, run: RunConfig) -> npt.NDArray[np.bool_]:
    return (seconds >= run.train_ds.min_duration) & (seconds <= run.train_ds.max_duration)


def plan_buckets(data: BucketData, kind: BucketKind) -> Buckets:
    """The buckets of a run for which no batch sizes were measured."""
    if kind == "1d":
        tops, source = _duration_tops(data)
        return Buckets(tuple(Bucket(top) for top in tops), source)
    shapes = bucket_shapes(data, kind)
    return replace(shapes, buckets=tuple(_sized(each, data.run) for each in shapes.buckets))


def bucket_shapes(data: BucketData, kind: BucketKind) -> Buckets:
    """The buckets for which to measure batch sizes, without sizes: each with its largest shape.

    They hold every recording up to `max_duration`, and in 2-D every transcript up to the limit.
    """
    longest_s = data.run.train_ds.max_duration
    if kind == "1d":
        tops, source = _duration_tops(data)
        ends = [*tops, longest_s] if tops[-1] < longest_s else tops
        return Buckets(tuple(Bucket(top, _most_tokens(data, top)) for top in ends), source)
    if data.limit is None:
        what = "2-D buckets need a model whose decoder has a limit of tokens, a Canary"
        raise ConfigError.of("train_ds.buckets", what, "buckets: 1d")
    pairs, source = _pairs(data)
    last = (longest_s, data.limit)
    inside = [(top, tokens) for top, tokens in pairs if top <= longest_s and tokens < data.limit]
    return Buckets(tuple(Bucket(*pair) for pair in [*inside, last]), source)


def _sized(bucket: Bucket, run: RunConfig) -> Bucket:
    """The bucket with the batch size that `batch_duration` gives its longest recording."""
    data = run.train_ds
    size = int(data.batch_duration // effective_s(bucket.upto_s, data.quadratic_duration))
    return replace(bucket, batch_size=max(1, size))


def effective_s(duration_s: float, quadratic_s: float | None) -> float:
    """What a cut counts against batch_duration.

    >>> effective_s(30.0, 15.0), effective_s(30.0, None)
    (90.0, 30.0)
    """
    return duration_s + duration_s**2 / quadratic_s if quadratic_s else duration_s


def _most_tokens(data: BucketData, top: float) -> int:
    """The most tokens to expect of a recording of at most `top` seconds."""
    usual = data.around + math.ceil(TOKENS_PER_S * top)
    most = int(data.tokens[data.sampled_s <= top].max(initial=usual))
    return most if data.limit is None else min(most, data.limit)


def _duration_tops(data: BucketData) -> tuple[list[float], str]:
    """The longest recording of each bucket, the last that of the data."""
    if stored := _stored(data):
        tops = [*stored.bucket_duration_bins, stored.max_duration]
        return sorted(set(tops)), StoredBuckets.file
    seconds = data.durations_s
    if not len(seconds):
        return [data.run.train_ds.max_duration], "no recording"
    values, counts = np.unique(seconds, return_counts=True)
    ends = values[_even_ends(np.cumsum(values * counts), data.run.train_ds.num_buckets)]
    return ends.tolist(), f"{len(seconds):,} durations"


def _even_ends(cumulated: Array, parts: int) -> npt.NDArray[np.int64]:
    """Where to end each part so that all have about as much; fewer parts where that is nearer."""
    targets = cumulated[-1] * np.arange(1, parts + 1) / parts
    above = np.minimum(np.searchsorted(cumulated, targets), len(cumulated) - 1)
    below = np.maximum(above - 1, 0)
    is_nearer = targets - cumulated[below] < cumulated[above] - targets
    return np.unique(np.where(is_nearer, below, above))


def _pairs(data: BucketData) -> tuple[list[tuple[float, int]], str]:
    """Duration and tokens at which each 2-D bucket ends, in ascending order."""
    stored = _stored(data)
    if stored and stored.bucket_duration_bins_2d and _counted_alike(stored, data.tokenizer):
        pairs = stored.bucket_duration_bins_2d
        return sorted({(t, n + data.around) for t, n in pairs}), StoredBuckets.file
    tops, source = _duration_tops(data)
    source += f", and tokens of {len(data.tokens):,} transcripts"
    return sorted(set(_halves(data, tops))), source


def _halves(data: BucketData, tops: Sequence[float]) -> Iterator[tuple[float, int]]:
    """Each duration bucket, halved so that both parts have about as many tokens in all."""
    before = 0.0
    for top in tops:
        tokens = np.sort(data.tokens[(data.sampled_s > before) & (data.sampled_s <= top)])
        before = top
        if len(tokens):
            yield from ((top, int(tokens[end])) for end in _even_ends(np.cumsum(tokens), HALVES))


def _stored(data: BucketData) -> StoredBuckets | None:
    """The data's own bins.json, where its buckets are as many as the run's, and hold all rows."""
    corpus, settings = data.corpus, data.run.train_ds
    path = corpus.folder / StoredBuckets.file
    if corpus.kind != "shards" or corpus.sources or not path.is_file():
        return None
    stored = read_artifact(path, StoredBuckets)
    is_whole = stored.max_duration <= settings.max_duration
    return stored if is_whole and stored.num_buckets == settings.num_buckets else None


def _counted_alike(stored: StoredBuckets, tokenizer: Tokenizer) -> bool:
    """Whether tokens were counted with the model's own SentencePiece models."""
    own = {part.sha256 for part in tokenizer.parts}
    paths = [Path(name.rpartition("=")[2]) for name in stored.tokenizers or ()]
    return all(path.is_file() and sha256_of(path) in own for path in paths)
