"""Find and prove the records of a JSONL chunk: one compiled pass over its bytes, no GIL.

A line is OK only where it is, beyond doubt, one strict RFC 8259 object in valid UTF-8 with
distinct top-level keys and no lone surrogate. Whatever is in doubt is ODD and goes to
`curate.manifest.strict`, which decides and names the fault; so this scanner may be cautious but
never wrong. Why not an engine's JSON reader: docs/adr/0003.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from curate.arrays import Bytes, ByteTable, Int32s, Int32Table, Int64s, Int64Table
from curate.manifest.values import Span
from curate.native import kernel

OK, BLANK, ODD = range(3)
"""Status of a line."""

_MOST_KEYS: Final = 128


class Scan(NamedTuple):
    """Where the lines and the wanted fields of a chunk lie; positions count from its start.

    `status`, `line_start`, `line_length`: one entry per line (without its newline). `kind`,
    `start`, `length`: [lines, fields]; strings without their quotes, all else as written.
    """

    status: Bytes
    line_start: Int64s
    line_length: Int64s
    kind: Bytes
    start: Int32s
    length: Int32s


def span_of(lines: Scan, field: int, rows: slice | Int64s = slice(None)) -> Span:
    """One field of the lines."""
    return (
        np.ascontiguousarray(lines.kind[rows, field]),
        lines.start[rows, field].astype(np.int64),
        lines.length[rows, field].astype(np.int64),
    )


def joined(names: Sequence[str]) -> tuple[Bytes, Int64s]:
    """Names as one run of bytes, and where each ends."""
    encoded = [name.encode() for name in names]
    ends = np.cumsum([len(name) for name in encoded], dtype=np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), ends


def room_for_keys() -> tuple[Int64Table, Int64s]:
    """Where the scanner keeps the keys of the line before, and how many they are."""
    return np.zeros((_MOST_KEYS, 3), np.int64), np.zeros(1, np.int64)


def scan(data: Bytes, fields: Sequence[str]) -> Scan:
    """Scan whole lines; `data` holds less than 2 GiB. A missing final newline is fine."""
    assert data.size < 2**31, "positions are 32-bit"
    names, name_ends = joined(fields)
    lines = count_lines(data)
    result = Scan(
        status=np.empty(lines, np.uint8),
        line_start=np.empty(lines, np.int64),
        line_length=np.empty(lines, np.int64),
        kind=np.zeros((lines, len(fields)), np.uint8),
        start=np.zeros((lines, len(fields)), np.int32),
        length=np.zeros((lines, len(fields)), np.int32),
    )
    keys, known = room_for_keys()
    _scan_lines(
        data, names, name_ends, keys, known, result.status, result.line_start,
        result.line_length, result.kind, result.start, result.length,
    )  # fmt: skip
    return result


@kernel("scan")
def count_lines(data: Bytes) -> int:
    """How many lines there are, one without a newline at the end included."""
    raise NotImplementedError


@kernel("scan")
def _scan_lines(
    data: Bytes,
    names: Bytes,
    name_ends: Int64s,
    keys: Int64Table,
    known: Int64s,
    status: Bytes,
    starts: Int64s,
    lengths: Int64s,
    kind: ByteTable,
    start: Int32Table,
    length: Int32Table,
) -> None:
    raise NotImplementedError
