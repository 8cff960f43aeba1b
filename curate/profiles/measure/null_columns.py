"""Columns without any value, which are not handed to the writer of a table.

Half of the columns of a records table have none in most corpora: metrics of pairs of texts, of
audio, and overrides. Polars would encode them null by null, a sixth of the time to write the table.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

import polars as pl


def without_null_columns(
    frames: Iterable[pl.DataFrame], columns: Mapping[str, pl.DataType], least: int
) -> Iterator[tuple[Set[str], Iterator[pl.DataFrame]]]:
    """Frames in order, in runs, each all read before the next: the names of columns that are null
    in all its rows, and the frames without these.

    A run leaves out what is null in its first `least` rows, and ends before the first row that has
    a value there; later runs leave out no more than it does. So runs depend on the rows, not on
    where frames end. Each but the last has `least` rows, and hardly more rows are held. Of fewer
    rows in all, nothing is left out; the first column, from which readers have the number of rows,
    never is.
    """
    ahead = _Ahead(frames)
    rows, nulls = ahead.look(least)
    plain = [name for name in columns if _is_plain(columns[name])]
    names: Set[str] = nulls.intersection(plain) - {next(iter(columns))} if rows >= least else set()
    while rows:
        others = [name for name in columns if name not in names]
        yield names, ahead.until_value(names, others)
        rows, nulls = ahead.look(least)
        names = names & nulls


class _Ahead:
    """Frames that come next, some of which are known already."""

    def __init__(self, frames: Iterable[pl.DataFrame]) -> None:
        self._frames = iter(frames)
        self._known: deque[pl.DataFrame] = deque()

    def look(self, most: int) -> tuple[int, set[str]]:
        """How many rows follow, `most` at most, and the columns that are null in them."""
        rows = 0
        nulls: set[str] | None = None
        known: deque[pl.DataFrame] = deque()
        while rows < most and (frame := self._next()) is not None:
            known.append(frame)
            some = _null_columns(frame[: most - rows])
            nulls = some if nulls is None else nulls & some
            rows += frame.height
        self._known.extendleft(reversed(known))
        return min(rows, most), nulls or set()

    def until_value(self, names: Set[str], others: Sequence[str]) -> Iterator[pl.DataFrame]:
        """The other columns of the rows before the first one that has a value in these."""
        end = None
        while end is None and (frame := self._next()) is not None:
            if names and (filled := names - _null_columns(frame)):
                end = min(frame[name].is_not_null().arg_max() or 0 for name in filled)
                self._known.appendleft(frame[end:])
            if end != 0:
                yield frame[:end][others]
            del frame  # else it would be held while the next one is made

    def _next(self) -> pl.DataFrame | None:
        return self._known.popleft() if self._known else next(self._frames, None)


def _null_columns(frame: pl.DataFrame) -> set[str]:
    counts = zip(frame.columns, frame.null_count().row(0), strict=True)
    return {name for name, count in counts if count == frame.height}


def _is_plain(dtype: pl.DataType) -> bool:
    """Whether Polars reads such a column from a page without a dictionary."""
    return dtype.is_integer() or dtype.is_float() or dtype in (pl.String, pl.Boolean)
