"""Words that two models have wrong, side by side: which of them each has wrong more often."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from curate.artifacts.base import read_artifact
from curate.artifacts.words import WordCounts, WordErrorPair, WordErrorsCompared, WordErrorTotals
from curate.errors import InputError
from curate.inspect.words.word_errors import AT_LEAST, SHOWN

ERRORS = "word_errors.parquet"
_HINT = "curate words PROFILE --out DIR writes it, of records that have a pred_text"


class OtherErrors(NamedTuple):
    """What an output directory of `curate words` holds of its predictions."""

    folder: Path
    errors: WordErrorTotals
    words: pl.DataFrame


def read_errors(folder: Path) -> OtherErrors:
    """The errors that an output directory of `curate words` counted; InputError where it has none.

    Read before the texts are, so that a wrong name is known at once.
    """
    counts, path = read_artifact(folder, WordCounts), folder / ERRORS
    if counts.errors is None or not path.is_file():
        raise InputError.of(str(path), "is missing", _HINT)
    return OtherErrors(folder, counts.errors, _read(path))


def compare_errors(
    counted: WordCounts, words: pl.DataFrame, other: OtherErrors
) -> WordErrorsCompared:
    """The words of `counted` beside those of other predictions.

    Compared are words that both have AT_LEAST times. InputError where `counted` has no
    predictions, and where the texts of both were normalised differently.
    """
    if counted.errors is None:
        raise InputError.of(counted.profile, "no record has a pred_text", "compare predictions")
    if other.errors.normaliser.steps != counted.errors.normaliser.steps:
        what = "its words were normalised differently"
        raise InputError.of(str(other.folder), what, "profile both with the same normaliser")
    both = words.join(other.words, on="word", suffix="_other").filter(
        pl.min_horizontal("count", "count_other") >= AT_LEAST
    )
    gap = pl.col("wrong") - pl.col("count") * pl.col("wrong_other") / pl.col("count_other")
    gaps = both.with_columns(gap=gap)
    return WordErrorsCompared(
        other=str(other.folder),
        other_words=other.errors.words,
        other_wrong=other.errors.wrong,
        at_least=AT_LEAST,
        compared=gaps.height,
        worse=_pairs(gaps.filter(pl.col("gap") > 0), down=True),
        better=_pairs(gaps.filter(pl.col("gap") < 0), down=False),
    )


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, columns=["word", "count", "wrong"])
    except (OSError, pl.exceptions.PolarsError) as error:
        what = f"cannot be read: {str(error).partition(chr(10))[0]}"
        raise InputError.of(str(path), what, _HINT) from None


def _pairs(gaps: pl.DataFrame, *, down: bool) -> tuple[WordErrorPair, ...]:
    ordered = gaps.sort("gap", "count", "word", descending=[down, True, False]).head(SHOWN)
    names = ("word", "count", "wrong", "count_other", "wrong_other")
    return tuple(
        WordErrorPair(word=word, count=count, wrong=wrong, other_count=n, other_wrong=k)
        for word, count, wrong, n, k in ordered.select(names).rows()
    )
