"""Pages of a Parquet file, uncompressed, of columns that are not nested and may be null.

What headers hold: parquet.thrift of apache/parquet-format; levels and indexes: Encodings.md there.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from curate.arrays import Bools
from curate.files import thrift_compact as thrift
from curate.files.thrift_compact import I32, STRUCT, Struct

Buffer = bytes | memoryview
"""Bytes of a page, which are put together when it is written."""
PLAIN, RLE, RLE_DICTIONARY = 0, 3, 8
"""Encodings."""
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
_OF_DATA, _OF_DICTIONARY = 5, 7
"""Fields of PageHeader."""


def data_page(rows: int, encoding: int, content: Sequence[Buffer]) -> list[Buffer]:
    """A page of so many rows: their levels, and their values or indexes."""
    values = {1: (I32, rows), 2: (I32, encoding), 3: (I32, RLE), 4: (I32, RLE)}
    return [_header(_DATA_PAGE, _OF_DATA, values, content), *content]


def dictionary_page(values: int, content: bytes) -> list[Buffer]:
    """The page of a dictionary of so many values."""
    fields = {1: (I32, values), 2: (I32, PLAIN)}
    return [_header(_DICTIONARY_PAGE, _OF_DICTIONARY, fields, [content]), content]


def levels(known: Bools) -> bytes:
    """Which rows have a value."""
    content = groups(known.size) + np.packbits(known, bitorder="little").tobytes()
    return struct.pack("<I", len(content)) + content


def levels_of_all(rows: int, is_null: bool) -> bytes:
    """So many rows that all have a value, or none."""
    content = run(rows, 0 if is_null else 1)
    return struct.pack("<I", len(content)) + content


def run(rows: int, value: int) -> bytes:
    """So many times a value of at most 8 bits."""
    out = bytearray()
    thrift.write_unsigned(rows << 1, out)
    out.append(value)
    return bytes(out)


def groups(rows: int) -> bytes:
    """What stands before the values of so many rows that are packed in groups of eight."""
    out = bytearray()
    thrift.write_unsigned(-(-rows // 8) << 1 | 1, out)
    return bytes(out)


def _header(kind: int, field: int, values: Struct, content: Sequence[Buffer]) -> bytes:
    size = (I32, sum(map(len, content)))
    out = bytearray()
    thrift.write({1: (I32, kind), 2: size, 3: size, field: (STRUCT, values)}, STRUCT, out)
    return bytes(out)
