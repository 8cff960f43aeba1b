"""The table of a profile's records: which ones a query is about, and pages of them with texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from curate.artifacts.columns import MALFORMED
from curate.artifacts.profile import Profile
from curate.errors import InputError
from curate.manifest.lines import fetch_lines
from curate.profiles.duck import Records
from curate.profiles.opened import RECORDS, Json, origins_of
from curate.reviews.assignment import read_assignment
from curate.reviews.browse import Browser, Place, Rows
from curate.reviews.evaluation import read_evaluation
from curate.reviews.query import Query
from curate.reviews.search import TextSearch
from curate.reviews.texts import load_texts

WAIT_S = 0.2
"""How long a request waits for a search; after that it answers with what is known."""
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Beside:
    """What is open beside a profile: a split of it, and an evaluation of its records."""

    split: Path | None = None
    evaluation: Path | None = None


NOTHING_BESIDE = Beside()


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows that a query is about, among those searched so far.

    `searched` is the share of rows whose text was searched (1 without a search), `loaded` the share
    of texts that were read for searching.
    """

    query: Query
    rows: Rows
    searched: float = 1.0
    loaded: float = 1.0

    @property
    def complete(self) -> bool:
        """Whether these are all of them."""
        return self.searched == 1.0 and self.loaded == 1.0


class RecordTable:
    """The records of one profile, and the lines behind them. Thread-safe."""

    def __init__(
        self, folder: Path, profile: Profile, records: Records, beside: Beside = NOTHING_BESIDE
    ) -> None:
        split, evaluation = beside.split, beside.evaluation
        assignment = None if split is None else read_assignment(split, folder)
        self.evaluation = None if evaluation is None else read_evaluation(evaluation, folder)
        rates = None if self.evaluation is None else self.evaluation.rates
        self.browser = Browser(folder / RECORDS, records, assignment, rates)
        self.search = TextSearch(
            self.browser.rows, lambda on_read: load_texts(folder, profile, on_read)
        )
        self._origins = origins_of(profile)

    def select(self, query: Query, wait_s: float = WAIT_S) -> Selection:
        """The rows that a query is about, as far as they are known after `wait_s`."""
        if query.search is None:
            return Selection(query, self.browser.of(query))
        matches = self.search.matches(query.search, wait_s)
        if matches is None:
            return Selection(query, np.zeros(0, np.intp), 0.0, self.search.loaded_share)
        return Selection(query, self.browser.of(query, matches.mask), matches.share)

    def page(
        self, selection: Selection, after: Place | None, count: int, columns: Sequence[str]
    ) -> tuple[list[Row], Place | None]:
        """The details of the next rows behind a place, and the place where they end, if any are
        left.
        """
        places = self.browser.page(selection.query, selection.rows, after, count)
        rows = self.browser.details([row for _, row in places], columns)
        return rows, places[-1] if len(places) == count else None

    def lines(self, rows: Sequence[Row]) -> list[bytes]:
        """The line of each row, as a NeMo line; empty where its manifest cannot be read."""
        places: dict[str, list[tuple[int, int]]] = {}
        for row in rows:
            places.setdefault(row["source"], []).append((row["byte_offset"], row["byte_length"]))
        try:
            lines = {name: fetch_lines(self._origins[name], at) for name, at in places.items()}
        except (OSError, InputError):
            return [b"" for _ in rows]
        return [
            lines[row["source"]].get((row["byte_offset"], row["byte_length"]), b"") for row in rows
        ]


def identified(row: Row) -> Json:
    """What every view shows of a row."""
    us = row["duration_us"]
    return {
        "row": row["row"],
        "id": f"{row['source']}:{row['line']}",
        "verdict": row["verdict"],
        "tags": row["tags"] or [],
        "reason": row["reason"] or row[MALFORMED.name],
        "lang": row["lang"],
        "speaker": row["speaker"],
        "split": row["split"],
        "duration_s": None if us is None else us / 1e6,
    }


def text_of(line: bytes) -> str:
    """The text of a line; the line where it is no record."""
    try:
        return str(json.loads(line).get("text") or "")
    except (ValueError, AttributeError):
        return line.decode("utf-8", "replace")
