"""Columns without any value, and texts that are the same in all rows, which are not handed to the
writer of a table.

Half of the columns of a records table have no value in most corpora: metrics of pairs of texts, of
audio, and overrides. Polars would encode them null by null, a sixth of the time to write the table.
The manifest, the script and mostly the language of its records are the same in all, and such a text
takes four times as long as a number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl

from curate.files.parquet_constants import Constants

_LONGEST = 1 << 10
"""Characters of a text that may be left out."""


def without_constant_columns(
    frames: Iterable[pl.DataFrame], columns: Mapping[str, pl.DataType], least: int
) -> Iterator[tuple[Constants, Iterator[pl.DataFrame]]]:
    """Frames in order, in runs, each all read before the next: the columns that are constant in all
    its rows, and the frames without these.

    A run leaves out what is constant in its first `least` rows, and ends before the first row that
    has another value there; later runs leave out no other columns. So runs depend on the rows, not
    on where frames end. Each but the last has `least` rows, and hardly more rows are held. Of fewer
    rows in all, nothing is left out; one column never is.
    """
    ahead = _Ahead(frames)
    plain = {name: columns[name] for name in columns if _is_plain(columns[name])}
    rows, constants = ahead.look(least, plain)
    if rows < least:
        constants = {}
    if len(constants) == len(columns):
        del constants[next(iter(constants))]
    while rows:
        others = [name for name in columns if name not in constants]
        yield constants, ahead.until_other(constants, others)
        plain = {name: columns[name] for name in constants}
        rows, constants = ahead.look(least, plain)


class _Ahead:
    """Frames that come next, some of which are known already."""

    def __init__(self, frames: Iterable[pl.DataFrame]) -> None:
        self._frames = iter(frames)
        self._known: deque[pl.DataFrame] = deque()

    def look(
        self, most: int, columns: Mapping[str, pl.DataType]
    ) -> tuple[int, dict[str, str | None]]:
        """How many rows follow, `most` at most, and which of these columns are constant in them."""
        rows = 0
        constants: dict[str, str | None] = {}
        known: deque[pl.DataFrame] = deque()
        while rows < most and (frame := self._next()) is not None:
            known.append(frame)
            if frame.height and not rows:
                constants = _first_values(frame, columns)
            for name in _differing(frame[: most - rows], constants):
                del constants[name]
            rows += frame.height
        self._known.extendleft(reversed(known))
        return min(rows, most), constants

    def until_other(self, constants: Constants, others: Sequence[str]) -> Iterator[pl.DataFrame]:
        """The other columns of the rows before the first one in which one of these differs."""
        end = None
        while end is None and (frame := self._next()) is not None:
            if differing := _differing(frame, constants):
                end = min(_first_other(frame[name], constants[name]) for name in differing)
                self._known.appendleft(frame[end:])
            if end != 0:
                yield frame[:end][others]
            del frame  # else it would be held while the next one is made

    def _next(self) -> pl.DataFrame | None:
        return self._known.popleft() if self._known else next(self._frames, None)


def _first_values(frame: pl.DataFrame, columns: Mapping[str, pl.DataType]) -> dict[str, str | None]:
    """What these columns would be, were they constant: null, or a text that is not too long."""
    firsts = {name: frame[name][0] for name in columns}
    return {
        name: value
        for name, value in firsts.items()
        if value is None or (isinstance(columns[name], pl.String) and len(value) <= _LONGEST)
    }


def _differing(frame: pl.DataFrame, constants: Constants) -> list[str]:
    """The columns that have another value in a row."""
    nulls = dict(zip(frame.columns, frame.null_count().row(0), strict=True))
    return [
        name
        for name, value in constants.items()
        if nulls[name] != (frame.height if value is None else 0)
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
