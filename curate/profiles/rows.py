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
_read: dict[Path, tuple[_State, pl.DataFrame | pl.LazyFrame] | None] = {}
"""By records table that is made or split what was read of it last, or the plan to read it where it
is large; None before the first time.
"""


@contextmanager
def rows_in_memory(records: Path) -> Iterator[None]:
    """Within the block `scan` opens this records table once, where it is small; of a large one only
    the footer is read once.

    Some twenty questions about it would each open the file, which takes 2 ms for a hundred columns.
    """
    _read[records] = None
    try:
        yield
    finally:
        _read.pop(records, None)


def scan(records: Path) -> pl.LazyFrame:
    """The rows of a records table, as the file has them now."""
    return _rows(records).lazy()


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
    return _rows(records).collect_schema()


def _rows(records: Path) -> pl.DataFrame | pl.LazyFrame:
    """All rows within the block of `rows_in_memory`, where they are few; else a plan that has them.

    A plan that was run keeps the footer that it read for all plans that begin with it.
    """
    if records not in _read:
        return pl.scan_parquet(records)
    file = os.stat(records)  # noqa: PTH116
    state = (file.st_ino, file.st_mtime_ns, file.st_size)  # it is replaced, never written again
    held = _read[records]
    if held is None or held[0] != state:
        is_small = file.st_size <= IN_MEMORY
        rows = pl.read_parquet(records) if is_small else pl.scan_parquet(records)
        held = _read[records] = (state, rows)
    return held[1]
