"""A records table, written from rows that come in order, or copied from tables of one source each.

Where its row groups end depends only on the sources, however their rows come: a source of LARGE
rows or more has row groups of its own, which can be copied as they are; smaller ones, up to the
next large one, share them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import FileIO
from itertools import chain, takewhile
from pathlib import Path
from typing import NamedTuple, cast

import polars as pl
from polars.io.plugins import register_io_source

from curate.files.few_values import MOST_VALUES
from curate.files.on_disk import forget_read
from curate.files.parquet_joined import Joined, write_all
from curate.profiles.measure.few_valued_columns import Limits, without_few_valued_columns
from curate.profiles.records_table import ROW_GROUP
from curate.profiles.whole_input.duplicate_counts import sink

LARGE = ROW_GROUP // 2
RUN = 10 * ROW_GROUP
"""Rows that are written at once where numbers of few values are not handed to Polars."""
VALUES = (MOST_VALUES * 3 // 4, MOST_VALUES)
"""Of such numbers, in the first LARGE rows and in all: rare ones come later."""
_AT_ONCE = 1 << 20
"""Bytes that are copied at once."""


def is_large(rows: int) -> bool:
    """Whether a source of so many rows has row groups of its own."""
    return rows >= LARGE


class Rows(NamedTuple):
    """Rows that come next, and how many of them are of which source, in order."""

    frame: pl.DataFrame
    sources: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Stored:
    """A table that `write_table` wrote of a large source, whose rows come next."""

    path: Path


def of_sources(
    frames: Iterable[pl.DataFrame], sources: Iterable[tuple[str, int]]
) -> Iterator[Rows]:
    """Frames that have all rows of these sources, one after the other."""
    left = iter(sources)
    source, rest = "", 0
    for frame in frames:
        parts, missing = [], frame.height
        while missing:
            if not rest:
                source, rest = next(left)
            parts.append((source, min(rest, missing)))
            rest, missing = rest - parts[-1][1], missing - parts[-1][1]
        yield Rows(frame, parts)


def write_table(
    given: Iterable[Rows | Stored], columns: Mapping[str, pl.DataType], path: Path
) -> None:
    """Write a records table. InputError for one that is stored and damaged, or has other columns.

    What `given` raises may come wrapped in an error of Polars.
    """
    with path.open("w+b", buffering=0) as file:
        joined = Joined(file)
        for run in _runs(given):
            if isinstance(run, Stored):
                joined.append(_Copy(run.path), run.path)
                continue
            for left_out, frames in without_few_valued_columns(
                run, columns, Limits(LARGE, RUN, *VALUES)
            ):
                if left_out and joined.is_empty:  # no other file has all columns
                    joined.append(_Sink(iter(()), columns), path)
                others = {name: columns[name] for name in columns if name not in left_out}
                joined.append(_Sink(frames, others), path, left_out)
        if joined.is_empty:
            joined.append(_Sink(iter(()), columns), path)
        joined.finish()


@dataclass(frozen=True, slots=True)
class _Copy:
    path: Path

    def __call__(self, file: FileIO) -> None:
        with self.path.open("rb", buffering=0) as stored:
            at = 0
            while content := stored.read(_AT_ONCE):
                write_all(file, content)
                forget_read(stored, at, len(content))
                at += len(content)


@dataclass(frozen=True, slots=True)
class _Sink:
    frames: Iterator[pl.DataFrame]
    columns: Mapping[str, pl.DataType]

    def __call__(self, file: FileIO) -> None:
        plan = register_io_source(lambda *_: self.frames, schema=dict(self.columns))
        sink(plan, file)


def _runs(given: Iterable[Rows | Stored]) -> Iterator[Iterator[pl.DataFrame] | Stored]:
    """What has row groups of its own: frames, each all read before the next, or what is stored."""
    marked = _Borders().marked(given)
    for first in marked:
        if isinstance(first, Stored):
            yield first
        elif first is not None:
            more = takewhile(lambda each: each is not None, marked)
            yield cast("Iterator[pl.DataFrame]", chain([first], more))


class _Borders:
    """Between which rows row groups have to end, from the rows of each source."""

    def __init__(self) -> None:
        self._source = ""
        self._rows = 0
        """Rows of the present source so far."""
        self._held: list[pl.DataFrame] = []
        """Rows of the present source, while it may be a small one or a large one."""
        self._begun = False
        """Whether there are rows since the last border."""

    def marked(self, given: Iterable[Rows | Stored]) -> Iterator[pl.DataFrame | Stored | None]:
        """The same rows, with None at each border."""
        for each in given:
            yield from self._stored(each) if isinstance(each, Stored) else self._add(each)
        yield from self._release()

    def _stored(self, table: Stored) -> Iterator[pl.DataFrame | Stored | None]:
        yield from self._release()
        yield from self._border()
        yield table
        self._source, self._rows = "", 0

    def _add(self, rows: Rows) -> Iterator[pl.DataFrame | None]:
        frame, given, decided, end = rows.frame, 0, 0, 0
        for source, count in rows.sources:
            if source != self._source and count:
                yield from self._release()  # of a small source
                decided = end
                if is_large(self._rows):
                    yield from self._give(frame[given:decided])
                    given = decided
                    yield from self._border()
                self._source, self._rows = source, 0
            was_large = is_large(self._rows)
            self._rows += count
            end += count
            if is_large(self._rows):
                if not was_large:
                    yield from self._give(frame[given:decided])
                    given = decided
                    yield from self._border()
                    yield from self._release()
                decided = end
        yield from self._give(frame[given:decided])
        if decided < end:
            self._held.append(frame[decided:])

    def _give(self, frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
        if frame.height:
            self._begun = True
            yield frame

    def _release(self) -> Iterator[pl.DataFrame]:
        for frame in self._held:
            yield from self._give(frame)
        self._held.clear()

    def _border(self) -> Iterator[None]:
        if self._begun:
            self._begun = False
            yield None
