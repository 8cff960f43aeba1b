"""Columns of a Parquet file that are null in every row of a row group: their pages and chunks.

Such a page holds one run of definition levels, and no value, so it is the same for all types.
What its header and a column chunk hold: parquet.thrift of apache/parquet-format.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping

from curate.files import thrift_compact as thrift
from curate.files.thrift_compact import BINARY, I32, I64, LIST, STRUCT, Struct

_DATA_PAGE, _UNCOMPRESSED = 0, 0
_PLAIN, _RLE = 0, 3
_TYPE, _NAME, _CHILDREN = 1, 4, 5
"""Fields of SchemaElement."""
COLUMNS, _BYTES, _ROWS, _COMPRESSED = 1, 2, 3, 6
"""Fields of RowGroup."""
_METADATA, _PATH = 3, 3
"""Fields of ColumnChunk and ColumnMetaData."""

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


def add_null_columns(
    group: Struct,
    chunks: Chunks,
    names: Collection[str],
    types: Mapping[str, int | None],
    at: int,
) -> bytes:
    """Complete a row group, which has the chunks of all other columns of `types`; returns the pages
    of these columns, to be written at `at`.
    """
    rows = group[_ROWS][1]
    page = _page(rows)
    by_name: dict[str, list[bytes]] = {name: [] for name in types}
    for name, chunk in chunks:
        by_name[name].append(chunk)
    for number, name in enumerate(name for name in types if name in names):
        of = types[name]
        if of is None or by_name[name]:
            raise ValueError(f"{name} is nested, or not left out")
        by_name[name].append(_chunk(name, of, rows, at + number * len(page), len(page)))
    if not by_name.keys() >= set(names) or not all(by_name.values()):
        raise ValueError("other columns are left out")
    ordered = [chunk for some in by_name.values() for chunk in some]
    group[COLUMNS] = (LIST, (STRUCT, ordered))
    for total in (_BYTES, _COMPRESSED):
        group[total] = (I64, group[total][1] + len(names) * len(page))
    return page * len(names)


def _page(rows: int) -> bytes:
    """A page of so many nulls, with its header."""
    levels = bytearray()
    thrift.write(rows, I64, levels)  # zigzag: twice the number, as in the header of a run
    levels.append(0)
    content = struct.pack("<I", len(levels)) + levels
    header = {
        1: (I32, _DATA_PAGE),
        2: (I32, len(content)),
        3: (I32, len(content)),
        5: (
            STRUCT,
            {1: (I32, rows), 2: (I32, _PLAIN), 3: (I32, _RLE), 4: (I32, _RLE)},
        ),
    }
    out = bytearray()
    thrift.write(header, STRUCT, out)
    return bytes(out + content)


def _chunk(name: str, of: int, rows: int, at: int, size: int) -> bytes:
    metadata = {
        1: (I32, of),
        2: (LIST, (I32, [_PLAIN, _RLE])),
        _PATH: (LIST, (BINARY, [name.encode()])),
        4: (I32, _UNCOMPRESSED),
        5: (I64, rows),
        6: (I64, size),
        7: (I64, size),
        9: (I64, at),
        12: (STRUCT, {3: (I64, rows)}),
    }
    out = bytearray()
    thrift.write({2: (I64, at), _METADATA: (STRUCT, metadata)}, STRUCT, out)
    return bytes(out)
