"""How much more likely a text is in a target domain than in a corpus: by hashed shingles.

The difference of two cross-entropies (Moore and Lewis 2010, "Intelligent selection of language
model training data"), over n-grams of characters hashed to buckets, as DSIR does with words (Xie,
Santurkar, Ma and Liang 2023, "Data selection for language models via importance resampling").
Shingles need no word boundaries, so that every script has them. Why the mean, and not DSIR's sum:
benchmarks/results.md, "Hours toward a target".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from curate.arrays import Bytes, Floats, Int64s, UInt16s, UInt32s, UInt64s
from curate.artifacts.frames import Spans
from curate.native import kernel
from curate.text.rewrite import normal_spans
from curate.text.unicode import tables

BUCKETS: Final = 1 << 16
"""A power of two. Sentences of 80,000 hours of English have a few million shingles; those that
matter, the frequent ones, share buckets with rare ones.
"""


def define(shingles: Sequence[int], target: Sequence[int], corpus: Sequence[int]) -> float | None:
    """The score of a text by its shingles (numbers of buckets): the mean of log(p/q).

    p and q are the shares of a bucket in the counts of `target` and of `corpus`, one added to each.
    None where a text has no shingle.

    >>> round(define([0, 1], target=[3, 0], corpus=[1, 1]), 3)
    -0.223
    """
    if not shingles:
        return None
    weights = log_ratio(np.array(target, np.int64), np.array(corpus, np.int64))
    return float(weights[list(shingles)].mean())


def log_ratio(target: Int64s, corpus: Int64s) -> Floats:
    """The weight of each bucket: the logarithm of its share in `target` over that in `corpus`."""
    p, q = target + 1.0, corpus + 1.0
    weights: Floats = np.log(p / p.sum()) - np.log(q / q.sum())
    return weights


def count_shingles(texts: Spans) -> Int64s:
    """How often each bucket is in the normal forms of the texts."""
    counts = np.zeros(BUCKETS, np.int64)
    _count(*_prepared(texts), counts)
    return counts


def relevance(texts: Spans, weights: Floats) -> Floats:
    """The mean weight of the shingles of each text's normal form; NaN where it has none."""
    scores = np.empty(texts.start.size, np.float64)
    _score(*_prepared(texts), weights, scores)
    return scores


def _prepared(
    texts: Spans,
) -> tuple[Bytes, Int64s, Int64s, UInt16s, UInt32s, UInt64s]:
    data, start, length = normal_spans(texts.data, texts.start, texts.length)
    length = np.maximum(length, 0)
    longest = int(length.max(initial=0)) + 1
    room = np.empty(longest, np.uint32), np.empty(longest, np.uint64)
    return data, start, length, tables().flags, *room


@kernel("relevance")
def _count(
    data: Bytes, starts: Int64s, lengths: Int64s, flags: UInt16s, codes: UInt32s, hashes: UInt64s,
    counts: Int64s,
) -> None:  # fmt: skip
    raise NotImplementedError


@kernel("relevance")
def _score(
    data: Bytes, starts: Int64s, lengths: Int64s, flags: UInt16s, codes: UInt32s, hashes: UInt64s,
    weights: Floats, scores: Floats,
) -> None:  # fmt: skip
    raise NotImplementedError
