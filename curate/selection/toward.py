"""How much more each record's text is like a target's than like the corpus, and a draw by that.

The best scores by themselves are the same few phrases again and again: on company calls, an hour of
them lacks more of the target's words than a random hour. So records are drawn by their scores, as
DSIR does: Gumbel noise is added, and the highest sums are taken (benchmarks/results.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import polars as pl

from curate.arrays import Bools, Floats, Int64s, UInt64s
from curate.artifacts.frames import Clips, Spans
from curate.artifacts.profile import Input
from curate.artifacts.selection import SelectionTarget
from curate.errors import InputError
from curate.manifest.read import find_sources, read_manifest
from curate.manifest.texts import read_texts
from curate.splits.write import read_lines
from curate.statistics.splitmix import GOLDEN, splitmix64
from curate.text.relevance import BUCKETS, count_shingles, log_ratio, relevance

SAMPLE: Final = 200_000
"""Records of the corpus by which its shingles are counted: ten million and more of them."""
RUN: Final = 16
"""Records in a row of which such a sample has all or none, so that one read gives them all."""
_READ = "read"


def score_toward(
    target: str, rows: pl.DataFrame, noise: UInt64s, inputs: Mapping[str, Input]
) -> tuple[Floats, SelectionTarget]:
    """What each row is drawn by: its relevance (NaN where its text is empty) and Gumbel noise with
    the standard deviation of relevance as its scale; and what the target is.

    `rows` are as for `read_lines`; `noise` decides the draw, and which of many rows the corpus is
    counted by.
    InputError where the target cannot be read or has no text, or a manifest has changed.
    """
    texts, target_counts = _count_target(target)
    sample = _sample(noise)
    corpus = np.zeros(BUCKETS, np.int64)
    for counts in read_texts(_lines(rows, pl.Series(sample), inputs), count_shingles):
        corpus += counts
    weights = log_ratio(target_counts, corpus)

    def score(part: Spans) -> Floats:
        return relevance(part, weights)

    every = pl.repeat(True, rows.height, eager=True)
    scores = np.concatenate([*read_texts(_lines(rows, every, inputs), score), np.empty(0)])
    assert scores.size == rows.height, "a text for each row"
    known = scores[~np.isnan(scores)]
    scale = float(known.std()) if known.size else 0.0
    return scores + scale * _gumbel(noise), SelectionTarget(path=target, texts=texts)


def _sample(noise: UInt64s) -> Bools:
    """Which rows the corpus is counted by: runs of RUN rows, drawn by the noise of their first."""
    first = noise[::RUN]
    last = min(-(-SAMPLE // RUN), first.size) - 1
    drawn = first <= np.partition(first, last)[last] if first.size else first == 0
    return np.repeat(drawn, RUN)[: noise.size]


def _gumbel(noise: UInt64s) -> Floats:
    """Values of the standard Gumbel distribution, another for each value of the noise."""
    uniform = (
        (splitmix64(noise ^ np.uint64(GOLDEN)) >> np.uint64(11)).astype(np.float64) + 0.5
    ) * 2.0**-53
    gumbel: Floats = -np.log(-np.log(uniform))
    return gumbel


def _lines(
    rows: pl.DataFrame, mask: pl.Series, inputs: Mapping[str, Input]
) -> Iterator[memoryview]:
    chosen = rows.with_columns(pl.when(mask).then(pl.lit(_READ)).alias("split"))
    for (part,) in read_lines(chosen, [_READ], inputs):
        yield part


def _count_target(target: str) -> tuple[int, Int64s]:
    """How many texts the target has, and how often each shingle is in them."""
    texts, total = 0, np.zeros(BUCKETS, np.int64)

    def count(clips: Clips) -> pl.DataFrame:
        counts = count_shingles(clips.texts)
        given = int((clips.texts.length > 0).sum())
        return clips.frame.select(
            pl.lit(given).alias("texts"), pl.lit(pl.Series([counts])).alias("counts")
        )

    for source in find_sources([target]):
        for piece in read_manifest(source, count):
            if piece.frame.height:
                given, counts = piece.frame.row(0)
                texts, total = texts + given, total + np.array(counts, np.int64)
    if not total.any():
        raise InputError.of(target, "has no text", "name a manifest with texts of the target")
    return texts, total
