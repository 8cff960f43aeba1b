"""One Parquet file of several: their row groups as they are, and one footer. No value is read.

Columns that one of them leaves out are null, one text, or numbers of few values.

What a footer holds: parquet.thrift of apache/parquet-format.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from curate.errors import InputError
from curate.files import thrift_compact as thrift
from curate.files.parquet_columns import (
    COLUMNS,
    ROWS,
    Chunks,
    LeftOut,
    add_columns,
    chunks_of,
    types_of,
)
from curate.files.thrift_compact import I16, I64, LIST, STRUCT, Struct

_MAGIC = b"PAR1"
_END = struct.Struct("<I4s")
"""What follows a footer: its length, and the magic number."""

_SCHEMA, _NUM_ROWS, _ROW_GROUPS, _CREATED_BY = 2, 3, 4, 6
"""Fields of FileMetaData."""
_FILE_OFFSET, _ORDINAL = 5, 7
"""Fields of RowGroup."""
_CHUNK_OFFSET, _METADATA, _INDEXES = 2, 3, (4, 6)
"""Fields of ColumnChunk; the last ones say where indexes of its pages begin, and the fields after
them how long these are.
"""
_PAGE_OFFSETS, _BLOOM_FILTER = (9, 10, 11), 14
"""Fields of ColumnMetaData: of the first data page, index page and dictionary."""
_GREATEST_ORDINAL = (1 << 15) - 1
"""Of more row groups than that, only encryption would need the number."""

_NOTHING: LeftOut = {}

_DAMAGE = (ValueError, IndexError, KeyError, TypeError, RecursionError)
"""What reading a footer raises that is none."""


class _Unfit(Exception):  # noqa: N818 - becomes the words of an InputError
    """Why a file cannot be joined."""


class Joined:
    """A Parquet file in the making: what was written as whole files of the same columns.

    Indexes of pages are left out where there are several files: Polars writes some, and neither
    it nor DuckDB reads them.
    """

    def __init__(self, file: FileIO) -> None:
        """`file` is empty, and open for writing and reading."""
        self._file = file
        self._end = 0
        """Where the row groups end that are settled."""
        self._groups: list[bytes] = []
        self._rows = 0
        self._common: Struct = {}
        """The rest of a footer, which all have to share."""
        self._latest: tuple[int, Path, LeftOut] | None = None
        """The file written last, as a whole file still: where it begins, its name, and the columns
        that it leaves out.
        """

    @property
    def is_empty(self) -> bool:
        """Whether nothing was appended."""
        return not self._common and self._latest is None

    def append(
        self, write: Callable[[FileIO], object], name: Path, left_out: LeftOut = _NOTHING
    ) -> None:
        """Append the row groups of the Parquet file that `write` writes where the file stands.

        The columns that it leaves out are not nested, and the file before it has them; rows may be
        added to those of few values while the file is written.
        InputError, by its name, where an earlier one was no Parquet file, or had other columns than
        those before it.
        """
        self._settle()
        # A file's first bytes, the magic number, are written over the last ones of what is there.
        begin = max(0, self._end - len(_MAGIC))
        self._file.seek(begin)
        covered = self._file.read(self._end - begin)
        self._file.truncate(self._end)
        self._file.seek(begin)
        write(self._file)
        self._file.seek(begin)
        write_all(self._file, covered)
        self._latest = (begin, name, left_out)

    def finish(self) -> None:
        """Write the footer: that of the only file stays as it is."""
        if not self._common:
            return
        self._settle()
        fields = {
            **self._common,
            _NUM_ROWS: (I64, self._rows),
            _ROW_GROUPS: (LIST, (STRUCT, self._groups)),
        }
        footer = bytearray()
        thrift.write(dict(sorted(fields.items())), STRUCT, footer)
        self._file.seek(self._end)
        self._file.truncate()
        write_all(self._file, bytes(footer) + _END.pack(len(footer), _MAGIC))

    def _settle(self) -> None:
        """Take over the row groups of the file written last, from its footer."""
        if self._latest is None:
            return
        begin, name, left_out = self._latest
        hint = "remove it, and measure its part again"
        try:
            self._take(begin, left_out)
        except _Unfit as error:
            raise InputError.of(name, str(error), hint) from None
        except _DAMAGE:
            raise InputError.of(name, "its footer is damaged", hint) from None
        self._latest = None

    def _take(self, begin: int, left_out: LeftOut) -> None:
        content, at = self._footer(begin)
        ends = [at]
        partial: list[tuple[Struct, Chunks]] = []

        def moved(group: Struct) -> bytes:
            ends.extend(_move(group, begin))
            if left_out:
                partial.append((group, chunks_of(group)))
                del group[COLUMNS]
            else:
                self._add(group)
            return b""

        fields, end = thrift.read_struct(content, 0, {_ROW_GROUPS: moved})
        if end != len(content):
            raise ValueError("there is more of it")
        _, rows = fields.pop(_NUM_ROWS)
        del fields[_ROW_GROUPS]
        common = self._common or fields
        if not left_out and {**fields, _CREATED_BY: None} != {**common, _CREATED_BY: None}:
            raise _Unfit("it has other columns than the one before it")
        self._common = common
        self._rows += rows
        self._end = min(ends)
        if self._end < begin + len(_MAGIC):
            raise ValueError("it ends before it begins")
        if left_out:
            self._complete(partial, left_out)

    def _add(self, group: Struct) -> None:
        group[_ORDINAL] = (I16, min(len(self._groups), _GREATEST_ORDINAL))
        out = bytearray()
        thrift.write(group, STRUCT, out)
        self._groups.append(bytes(out))

    def _complete(self, partial: list[tuple[Struct, Chunks]], left_out: LeftOut) -> None:
        """Add row groups that lack these columns, and the pages of these behind them."""
        types = types_of(self._common[_SCHEMA][1][1])
        first = 0
        self._file.seek(self._end)
        for group, chunks in partial:
            pages = add_columns(group, chunks, left_out, first, types, self._end)
            write_all(self._file, pages)
            self._end += len(pages)
            first += group[ROWS][1]
            self._add(dict(sorted(group.items())))

    def _footer(self, begin: int) -> tuple[bytes, int]:
        """The bytes of the footer of the file written last, and where they begin."""
        size = self._file.seek(0, 2)
        at = size - _END.size
        self._file.seek(max(0, at))
        end = self._file.read(_END.size)
        if len(end) < _END.size:
            raise _Unfit("it is cut short")
        length, magic = _END.unpack(end)
        at -= length
        if magic != _MAGIC or at < begin + len(_MAGIC):
            raise _Unfit("it is cut short, or no Parquet file")
        self._file.seek(at)
        return self._file.read(length), at


def write_all(file: FileIO, content: bytes) -> None:
    """Write all of it: a file without a buffer may take less at a time, before its disk is full."""
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def _move(group: Struct, by: int) -> list[int]:
    """Move what a row group says of places in its file; returns where indexes of pages were."""
    indexes = []
    _shift(group, _FILE_OFFSET, by)
    for column in group[COLUMNS][1][1]:
        _shift(column, _CHUNK_OFFSET, by)
        metadata = column[_METADATA][1]
        for number in _PAGE_OFFSETS:
            _shift(metadata, number, by)
        if _BLOOM_FILTER in metadata:
            raise _Unfit("it has Bloom filters")
        for number in _INDEXES:
            if number in column:
                indexes.append(column.pop(number)[1] + by)
                del column[number + 1]
    return indexes


def _shift(fields: Struct, number: int, by: int) -> None:
    if number in fields:
        kind, offset = fields[number]
        fields[number] = (kind, offset + by)
