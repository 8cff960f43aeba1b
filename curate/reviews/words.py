"""The words of a profile's texts, a page at a time: how often each occurs, and how well it is
recognised where there are predictions.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from curate.artifacts.columns import LANG
from curate.artifacts.frames import Languages, Spans
from curate.artifacts.profile import Profile
from curate.inspect.words import normaliser_of, tabulate_words, with_errors
from curate.inspect.words.word_errors import Errors
from curate.profiles.named import WORD_TABLE
from curate.profiles.opened import RECORDS, Json
from curate.reviews.background import Background, Watch
from curate.reviews.browse import Rows
from curate.reviews.query import NoSuch
from curate.reviews.search import Mask
from curate.reviews.stored import FEWEST_ROWS, Stored
from curate.reviews.table import WAIT_S, RecordTable

SORTS: Final = ("count", "rows", "accuracy")
MOST_WORDS: Final = 100
"""Words of one page."""
_SCHEMA: Final = "curate.word_table/1"
_COLUMNS: Final = ["word", "count", "rows", "predicted", "wrong"]


@dataclass(frozen=True, slots=True)
class WordsRequest:
    """Words with `part` in them that occur from `least` to `most` times (None: any), sorted by one
    of SORTS (words in which that is unknown are left out), from the place `after` on.
    """

    part: str = ""
    least: int | None = None
    most: int | None = None
    sort: str = "count"
    down: bool = True
    after: int = 0


class Words:
    """The words of one profile. Thread-safe.

    They are counted once, beside the requests: at the start where that takes a moment, else when
    somebody first requests them.
    """

    def __init__(self, folder: Path, profile: Profile, table: RecordTable) -> None:
        self._folder, self._profile, self._table = folder, profile, table
        self._stored = Stored(folder, WORD_TABLE, _SCHEMA, profile)
        self._words = Background("the words of the texts", table.browser.rows, self._count)
        self._lock = threading.Lock()
        self._orders: dict[tuple[str, bool], Rows] = {}

    def start(self) -> None:
        """Count them in advance, where that takes a moment."""
        if self._table.browser.rows < FEWEST_ROWS or self._stored.exists():
            self._words.start()

    def close(self) -> None:
        """Stop what runs beside the requests."""
        self._words.close()

    def answer(self, request: WordsRequest) -> Json:
        """A page of words; `loaded` is the share of texts that have been read, and nothing is
        listed before it is 1. InputError where the texts cannot be read.
        """
        share = self._words.share
        words = self._words.wait(WAIT_S)
        if words is None:
            return {"words": [], "after": None, "total": 0, "loaded": share}
        order = self._order(words, request.sort, request.down)
        at = order[_mask(words, request)[order]]
        shown = at[request.after : request.after + MOST_WORDS]
        end = request.after + MOST_WORDS
        return {
            "words": words[shown].select(_COLUMNS).rows(),
            "after": end if end < at.size else None,
            "total": int(at.size),
            "predicted": words["predicted"].count() > 0,
            "loaded": 1.0,
        }

    def _order(self, words: pl.DataFrame, sort: str, down: bool) -> Rows:
        """The places of the words in which the sorted figure is known; the commoner one of equals
        first.
        """
        with self._lock:
            if (sort, down) not in self._orders:
                values = words[sort].cast(pl.Float64).fill_null(float("nan")).to_numpy()
                order = np.argsort(-values if down else values, kind="stable")
                self._orders[sort, down] = order[: int(np.count_nonzero(~np.isnan(values)))]
            return self._orders[sort, down]

    def _count(self, on_read: Watch) -> pl.DataFrame:
        words = self._stored.read(_COLUMNS)
        if words is None:
            words = tabulate_words(self._profile, on_read)
            if self._table.browser.rows >= FEWEST_ROWS:
                self._stored.write(words)
        if self._table.evaluation is not None:
            errors = self._errors(self._table.evaluation.hypotheses, on_read)
            known = words.select(_COLUMNS[:3]).filter(pl.col("count").is_not_null())
            words = with_errors(known, errors)
        accuracy = 1 - pl.col("wrong") / pl.col("predicted")
        order = pl.col("count").fill_null(pl.col("predicted"))
        return words.with_columns(accuracy=accuracy).sort(order, "word", descending=[True, False])

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


def words_request(parameters: Mapping[str, str]) -> WordsRequest:
    """The words that a request's parameters name. NoSuch, or ValueError, for what is no such."""
    sort = parameters.get("sort", SORTS[0])
    if sort not in SORTS:
        raise NoSuch(f"words are sorted by one of {', '.join(SORTS)}")
    least, most = (parameters.get(name) or None for name in ("least", "most"))
    after = int(parameters.get("after") or 0)
    if after < 0:
        raise NoSuch("no page begins there")
    return WordsRequest(
        parameters.get("part", "").strip(),
        None if least is None else int(least),
        None if most is None else int(most),
        sort,
        parameters.get("order", "down") != "up",
        after,
    )


def _mask(words: pl.DataFrame, request: WordsRequest) -> Mask:
    # Words that only the normaliser writes so occur as often as they are to be predicted.
    count = pl.col("count").fill_null(pl.col("predicted"))
    conditions = [pl.col("word").is_not_null()]
    if request.least is not None:
        conditions.append(count >= request.least)
    if request.most is not None:
        conditions.append(count <= request.most)
    if request.part:
        forms = {unicodedata.normalize(form, request.part.lower()) for form in ("NFC", "NFD")}
        contained = [pl.col("word").str.contains(form, literal=True) for form in sorted(forms)]
        conditions.append(pl.any_horizontal(contained))
    return words.select(pl.all_horizontal(conditions).alias("held"))["held"].to_numpy()
