"""The rows of a records table as a plan: from memory while a small profile is being made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from curate.profiles.records_table import IN_MEMORY

_State = tuple[int, ...]
_read: dict[Path, tuple[_State, pl.DataFrame] | None] = {}
"""By records table that is being made what was read of it last; None before the first time."""


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
    if records not in _read:
        return pl.scan_parquet(records)
    file = os.stat(records)  # noqa: PTH116
    if file.st_size > IN_MEMORY:
        return pl.scan_parquet(records)
    state = (file.st_ino, file.st_mtime_ns, file.st_size)  # it is replaced, never written again
    held = _read[records]
    if held is None or held[0] != state:
        held = _read[records] = (state, pl.read_parquet(records))
    return held[1].lazy()
