"""A table of which a page at a time is listed: rows with a part of a text in them, sorted by one of
its columns.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from curate.reviews.browse import Rows
from curate.reviews.query import NoSuch
from curate.reviews.search import Mask

MOST_LISTED: Final = 100
"""Rows of one page."""


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Rows with `part` in their text whose count is from `least` to `most` (None: any), sorted by
    `sort` (rows in which that is unknown are left out), from the place `after` on.
    """

    part: str = ""
    least: int | None = None
    most: int | None = None
    sort: str = "count"
    down: bool = True
    after: int = 0


class Page(NamedTuple):
    """Rows of a page, where the next one begins (None: nowhere), and how many rows match."""

    rows: pl.DataFrame
    after: int | None
    total: int


class Listing:
    """A table with a column `text`, and what it is sorted by as numbers. Thread-safe.

    Of equal values the earlier row is listed first.
    """

    def __init__(self, table: pl.DataFrame, text: str, count: str) -> None:
        self.table, self._text, self._count = table, text, count
        self._lock = threading.Lock()
        self._orders: dict[tuple[str, bool], Rows] = {}

    def page(self, request: ListRequest, column: str) -> Page:
        """The page that is requested, sorted by `column`."""
        order = self._order(column, request.down)
        at = order[self._mask(request)[order]]
        end = request.after + MOST_LISTED
        shown = self.table[at[request.after : end]]
        return Page(shown, end if end < at.size else None, int(at.size))

    def _order(self, column: str, down: bool) -> Rows:
        """The rows in which the column is known."""
        with self._lock:
            if (column, down) not in self._orders:
                values = self.table[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()
                order = np.argsort(-values if down else values, kind="stable")
                self._orders[column, down] = order[: int(np.count_nonzero(~np.isnan(values)))]
            return self._orders[column, down]

    def _mask(self, request: ListRequest) -> Mask:
        text, count = pl.col(self._text), pl.col(self._count)
        conditions = [count.is_not_null()]
        if request.least is not None:
            conditions.append(count >= request.least)
        if request.most is not None:
            conditions.append(count <= request.most)
        if request.part:
            part = request.part.lower()
            forms = {unicodedata.normalize(form, part) for form in ("NFC", "NFD")}
            lower = text.str.to_lowercase()
            contained = [lower.str.contains(form, literal=True) for form in sorted(forms)]
            conditions.append(pl.any_horizontal(contained).fill_null(value=False))
        held = self.table.select(pl.all_horizontal(conditions).alias("held"))["held"]
        return held.to_numpy()


def list_request(parameters: Mapping[str, str], sorts: Sequence[str], what: str) -> ListRequest:
    """The rows that a request's parameters name. NoSuch, or ValueError, for what is no such;
    `what` are the rows.
    """
    sort = parameters.get("sort", sorts[0])
    if sort not in sorts:
        raise NoSuch(f"{what} are sorted by one of {', '.join(sorts)}")
    least, most = (parameters.get(name) or None for name in ("least", "most"))
    after = int(parameters.get("after") or 0)
    if after < 0:
        raise NoSuch("no page begins there")
    return ListRequest(
        parameters.get("part", "").strip(),
        None if least is None else int(least),
        None if most is None else int(most),
        sort,
        parameters.get("order", "down") != "up",
        after,
    )
