"""Pages of the records table: which rows a query is about, in what order, a page at a time.

Polars reads the columns that a query names from the Parquet file; the mask of each condition is
remembered, so that the next query pays for what is new in it. DuckDB finds the details of a page's
rows. Names are checked against the table's own columns.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.arrays import Int64s
from curate.artifacts.columns import DURATION_US
from curate.profiles.duck import Records, quoted
from curate.reviews.query import FIELDS, NoSuch, Query, conditions, demand_metric
from curate.reviews.search import Mask

DETAILS = (
    "source", "line", "byte_offset", "byte_length", "lang", "speaker", "verdict", "tags", "reason",
    "duration_us", "offset_s", "malformed", "audio_key", "text_key", "text_fix",
    "offset_fix", "duration_fix",
)  # fmt: skip
"""What is known of each row of a page."""

MOST = 200
"""Rows of one page at most."""

_MASKS: Final = 32
_VALUES: Final = 6
"""How many masks (a byte a row) and sorted columns (8 bytes a row) are remembered."""

_SAMPLE: Final = 1 << 16
"""Values of a column of which the first of all are sought; 2 ms of work."""

Place = tuple[float | None, int]
"""Where a page ended: the sorted value (None in input order), and the row."""
Rows = npt.NDArray[np.intp]
Values = npt.NDArray[np.float64]
Made = TypeVar("Made")


class Browser:
    """Pages of one records table. Thread-safe."""

    def __init__(
        self,
        path: Path,
        records: Records,
        assignment: pl.Series | None = None,
        beside: Mapping[str, pl.Series] | None = None,
    ) -> None:
        """`assignment`: the split of each row; `beside`: columns that replace those of the file,
        or stand beside them.
        """
        self._path, self._records, self._querying = path, records, threading.Lock()
        self.assignment = assignment
        self._beside = pl.DataFrame(beside or {})
        schema = {**pl.read_parquet_schema(path), **self._beside.schema}
        self.columns: Mapping[str, pl.DataType] = schema
        self.numeric = frozenset(
            name for name, kind in schema.items() if kind.is_numeric() or kind == pl.Boolean()
        )
        self.rows = int(pl.scan_parquet(path).select(pl.len()).collect().item())
        self._masks: _Remembered[Mask] = _Remembered(_MASKS)
        self._values: _Remembered[Values] = _Remembered(_VALUES)
        self._us: _Remembered[Int64s] = _Remembered(1)

    def of(self, query: Query, matches: Mask | None = None) -> Rows:
        """The rows that a query is about, ascending; `matches` are those that its search found."""
        mask = np.ones(self.rows, np.bool_) if matches is None else matches.copy()
        for condition, expression in conditions(query, self.numeric):
            mask &= self._masks.get(condition, partial(self._mask, expression))
        if query.split is not None:
            mask &= self._in_split(query.split)
        if query.sort is not None:
            mask &= ~np.isnan(self._sorted(query.sort))
        return np.flatnonzero(mask)

    def check(self, query: Query, columns: Sequence[str] = ()) -> None:
        """NoSuch where the query, or a column to show, names what this table has not."""
        for _ in conditions(query, self.numeric):
            pass
        if query.split is not None and query.split not in self.splits():
            raise NoSuch(f"no open split is named {query.split!r}")
        if query.sort is not None and query.sort not in FIELDS:
            demand_metric(query.sort, self.numeric)
        for name in columns:
            self._shown(name)

    def tally(self, rows: Rows) -> tuple[int, int]:
        """(rows, microseconds) of these rows."""
        if not rows.size:
            return 0, 0
        return rows.size, int(self.durations_us(rows).sum())

    def values(self, name: str, rows: Rows) -> Values:
        """A metric of these rows, NaN for null. NoSuch for a column that is no number."""
        return _of(rows, self._sorted(demand_metric(name, self.numeric)))

    def durations_us(self, rows: Rows) -> Int64s:
        """Microseconds of these rows, 0 for null."""
        durations = self._us.get(DURATION_US.name, self._durations)
        return durations if rows.size == durations.size else durations[rows]

    def beside(self, name: str) -> bool:
        """Whether a column is not that of the profile."""
        return name in self._beside.columns

    def page(
        self, query: Query, rows: Rows, after: Place | None = None, count: int = 50
    ) -> list[Place]:
        """The next of the rows behind a place, in the query's order: their values and numbers."""
        count = min(count, MOST)
        if query.sort is None:
            first = 0 if after is None else int(np.searchsorted(rows, after[1], "right"))
            return [(None, int(row)) for row in rows[first : first + count]]
        values = _of(rows, self._sorted(query.sort))
        if after is not None:
            assert after[0] is not None, "a place in a sorted list has a value"
            behind = values < after[0] if query.down else values > after[0]
            behind |= (values == after[0]) & (rows > after[1])
            rows, values = rows[behind], values[behind]
        at_first = _first(values, count, down=query.down)
        return [(float(values[at]), int(rows[at])) for at in at_first]

    def details(self, rows: Sequence[int], columns: Sequence[str] = ()) -> list[Mapping[str, Any]]:
        """DETAILS and other columns of these rows, in the requested order; unknown rows are left
        out.
        """
        if not rows:
            return []
        every = list(dict.fromkeys([*DETAILS, *map(self._shown, columns)]))
        stored = self.columns.keys() - set(self._beside.columns)
        names = [name for name in every if name in stored]  # an older profile has fewer
        selected = ", ".join(
            f"{quoted(name)}::VARCHAR" if name == "verdict" else quoted(name) for name in names
        )
        numbers = ", ".join(str(int(row)) for row in sorted(set(rows)))
        sql = (
            f"SELECT file_row_number, {selected} FROM numbered WHERE file_row_number IN ({numbers})"
        )
        with self._querying:
            details = self._records.query(sql)
        none = dict.fromkeys(every)
        known = {
            int(str(at)): {**none, **dict(zip(names, rest, strict=True))} for at, *rest in details
        }
        return [
            {**known[row], **self._beside_of(row, every), "row": row, "split": self._split_of(row)}
            for row in rows
            if row in known
        ]

    def _beside_of(self, row: int, names: Sequence[str]) -> Mapping[str, Any]:
        return {name: self._beside[name][row] for name in names if self.beside(name)}

    def _split_of(self, row: int) -> str | None:
        return None if self.assignment is None else self.assignment[row]

    def splits(self) -> Mapping[str, int]:
        """Rows by split, the largest first; none without an assignment."""
        if self.assignment is None:
            return {}
        return dict(self.assignment.value_counts(sort=True).iter_rows())

    def _in_split(self, split: str) -> Mask:
        if self.assignment is None:
            raise NoSuch("no split is open: curate review PROFILE --split DIR")
        assigned = self.assignment
        return self._masks.get(
            ("split", split), lambda: (assigned == split).fill_null(value=False).to_numpy()
        )

    def _shown(self, name: str) -> str:
        if name not in self.numeric and name not in FIELDS:
            raise NoSuch(f"the profile has no column {name!r} to show")
        return name

    def _mask(self, expression: pl.Expr) -> Mask:
        mask = self._column(expression.fill_null(value=False))
        return mask.to_numpy()

    def _durations(self) -> Int64s:
        return self._column(DURATION_US.expr.fill_null(0)).to_numpy()

    def _sorted(self, name: str) -> Values:
        """What a column sorts by: its numbers, or the rank of its text among all of its texts; NaN
        for null.
        """
        if name in FIELDS:
            return self._values.get(name, lambda: _ranks(self._column(pl.col(name))))
        column = pl.col(demand_metric(name, self.numeric)).cast(pl.Float64)
        return self._values.get(name, lambda: self._column(column).to_numpy())

    def _column(self, expression: pl.Expr) -> pl.Series:
        if set(expression.meta.root_names()) & set(self._beside.columns):
            return self._beside.select(expression).to_series()
        plan = pl.scan_parquet(self._path).select(expression)
        return plan.collect(engine="streaming").to_series()


