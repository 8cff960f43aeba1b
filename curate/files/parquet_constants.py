"""Columns of a Parquet file that are null, or one text, in every row of a row group: their pages
and chunks.

A page of nulls holds one run of definition levels, and no value, so it is the same for all types.
What headers and column chunks hold: parquet.thrift of apache/parquet-format.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from curate.files import thrift_compact as thrift
from curate.files.thrift_compact import BINARY, I32, I64, LIST, STRUCT, Struct

_BYTE_ARRAY, _UNCOMPRESSED = 6, 0
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
_PLAIN, _RLE, _RLE_DICTIONARY = 0, 3, 8
_BITS = 1
"""Of a number in a dictionary: as few as all readers take."""
_TYPE, _NAME, _CHILDREN = 1, 4, 5
"""Fields of SchemaElement."""
COLUMNS, _BYTES, _ROWS, _COMPRESSED = 1, 2, 3, 6
"""Fields of RowGroup."""
_METADATA, _PATH = 3, 3
"""Fields of ColumnChunk and ColumnMetaData."""

Constants = Mapping[str, str | None]
"""Columns by name that are null in all rows, or this text."""
Chunks = list[tuple[str, bytes]]
"""The column chunks of a row group in order: the column's name, and the struct as bytes."""


def types_of(schema: list[Struct]) -> Mapping[str, int | None]:
    """The columns of a file in order, from its schema: Parquet's type, or None if one is nested."""
    (_, columns), types, at = schema[0][_CHILDREN], {}, 1
    for _ in range(columns):
        element, following = schema[at], at + 1
        types[element[_NAME][1].decode()] = element[_TYPE][1] if _TYPE in element else None
        while at < following:
            following += schema[at].get(_CHILDREN, (I32, 0))[1]
            at += 1
    return types


def chunks_of(group: Struct) -> Chunks:
    """The column chunks of a row group."""
    chunks = []
    for chunk in group[COLUMNS][1][1]:
        out = bytearray()
        thrift.write(chunk, STRUCT, out)
        chunks.append((chunk[_METADATA][1][_PATH][1][1][0].decode(), bytes(out)))
    return chunks


def add_constant_columns(
    group: Struct,
    chunks: Chunks,
    constants: Constants,
    types: Mapping[str, int | None],
    at: int,
) -> bytes:
    """Complete a row group, which has the chunks of all other columns of `types`; returns the pages
    of these columns, to be written at `at`.
    """
    rows = group[_ROWS][1]
    by_name: dict[str, list[bytes]] = {name: [] for name in types}
    for name, chunk in chunks:
        by_name[name].append(chunk)
    pages = bytearray()
    for name in (name for name in types if name in constants):
        of, value = types[name], constants[name]
        if of is None or by_name[name]:
            raise ValueError(f"{name} is nested, or not left out")
        if value is not None and of != _BYTE_ARRAY:
            raise ValueError(f"{name} is not text")
        column = _Column(name, of, rows, value)
        by_name[name].append(column.chunk(at + len(pages)))
        pages += column.pages
    if not by_name.keys() >= constants.keys() or not all(by_name.values()):
        raise ValueError("other columns are left out")
    ordered = [chunk for some in by_name.values() for chunk in some]
    group[COLUMNS] = (LIST, (STRUCT, ordered))
    for total in (_BYTES, _COMPRESSED):
        group[total] = (I64, group[total][1] + len(pages))
    return bytes(pages)


class _Column:
    """The pages of a constant column: a run of levels, and for a text a dictionary of this text,
    and a run of its number.
    """

    def __init__(self, name: str, of: int, rows: int, value: str | None) -> None:
        self._name, self._of, self._rows, self._value = name, of, rows, value
        self._dictionary = b"" if value is None else _dictionary_page(value)
        self.pages = self._dictionary + _data_page(rows, value)

    def chunk(self, at: int) -> bytes:
        """The struct of a column chunk whose pages begin at `at`."""
        is_null = self._value is None
        metadata = {
            1: (I32, self._of),
            2: (LIST, (I32, [_PLAIN, _RLE] if is_null else [_PLAIN, _RLE, _RLE_DICTIONARY])),
            _PATH: (LIST, (BINARY, [self._name.encode()])),
            4: (I32, _UNCOMPRESSED),
            5: (I64, self._rows),
            6: (I64, len(self.pages)),
            7: (I64, len(self.pages)),
            9: (I64, at + len(self._dictionary)),
            **({} if is_null else {11: (I64, at)}),
            12: (STRUCT, {3: (I64, self._rows if is_null else 0)}),
        }
        out = bytearray()
        thrift.write({2: (I64, at), _METADATA: (STRUCT, metadata)}, STRUCT, out)
        return bytes(out)


def _data_page(rows: int, value: str | None) -> bytes:
    """A page of so many nulls, or of so many times the first value of a dictionary."""
    is_null = value is None
    levels = _run(rows, 0 if is_null else 1)
    content = struct.pack("<I", len(levels)) + levels
    if not is_null:
        content += bytes([_BITS]) + _run(rows, 0)
    encoding = _PLAIN if is_null else _RLE_DICTIONARY
    values = {1: (I32, rows), 2: (I32, encoding), 3: (I32, _RLE), 4: (I32, _RLE)}
    return _page(_DATA_PAGE, 5, values, content)


def _dictionary_page(value: str) -> bytes:
    """The page of a dictionary of one text."""
    text = value.encode()
    content = struct.pack("<I", len(text)) + text
    return _page(_DICTIONARY_PAGE, 7, {1: (I32, 1), 2: (I32, _PLAIN)}, content)


def _page(kind: int, field: int, values: Struct, content: bytes) -> bytes:
    size = (I32, len(content))
    out = bytearray()
    thrift.write({1: (I32, kind), 2: size, 3: size, field: (STRUCT, values)}, STRUCT, out)
    return bytes(out + content)


def _run(rows: int, value: int) -> bytes:
    """So many times a value of less than 8 bits, as a run."""
    out = bytearray()
    thrift.write(rows, I64, out)  # zigzag: twice the number, as in the header of a run
    out.append(value)
    return bytes(out)
