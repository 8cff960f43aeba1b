"""The words of a profile's texts, a page at a time: how often each occurs, and how well it is
recognised where there are predictions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from curate.artifacts.columns import LANG
from curate.artifacts.frames import Languages, Spans
from curate.artifacts.profile import Profile
from curate.inspect.words import normaliser_of, tabulate_words, with_errors
from curate.inspect.words.word_errors import Errors
from curate.profiles.named import WORD_TABLE
from curate.profiles.opened import RECORDS, Json
from curate.reviews.background import Background, Watch
from curate.reviews.listing import Listing, ListRequest, list_request
from curate.reviews.stored import FEWEST_ROWS, Stored
from curate.reviews.table import WAIT_S, RecordTable

SORTS: Final = ("count", "word", "rows", "accuracy", "accuracy_2", "difference")
"""`difference`: how many more errors the first prediction has in a word than the second has in as
many."""
_SCHEMA: Final = "curate.word_table/2"
_COUNTED: Final = ["word", "count", "rows"]
_ERRORS: Final = ["predicted", "wrong", "predicted_2", "wrong_2", "written"]
_SHOWN: Final = [*_COUNTED, *_ERRORS, "difference"]
_OFTEN: Final = pl.coalesce("count", "predicted", "predicted_2")
"""Words that only the normaliser writes so occur as often as they are to be predicted."""


class Words:
    """The words of one profile. Thread-safe.

    They are counted once, beside the requests: at the start where that takes a moment, else when
    somebody first requests them.
    """

    def __init__(self, folder: Path, profile: Profile, table: RecordTable) -> None:
        self._folder, self._profile, self._table = folder, profile, table
        self._stored = Stored(folder, WORD_TABLE, _SCHEMA, profile)
        self._words = Background("the words of the texts", table.browser.rows, self._count)

    def start(self) -> None:
        """Count them in advance, where that takes a moment."""
        if self._table.browser.rows < FEWEST_ROWS or self._stored.exists():
            self._words.start()

    def close(self) -> None:
        """Stop what runs beside the requests."""
        self._words.close()

    def answer(self, request: ListRequest) -> Json:
        """A page of words; `loaded` is the share of texts that have been read, and nothing is
        listed before it is 1. InputError where the texts cannot be read.
        """
        share = self._words.share
        words = self._words.wait(WAIT_S)
        if words is None:
            return {"words": [], "after": None, "total": 0, "loaded": share}
        page = words.page(request, "place" if request.sort == "word" else request.sort)
        return {
            "words": page.rows.select(_SHOWN).rows(named=True),
            "after": page.after,
            "total": page.total,
            "models": [words.table[name].count() > 0 for name in ("predicted", "predicted_2")],
            "loaded": 1.0,
        }

    def _count(self, on_read: Watch) -> Listing:
        words = self._stored.read([*_COUNTED, *_ERRORS])
        if words is None:
            words = tabulate_words(self._profile, on_read)
            if self._table.browser.rows >= FEWEST_ROWS:
                self._stored.write(words)
        if self._table.evaluation is not None:
            errors = self._errors(self._table.evaluation.hypotheses, on_read)
            known = words.select(_COUNTED).filter(pl.col("count").is_not_null())
            # A second prediction is not that of the evaluated records only: it is left out.
            words = with_errors(known, errors, Errors(errors.normaliser))
        return Listing(_ordered(words), "word", "often")

    def _errors(self, hypotheses: Mapping[int, str], on_read: Watch) -> Errors:
        """The errors of an evaluation's hypotheses, by row."""
        while (texts := self._table.search.texts.wait(WAIT_S)) is None:
            on_read(0)
        rows = pl.Series(sorted(hypotheses), dtype=pl.Int64)
        languages = pl.read_parquet(self._folder / RECORDS, columns=[LANG.name])[LANG.name]
        errors = Errors(normaliser_of(self._profile))
        errors.add_pairs(
            Spans.of(texts.gather(rows).to_list()),
            Spans.of([hypotheses[row] for row in rows.to_list()]),
            Languages.declared(languages.gather(rows)),
        )
        return errors


def words_request(parameters: Mapping[str, str]) -> ListRequest:
    """The words that a request's parameters name. NoSuch, or ValueError, for what is no such."""
    return list_request(parameters, SORTS, "words")


def _ordered(words: pl.DataFrame) -> pl.DataFrame:
    """The words with all that they are sorted by, the commonest first."""
    accuracy, accuracy_2 = (
        1 - pl.col(f"wrong{suffix}") / pl.col(f"predicted{suffix}") for suffix in ("", "_2")
    )
    other = pl.col("wrong_2") * pl.col("predicted") / pl.col("predicted_2")
    return (
        words.sort("word")
        .with_row_index("place")
        .with_columns(
            accuracy=accuracy,
            accuracy_2=accuracy_2,
            difference=pl.col("wrong") - other,
            often=_OFTEN,
        )
        .sort("often", "word", descending=[True, False])
    )