def shared(rows: Rows, others: Rows) -> int:
    """How many rows are in both; both ascend. Quick where one holds few, as decisions do.

    >>> shared(np.array([0, 2, 3, 7]), np.array([3, 7, 9]))
    2
    """
    few, many = (rows, others) if rows.size < others.size else (others, rows)
    at = np.searchsorted(many, few)
    inside = at < many.size
    return int(np.count_nonzero(many[at[inside]] == few[inside]))


def _of(rows: Rows, values: Values) -> Values:
    """The values of these rows of a table."""
    return values if rows.size == values.size else values[rows]


def _ranks(texts: pl.Series) -> Values:
    """The place of each text among the different ones, sorted; NaN for null."""
    different = pl.Enum(texts.unique().drop_nulls().sort())
    places = texts.cast(different).to_physical().cast(pl.Float64)
    return places.fill_null(float("nan")).to_numpy()


def _first(values: Values, count: int, *, down: bool) -> Rows:
    """Where the `count` largest (or smallest) values are, in order; the earlier of equal ones
    first.
    """
    at = np.arange(values.size) if values.size <= count else _foremost(values, count, down=down)
    chosen = values[at]
    return at[np.argsort(-chosen if down else chosen, kind="stable")[:count]]


def _foremost(values: Values, count: int, *, down: bool) -> Rows:
    """Where the `count` first values are, and few others: beyond the value that has that place in a
    sample, of which the whole has at least as many.
    """
    sample = values[:: max(1, values.size // max(_SAMPLE, count))]
    last = np.partition(sample, -count if down else count - 1)[-count if down else count - 1]
    beyond = np.flatnonzero(values > last if down else values < last)
    if beyond.size >= count:
        return beyond
    return np.concatenate([beyond, np.flatnonzero(values == last)[: count - beyond.size]])


class _Remembered(Generic[Made]):
    """The last few of what was computed, by what it was computed of. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._made: OrderedDict[Hashable, Made] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What was made of the key, or is now."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        made = make()
        with self._lock:
            self._made[key] = made
            while len(self._made) > self._most:
                self._made.popitem(last=False)
        return made
