"""The rows of a records table as a plan: from memory while a small profile is made or split."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from curate.profiles.records_table import IN_MEMORY, ROW_GROUP

AT_ONCE = 2 * ROW_GROUP
"""Rows that `batches` reads at once."""

_State = tuple[int, ...]
_read: dict[Path, tuple[_State, pl.DataFrame] | None] = {}
"""By records table that is made or split what was read of it last; None before the first time."""


@contextmanager
def rows_in_memory(records: Path) -> Iterator[None]:
    """Within the block `scan` opens this records table once, where it is small.

    Some twenty questions about it would each open the file, which takes 2 ms for a hundred columns.
    """
    _read[records] = None
    try:
        yield
    finally:
        _read.pop(records, None)


def scan(records: Path) -> pl.LazyFrame:
    """The rows of a records table, as the file has them now."""
    frame = _in_memory(records)
    return pl.scan_parquet(records) if frame is None else frame.lazy()


def batches(plan: pl.LazyFrame) -> Generator[pl.DataFrame]:
    """The rows of a plan that `scan` begins and that filters none, in order, AT_ONCE at a time; the
    next ones are read meanwhile.

    Polars' own batches are read ahead by some forty row groups: 400 MiB for ten columns.
    """

    def read(first: int) -> pl.DataFrame:
        return plan.slice(first, AT_ONCE).collect(engine="streaming")

    with ThreadPoolExecutor(1) as beside:
        first, coming = 0, beside.submit(read, 0)
        while (frame := coming.result()).height:
            first += frame.height
            if frame.height == AT_ONCE:
                coming = beside.submit(read, first)
            yield frame
            if frame.height < AT_ONCE:
                return


def schema(records: Path) -> Mapping[str, pl.DataType]:
    """The columns of a records table, as the file has them now, and their types."""
    frame = _in_memory(records)
    return pl.read_parquet_schema(records) if frame is None else frame.schema


def _in_memory(records: Path) -> pl.DataFrame | None:
    """All rows within the block of `rows_in_memory`, where they are few."""
    if records not in _read:
        return None
    file = os.stat(records)  # noqa: PTH116
    if file.st_size > IN_MEMORY:
        return None
    state = (file.st_ino, file.st_mtime_ns, file.st_size)  # it is replaced, never written again
    held = _read[records]
    if held is None or held[0] != state:
        held = _read[records] = (state, pl.read_parquet(records))
    return held[1]
