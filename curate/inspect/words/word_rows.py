"""The words of all texts with how often each occurs, and in how many rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from curate.artifacts.frames import Spans
from curate.inspect.words.summed import SummedCounts
from curate.inspect.words.vocabulary import bare

_COUNTS: Final = {"word": pl.String, "count": pl.Int64, "rows": pl.Int64}


class WordRows:
    """Counts of words, as `words_of` has them, and of the rows that hold each; added batch by
    batch, by any thread.
    """

    def __init__(self) -> None:
        self._counts = SummedCounts(_COUNTS)

    def add(self, texts: Spans) -> None:
        """Count the words of some texts, each a row."""
        self._counts.add(_counted([texts.decode(row) for row in range(texts.start.size)]))

    def counted(self) -> pl.DataFrame:
        """`word`, its `count`, and the `rows` that hold it."""
        return self._counts.total()


def _counted(texts: Sequence[str]) -> pl.DataFrame:
    tokens = pl.DataFrame({"token": pl.Series(texts, dtype=pl.String).str.extract_all(r"\S+")})
    # Each token is looked up once: after that, words are joined to lists of rows.
    rows_of = (
        tokens.with_row_index("row")
        .explode("token", empty_as_null=False)
        .group_by("token")
        .agg("row")
    )
    return (
        rows_of.select(bare(pl.col("token")).alias("word"), "row")
        .filter(pl.col("word") != "")
        .explode("row")
        .group_by("word")
        .agg(
            pl.len().cast(pl.Int64).alias("count"),
            pl.col("row").n_unique().cast(pl.Int64).alias("rows"),
        )
    )
