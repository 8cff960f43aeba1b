"""The words of all texts, without case and outer punctuation, and how often each occurs."""

from __future__ import annotations

import polars as pl

from curate.artifacts.frames import Spans
from curate.artifacts.words import Coverage, Vocabulary, WordFrequency
from curate.inspect.words.summed import SummedCounts

SHOWN, HAPAXES = 20, 200
_SHARES = (0.5, 0.9, 0.99)
OUTER = r"[[\p{P}\p{S}]&&[\x{0}-\x{30FF}]]"
"""Punctuation and signs that are no part of a word where they surround it, as a regular expression
of Rust's `regex`.
"""
_AROUND = f"^{OUTER}+|{OUTER}+$"
_TOKENS = {"token": pl.String, "count": pl.Int64}


class Tokens:
    """Counts of tokens, added batch by batch from any thread; what is between blanks is a token."""

    def __init__(self) -> None:
        self._counts = SummedCounts(_TOKENS)

    def add(self, texts: Spans) -> None:
        """Count the tokens of some texts."""
        decoded = pl.Series(
            "token", [texts.decode(row) for row in range(texts.start.size)], pl.String
        )
        split = decoded.str.extract_all(r"\S+").explode(empty_as_null=False).to_frame()
        self._counts.add(split.group_by("token").agg(pl.len().cast(pl.Int64).alias("count")))

    def counted(self) -> pl.DataFrame:
        """`token`, as it is written, and its `count`."""
        return self._counts.total()


def bare(token: pl.Expr) -> pl.Expr:
    """A token without case and outer punctuation; empty where it is nothing else."""
    return token.str.to_lowercase().str.replace_all(_AROUND, "")


def words_of(tokens: pl.DataFrame) -> pl.DataFrame:
    """Counted words without case and outer punctuation, commonest first: `word`, `count`."""
    words = (
        tokens.group_by(bare(pl.col("token")).alias("word"))
        .agg(pl.col("count").sum())
        .filter(pl.col("word") != "")
    )
    return words.sort(["count", "word"], descending=[True, False])


def vocabulary(words: pl.DataFrame) -> Vocabulary:
    """How large it is, how few words make up most of the texts, and its extremes."""
    length = pl.col("word").str.len_chars()
    longest = words.sort(length, "word", descending=[True, False]).head(SHOWN)
    total = int(words["count"].sum())
    running = words["count"].cum_sum()
    once = words.filter(pl.col("count") == 1)["word"]
    return Vocabulary(
        tokens=total,
        words=words.height,
        once=once.len(),
        covering=tuple(
            Coverage(share=share, words=int((running < share * total).sum()) + 1)
            for share in _SHARES
            if total
        ),
        frequent=_frequencies(words.head(SHOWN)),
        longest=_frequencies(longest),
        hapaxes=tuple(once.sort().gather_every(-(-once.len() // HAPAXES) or 1)),
    )


def _frequencies(words: pl.DataFrame) -> tuple[WordFrequency, ...]:
    return tuple(WordFrequency(word=word, count=count) for word, count in words.rows())
