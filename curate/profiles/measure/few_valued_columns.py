"""Columns that are not handed to the writer of a table: without any value, of one text, and numbers
of few values.

Half of the columns of a records table have no value in most corpora: metrics of pairs of texts, of
audio, and overrides. Polars would encode them null by null, a sixth of the time to write the table.
The manifest, the script and mostly the language of its records are the same in all, and such a text
takes four times as long as a number. Numbers of few values (counts, shares of short texts) take two
fifths of the time, and shares, for which Polars makes no dictionary, more than twice the bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from curate.files.few_values import FewValues, can_have_few_values
from curate.files.parquet_columns import LeftOut

_LONGEST = 1 << 10
"""Characters of a text that may be left out."""
_Constants = Mapping[str, str | None]


class Limits(NamedTuple):
    """What a run of rows is."""

    least: int
    """Rows by which it is decided what is left out."""
    most: int
    """Rows of one that leaves out numbers, a byte of each of which is held."""
    first_values: int
    """Values of a number that is left out, in the first rows; null is none."""
    values: int
    """In all rows."""


def without_few_valued_columns(
    frames: Iterable[pl.DataFrame], columns: Mapping[str, pl.DataType], limits: Limits
) -> Iterator[tuple[LeftOut, Iterator[pl.DataFrame]]]:
    """Frames in order, in runs, each all read before the next: the columns that are left out of all
    its rows, and the frames without these. Numbers that are left out are complete when all is read.

    A run leaves out what is constant, or of few values, in its first `least` rows, and ends before
    the first row that has another value there, or one too many; later runs leave out no other
    columns. So runs depend on the rows, not on where frames end. Each but the last has `least`
    rows, and hardly more rows are held. Of fewer rows in all, nothing is left out; one column never
    is.
    """
    ahead = _Ahead(frames)
    plain = {name: columns[name] for name in columns if _is_plain(columns[name])}
    rows, left_out = ahead.look(limits, plain)
    if rows < limits.least:
        left_out = {}
    if len(left_out) == len(columns):
        del left_out[next(iter(left_out))]
    while rows:
        others = [name for name in columns if name not in left_out]
        yield left_out, ahead.until_other(_Run(left_out, limits), others)
        plain = {name: columns[name] for name in left_out}
        rows, left_out = ahead.look(limits, plain)


class _Run:
    """The columns that a run leaves out."""

    def __init__(self, left_out: LeftOut, limits: Limits) -> None:
        self._constants: dict[str, str | None] = {}
        self._numbers: dict[str, FewValues] = {}
        for name, column in left_out.items():
            if isinstance(column, FewValues):
                self._numbers[name] = column
            else:
                self._constants[name] = column
        self._left, self._values = limits.most, limits.values

    def take(self, frame: pl.DataFrame) -> int:
        """How many of these rows belong to the run, whose numbers are encoded."""
        end = min(frame.height, self._left) if self._numbers else frame.height
        for name in _differing(frame[:end], self._constants):
            end = min(end, _first_other(frame[name], self._constants[name]))
        for name, column in self._numbers.items():
            values = frame[name]
            end = column.encode(values if end == frame.height else values[:end], self._values)
        for column in self._numbers.values():
            column.rows += end
        self._left -= end
        return end


class _Ahead:
    """Frames that come next, some of which are known already."""

    def __init__(self, frames: Iterable[pl.DataFrame]) -> None:
        self._frames = iter(frames)
        self._known: deque[pl.DataFrame] = deque()

    def look(
        self, limits: Limits, columns: Mapping[str, pl.DataType]
    ) -> tuple[int, dict[str, str | FewValues | None]]:
        """How many rows follow, `least` at most, and which of these columns a run may leave out by
        them; its numbers have no rows yet.
        """
        rows = 0
        texts: dict[str, str | None] = {}
        numbers = {
            name: FewValues(dtype, limits.least)
            for name, dtype in columns.items()
            if can_have_few_values(dtype)
        }
        known: deque[pl.DataFrame] = deque()
        while rows < limits.least and (frame := self._next()) is not None:
            known.append(frame)
            if frame.height and not rows:
                texts = _first_values(frame, [name for name in columns if name not in numbers])
            some = frame[: limits.least - rows]
            for name in _differing(some, texts):
                del texts[name]
            numbers = {
                name: column
                for name, column in numbers.items()
                if _add(some[name], column, limits.first_values)
            }
            rows += some.height
        self._known.extendleft(reversed(known))
        few = {
            name: FewValues(columns[name], limits.most) if column.size else None
            for name, column in numbers.items()
        }
        return rows, texts | few

    def until_other(self, run: _Run, others: Sequence[str]) -> Iterator[pl.DataFrame]:
        """The other columns of the rows that belong to the run."""
        while (frame := self._next()) is not None:
            end = run.take(frame)
            if end:
                yield frame[:end][others]
            if end < frame.height:
                self._known.appendleft(frame[end:])
                return
            del frame  # else it would be held while the next one is made

    def _next(self) -> pl.DataFrame | None:
        return self._known.popleft() if self._known else next(self._frames, None)


def _add(values: pl.Series, column: FewValues, most: int) -> bool:
    """Add to a column the values that fit; whether all do."""
    fitting = column.encode(values, most)
    column.rows += fitting
    return fitting == len(values)


def _first_values(frame: pl.DataFrame, names: Iterable[str]) -> dict[str, str | None]:
    """What these columns would be, were they constant: null, or a text that is not too long."""
    firsts = {name: frame[name][0] for name in names}
    return {
        name: value
        for name, value in firsts.items()
        if value is None or (frame.schema[name] == pl.String and len(value) <= _LONGEST)
    }


def _differing(frame: pl.DataFrame, constants: _Constants) -> list[str]:
    """The columns that have another value in a row."""
    return [
        name
        for name, value in constants.items()
        if frame[name].null_count() != (frame.height if value is None else 0)
        or (value is not None and not (frame[name] == value).all())
    ]


def _first_other(values: pl.Series, constant: str | None) -> int:
    """The first row that has another value; there is one."""
    if constant is None:
        return values.is_not_null().arg_max() or 0
    return (values != constant).fill_null(value=True).arg_max() or 0


def _is_plain(dtype: pl.DataType) -> bool:
    """Whether Polars reads such a column from a page without a dictionary."""
    return dtype.is_integer() or dtype.is_float() or dtype in (pl.String, pl.Boolean)
