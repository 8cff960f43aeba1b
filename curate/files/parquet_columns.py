"""Columns that were left out of a Parquet file: their pages and chunks, row group by row group.

Such a column is null or one text in all rows, or of numbers that have few values. What column
chunks and row groups hold: parquet.thrift of apache/parquet-format.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from curate.arrays import Bytes
from curate.files import thrift_compact as thrift
from curate.files.few_values import FewValues
from curate.files.parquet_pages import (
    PLAIN,
    RLE,
    RLE_DICTIONARY,
    Buffer,
    data_page,
    dictionary_page,
    groups,
    levels,
    levels_of_all,
    run,
)
from curate.files.thrift_compact import BINARY, I32, I64, LIST, STRUCT, Struct

_INT32, _INT64, _FLOAT, _DOUBLE, _BYTE_ARRAY = 1, 2, 4, 5, 6
"""Types."""
_UNCOMPRESSED = 0
_LEAST_WIDTH = 1
"""Bits of an index: as few as all readers take."""
_TYPE, _NAME, _CHILDREN = 1, 4, 5
"""Fields of SchemaElement."""
COLUMNS, _BYTES, ROWS, _COMPRESSED = 1, 2, 3, 6
"""Fields of RowGroup."""
_METADATA, _PATH = 3, 3
"""Fields of ColumnChunk and ColumnMetaData."""

LeftOut = Mapping[str, str | FewValues | None]
"""Columns by name: null in all rows, this text in all, or these numbers."""
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


def add_columns(
    group: Struct,
    chunks: Chunks,
    left_out: LeftOut,
    first: int,
    types: Mapping[str, int | None],
    at: int,
) -> bytes:
    """Complete a row group, which has the chunks of all other columns of `types`, and begins with
    the row number `first` of these; returns the pages of these columns, to be written at `at`.
    """
    rows = group[ROWS][1]
    by_name: dict[str, list[bytes]] = {name: [] for name in types}
    for name, chunk in chunks:
        by_name[name].append(chunk)
    pages: list[Buffer] = []
    begin = at
    for name in (name for name in types if name in left_out):
        of, column = types[name], left_out[name]
        if of is None or by_name[name]:
            raise ValueError(f"{name} is nested, or not left out")
        if not _is_of_type(column, of):
            raise ValueError(f"{name} has another type")
        its = _pages(column, first, rows)
        by_name[name].append(_chunk(name, of, rows, its, begin))
        pages += [*its.dictionary, *its.data]
        begin += _size(its.dictionary) + _size(its.data)
    if not by_name.keys() >= left_out.keys() or not all(by_name.values()):
        raise ValueError("other columns are left out")
    ordered = [chunk for one in by_name.values() for chunk in one]
    group[COLUMNS] = (LIST, (STRUCT, ordered))
    for total in (_BYTES, _COMPRESSED):
        group[total] = (I64, group[total][1] + begin - at)
    return b"".join(pages)


def _is_of_type(column: str | FewValues | None, of: int) -> bool:
    if isinstance(column, FewValues):
        return of in ((_INT64, _DOUBLE) if column.is_wide else (_INT32, _FLOAT))
    return column is None or of == _BYTE_ARRAY


class _Pages(NamedTuple):
    """The pages of a column chunk."""

    dictionary: Sequence[Buffer]
    """None where all rows are null."""
    data: Sequence[Buffer]
    nulls: int


def _pages(column: str | FewValues | None, first: int, rows: int) -> _Pages:
    """The pages of so many rows from `first` on."""
    if isinstance(column, FewValues):
        return _number_pages(column, first, rows)
    return _constant_pages(column, rows)


@lru_cache(maxsize=64)
def _constant_pages(value: str | None, rows: int) -> _Pages:
    levels = levels_of_all(rows, is_null=value is None)
    if value is None:
        return _Pages([], data_page(rows, PLAIN, [levels]), rows)
    text = value.encode()
    dictionary = dictionary_page(1, struct.pack("<I", len(text)) + text)
    return _Pages(dictionary, data_page(rows, RLE_DICTIONARY, [levels, *_indexes(rows)]), 0)


def _number_pages(column: FewValues, first: int, rows: int) -> _Pages:
    if first + rows > column.rows:
        raise ValueError("there are fewer rows")
    coded = column.coded(first, first + rows)
    values = coded.values
    if not values.size:
        return _constant_pages(None, rows)
    known, depth = rows, levels_of_all(rows, is_null=False)
    if coded.known is not None:
        known, depth = int(np.count_nonzero(coded.known)), levels(coded.known)
    content = [depth, *_indexes(known, coded.width, coded.indexes)]
    stored = values.astype(values.dtype.newbyteorder("<")).tobytes()
    dictionary = dictionary_page(values.size, stored)
    return _Pages(dictionary, data_page(rows, RLE_DICTIONARY, content), rows - known)


def _indexes(rows: int, width: int = _LEAST_WIDTH, packed: Bytes | None = None) -> list[Buffer]:
    """The place of each row's value in a dictionary; the first one, where nothing is packed."""
    if packed is None:
        return [bytes([width]), run(rows, 0)]
    return [bytes([width]), groups(rows), packed.data]


def _chunk(name: str, of: int, rows: int, pages: _Pages, at: int) -> bytes:
    """The struct of a column chunk whose pages begin at `at`."""
    has_dictionary = bool(pages.dictionary)
    before, size = _size(pages.dictionary), _size(pages.dictionary) + _size(pages.data)
    metadata = {
        1: (I32, of),
        2: (LIST, (I32, [PLAIN, RLE, RLE_DICTIONARY] if has_dictionary else [PLAIN, RLE])),
        _PATH: (LIST, (BINARY, [name.encode()])),
        4: (I32, _UNCOMPRESSED),
        5: (I64, rows),
        6: (I64, size),
        7: (I64, size),
        9: (I64, at + before),
        **({11: (I64, at)} if has_dictionary else {}),
        12: (STRUCT, {3: (I64, pages.nulls)}),
    }
    out = bytearray()
    thrift.write({2: (I64, at), _METADATA: (STRUCT, metadata)}, STRUCT, out)
    return bytes(out)


def _size(content: Sequence[Buffer]) -> int:
    return sum(map(len, content))
