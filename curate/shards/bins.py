"""Duration buckets for training, estimated from numbers only: no audio, no Lhotse, no NeMo.

Equal, to the last digit, to what Lhotse and NeMo estimate when they read all the data, which takes
them minutes to hours: `lhotse.dataset.sampling.dynamic_bucketing.estimate_duration_buckets`, and
NeMo's scripts/speech_recognition/estimate_duration_bins_2d.py (commit 002ad10).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

OUTLIER = 4.0
"""Rows with tokens per second so many standard deviations above their bucket's are left out."""


@dataclass(frozen=True, slots=True)
class TokenBins:
    """Buckets by duration and tokens, as NeMo's `bucket_duration_bins` and `max_tps` take them."""

    bins: Sequence[tuple[float, int]]
    max_tps: Sequence[float]


def duration_bins(durations_s: Array, buckets: int) -> list[float]:
    """Where each bucket but the first begins, seconds; buckets hold about the same time.

    At most `buckets` - 1 values, fewer where one long row fills a bucket; with fewer rows than
    buckets, as many buckets as rows.
    """
    sizes = np.sort(np.asarray(durations_s, dtype=np.float64))
    buckets = min(buckets, len(sizes))
    if buckets < 2:
        return []
    return [float(sizes[at]) for at in _starts(sizes, sizes.sum() / buckets)]


def _starts(sizes: Array, share: Any, digits: int | None = None) -> Iterator[int]:
    """The rows at which the sum since the last such row has passed `share`.

    Summed one after the other in the sizes' own precision, the first of a sum rounded to `digits`:
    what the loops of Lhotse and NeMo come to.
    """
    begin, first = 0, sizes[0]
    while True:
        rest = np.concatenate([[first], sizes[begin + 1 :]])
        sums = np.add.accumulate(rest, dtype=sizes.dtype)
        begin += 1 + int(np.searchsorted(sums, share, side="right"))
        if begin >= len(sizes):
            return
        yield begin
        first = sizes[begin] if digits is None else round(sizes[begin], digits)


def token_bins(
    durations_s: Array, tokens: Array, buckets: int, sub_buckets: int = 2, outlier: float = OUTLIER
) -> TokenBins:
    """Buckets by duration, each split by tokens, for encoder-decoder models.

    `tokens` counts what the decoder emits for each row, prompt included where there is one. As in
    NeMo's script, the tokens of a bucket are those of all rows from its first on but the last
    row, and buckets that begin at the same duration are one with more sub-buckets.
    """
    order = np.lexsort((tokens, durations_s.astype(np.float32)))
    sizes = durations_s.astype(np.float32)[order]
    counts = np.asarray(tokens, dtype=np.int32)[order]
    buckets = min(buckets, len(sizes))
    if buckets < 2:
        return TokenBins([], [])
    firsts = list(_starts(sizes, sizes.sum() / np.float32(buckets), 3))
    tops, longest = [round(sizes[at], 3) for at in firsts], round(sizes[-1], 3)
    bins: list[tuple[float, int]] = []
    max_tps: list[float] = []
    start, merged = 0, 1
    following_tops = [*tops[1:], longest][: len(tops)]
    for top, first, following in zip(tops, firsts, following_tops, strict=True):
        if top == following:
            merged += 1
            continue
        _add(bins, max_tps, top, sizes[start:-1], counts[start:-1], sub_buckets * merged, outlier)
        start, merged = first, 1
    _add(bins, max_tps, longest, sizes[start:-1], counts[start:-1], sub_buckets * merged, outlier)
    return TokenBins(bins, max_tps)


def _add(
    bins: list[tuple[float, int]],
    max_tps: list[float],
    top: np.float32,
    sizes: Array,
    counts: Array,
    sub_buckets: int,
    outlier: float,
) -> None:
    """Append the sub-buckets of one duration bucket: each with about as many tokens."""
    if not counts.size:
        return
    rates = counts / sizes
    spread = float(np.std(rates))
    usual = (rates - np.mean(rates)) / spread <= outlier if spread else np.ones(rates.size, bool)
    sorted_counts = np.sort(counts[usual])
    before = np.concatenate([[0], np.cumsum(sorted_counts, dtype=np.int64)])
    share, at = before[-1] / sub_buckets, 0
    ends = []
    while True:
        at = int(np.searchsorted(before[:-1], before[at] + share, side="right"))
        if at >= sorted_counts.size:
            break
        ends.append(int(sorted_counts[at]))
    ends.append(int(sorted_counts[-1]))
    bins += [(float(top), end) for end in ends]
    max_tps += [float(rates[usual].max())] * len(ends)
