"""Tables in files of columns, a batch at a time: Parquet by Polars, Arrow by pyarrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Protocol

import polars as pl

from curate.environment.extras import require
from curate.errors import InputError
from curate.manifest.chunks import read_head
from curate.manifest.spool import located

STREAM, FILE = b"\xff\xff\xff\xff", b"ARROW1"
"""How Arrow's streams (Hugging Face writes such) and files (Feather) begin."""


class TableFile(Protocol):
    """A table: the types of its columns, and its rows."""

    @property
    def schema(self) -> pl.Schema:
        """The columns and their types."""

    def batches(self, columns: Sequence[pl.Expr], rows: int) -> Iterator[pl.DataFrame]:
        """The rows in order, at most so many at a time."""


def open_table(name: str) -> TableFile:
    """The table of a file, by its first bytes."""
    return ArrowFile(name) if read_head(name).startswith((STREAM, FILE)) else ParquetFile(name)


class ParquetFile:
    """A Parquet file."""

    def __init__(self, name: str) -> None:
        self._rows = pl.scan_parquet(located(name), glob=False)

    @cached_property
    def schema(self) -> pl.Schema:
        """The columns and their types."""
        return self._rows.collect_schema()

    def batches(self, columns: Sequence[pl.Expr], rows: int) -> Iterator[pl.DataFrame]:
        """The rows in order."""
        selected = self._rows.select(columns)
        for batch in selected.collect_batches(chunk_size=rows, maintain_order=True):
            yield from batch.iter_slices(rows)


class ArrowFile:
    """An Arrow stream or file, mapped into memory: no more than a batch of it is held."""

    def __init__(self, name: str) -> None:
        self._name = name

    @contextmanager
    def _reader(self) -> Iterator[tuple[Any, Iterator[Any]]]:
        """The schema, and the batches."""
        arrow = require("pyarrow", "reading Arrow")
        ipc = require("pyarrow.ipc", "reading Arrow")
        with arrow.memory_map(located(self._name)) as mapped:
            if read_head(self._name).startswith(FILE):
                file = ipc.open_file(mapped)
                yield file.schema, map(file.get_batch, range(file.num_record_batches))
            else:
                stream = ipc.open_stream(mapped)
                yield stream.schema, iter(stream)

    @cached_property
    def schema(self) -> pl.Schema:
        """The columns and their types."""
        with self._reader() as (schema, _):
            return _frame(schema.empty_table()).schema

    def batches(self, columns: Sequence[pl.Expr], rows: int) -> Iterator[pl.DataFrame]:
        """The rows in order."""
        with self._reader() as (_, batches):
            for batch in batches:
                for part in _frame(batch).iter_slices(rows):
                    yield part.select(columns)


def _frame(table: Any) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame), "a table with columns"
    return frame


@contextmanager
def as_input(name: str, kind: str) -> Iterator[None]:
    """What cannot be read is a fault of the input, which should be of this kind."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        first = str(error).split("\n", 1)[0] or type(error).__name__
        raise InputError.of(name, f"cannot be read as {kind}: {first}") from None
