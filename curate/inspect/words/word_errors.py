"""The words of texts that `pred_text` has wrong: missed or replaced, after the normaliser.

Where a script writes no spaces, characters are the words, as they are for the error rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np
import polars as pl

from curate.arrays import Int64s
from curate.artifacts.columns import LANG
from curate.artifacts.frames import Clips, Languages, Spans
from curate.artifacts.words import WordErrors, WordErrorTotals
from curate.text.edits import PairEdits, count_normalised
from curate.text.normaliser import Normaliser

AT_LEAST = 5
"""Occurrences from which on a word's share of errors says something."""
SHOWN = 20
_MOST_PARTS = 32
_COUNTS = {"word": pl.String, "count": pl.Int64, "wrong": pl.Int64}


class Errors:
    """Words of predicted texts and how often each is wrong, added batch by batch, by any thread."""

    def __init__(self, normaliser: Normaliser) -> None:
        self._lock = Lock()
        self.normaliser = normaliser
        self.rows = 0
        self._parts: list[pl.DataFrame] = []

    def add(self, clips: Clips, predicted: Spans | None) -> None:
        """Count the rows of a batch that have a prediction: one of the hypotheses of `clips`."""
        if predicted is None:
            return
        rows = np.flatnonzero(predicted.length >= 0)
        languages = Languages.declared(clips.frame[LANG.name])
        known = Languages(languages.names, languages.of[rows])
        self.add_pairs(_chosen(clips.texts, rows), _chosen(predicted, rows), known)

    def add_pairs(self, texts: Spans, predicted: Spans, languages: Languages) -> None:
        """Count texts with their predictions, each of its language."""
        pairs = count_normalised(
            (texts.data, texts.start, texts.length),
            (predicted.data, predicted.start, predicted.length),
            self.normaliser, languages.names, languages.of, mark_words=True,
        )  # fmt: skip
        assert pairs.wrong is not None
        marked = pl.DataFrame({"word": _words(pairs), "wrong": pl.Series(pairs.wrong)})
        counts = (pl.len().cast(pl.Int64).alias("count"), pl.col("wrong").sum().cast(pl.Int64))
        counted = marked.group_by("word").agg(*counts)
        with self._lock:
            self.rows += texts.start.size
            self._parts.append(counted)
            if len(self._parts) >= _MOST_PARTS:
                self._parts = [_added(self._parts)]

    def counted(self) -> pl.DataFrame:
        """`word`, its `count`, and how many of them are `wrong`; the most often wrong first."""
        order = ["wrong", "count", "word"]
        return _added(self._parts).sort(order, descending=[True, True, False])


def totals(errors: Errors) -> WordErrorTotals | None:
    """What is wrong in all, and the words that are wrong most; None where nothing is predicted."""
    if not errors.rows:
        return None
    words = errors.counted()
    share = pl.col("wrong") / pl.col("count")
    known = words.filter((pl.col("count") >= AT_LEAST) & (pl.col("wrong") > 0))
    worst = known.sort(share, "count", "word", descending=[True, True, False])
    return WordErrorTotals(
        normaliser=errors.normaliser.named(),
        rows=errors.rows,
        words=int(words["count"].sum()),
        wrong=int(words["wrong"].sum()),
        at_least=AT_LEAST,
        most=_errors(words.filter(pl.col("wrong") > 0).head(SHOWN)),
        worst=_errors(worst.head(SHOWN)),
    )


def _words(pairs: PairEdits) -> pl.Series:
    """The words of all first texts, row by row, as they are marked."""
    data, start, length = pairs.texts
    spans = Spans(data, start, length)
    texts = pl.DataFrame(
        {
            "word": pl.Series([spans.decode(row) for row in range(start.size)], dtype=pl.String),
            "spaceless": pl.Series(pairs.spaceless),
        }
    )
    characters = pl.col("word").str.extract_all(r"\S")
    split = pl.when("spaceless").then(characters).otherwise(pl.col("word").str.extract_all(r"\S+"))
    return texts.select(split.explode(empty_as_null=False)).to_series()


def _chosen(spans: Spans, rows: Int64s) -> Spans:
    return Spans(spans.data, spans.start[rows], spans.length[rows])


def _added(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    whole = pl.concat([pl.DataFrame(schema=_COUNTS), *parts])
    return whole.group_by("word").agg(pl.col("count").sum(), pl.col("wrong").sum())


def _errors(words: pl.DataFrame) -> tuple[WordErrors, ...]:
    return tuple(
        WordErrors(word=word, count=count, wrong=wrong)
        for word, count, wrong in words.select("word", "count", "wrong").rows()
    )
