"""Speakers and languages of a profile, a page at a time: how much each has, how much of it
is bad, and how well it is recognised.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from curate.artifacts.columns import DURATION_US, VERDICT
from curate.formatting.units import US_PER_HOUR
from curate.profiles.opened import RECORDS, Json
from curate.reviews.background import Background, Watch
from curate.reviews.listing import Listing, ListRequest, list_request
from curate.reviews.query import NoSuch
from curate.reviews.table import WAIT_S, RecordTable

COLUMNS: Final = ("speaker", "lang")
SORTS: Final = ("hours", "value", "count", "bad", "char_rate", "wer")
_RATES: Final = ("char_rate", "wer")
_SHOWN: Final = ["value", "count", "hours", "bad", *_RATES]


class Groups:
    """The groups of one profile by each of COLUMNS. Thread-safe.

    They are counted once, beside the requests, when somebody first requests those of a column.
    """

    def __init__(self, folder: Path, table: RecordTable) -> None:
        self._records, self._table = folder / RECORDS, table
        self._groups = {
            column: Background(
                f"groups by {column}", table.browser.rows, partial(self._count, column)
            )
            for column in COLUMNS
        }

    def close(self) -> None:
        """Stop what runs beside the requests."""
        for each in self._groups.values():
            each.close()

    def answer(self, column: str, request: ListRequest) -> Json:
        """A page of groups: `value` (null: none is declared), `count` of records, `hours`, the
        share of hours that is `bad`, and the mean char_rate and wer of the records that have one.

        Nothing is listed before `loaded` is 1. NoSuch for a column that is none of COLUMNS.
        """
        if column not in self._groups:
            raise NoSuch(f"{column!r} is nothing to group by")
        groups = self._groups[column].wait(WAIT_S)
        if groups is None:
            return {"groups": [], "after": None, "total": 0, "loaded": 0.0}
        page = groups.page(request, "place" if request.sort == "value" else request.sort)
        return {
            "groups": page.rows.select(_SHOWN).rows(named=True),
            "after": page.after,
            "total": page.total,
            "rates": [name for name in _RATES if groups.table[name].count() > 0],
            "loaded": 1.0,
        }

    def _count(self, column: str, on_read: Watch) -> Listing:
        """The groups of a column, the largest first."""
        on_read(0)
        browser = self._table.browser
        needed = [column, VERDICT.name, DURATION_US.name]
        records = pl.read_parquet(self._records, columns=needed)
        every = np.arange(browser.rows)
        rates = [name for name in _RATES if name in browser.numeric]
        records = records.with_columns(
            pl.Series(name, browser.values(name, every)).fill_nan(None) for name in rates
        )
        us = DURATION_US.expr.fill_null(0)
        bad = us.filter(VERDICT.expr.cast(pl.String) == "bad").sum()
        none = [pl.lit(None, pl.Float64).alias(name) for name in _RATES if name not in rates]
        groups = (
            records.lazy()
            .group_by(pl.col(column).alias("value"))
            .agg(
                pl.len().alias("count"),
                (us.sum() / US_PER_HOUR).alias("hours"),
                (bad / us.sum()).fill_nan(None).alias("bad"),
                *(pl.col(name).mean() for name in rates),
            )
            .with_columns(none)
            .sort("value", nulls_last=True)
            .with_row_index("place")
            .sort("hours", descending=True, maintain_order=True)
            .collect()
        )
        return Listing(groups, "value", "count")


def groups_request(parameters: Mapping[str, str]) -> tuple[str, ListRequest]:
    """The column, and the groups of it, that a request's parameters name. NoSuch, or ValueError,
    for what is no such.
    """
    return parameters.get("column", COLUMNS[0]), list_request(parameters, SORTS, "groups")
