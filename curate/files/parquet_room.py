"""Why a Parquet file cannot be written, where its writer does not say it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import polars as pl

from curate.files.parquet_joined import write_all

_UNNAMED = "transport error"
"""All that Polars says where what finds no room is the footer."""
_MORE = bytes(1 << 16)


@contextmanager
def room_for(file: Path | FileIO) -> Iterator[None]:
    """Write a Parquet file in the block. OSError where its footer finds no room; the file is to be
    thrown away where any error is raised.
    """
    try:
        yield
    except pl.exceptions.PolarsError as error:
        if _UNNAMED in str(error):
            _write_more(file)
        raise


def _write_more(file: Path | FileIO) -> None:
    """Meet the error of the system that the footer met: there is room for some bytes at most."""
    if isinstance(file, Path):
        with file.open("ab", buffering=0) as opened:
            write_all(opened, _MORE)
        return
    file.seek(0, 2)
    write_all(file, _MORE)
