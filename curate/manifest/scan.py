"""Find and prove the records of a JSONL chunk: one compiled pass over its bytes, no GIL.

A line is OK only where it is, beyond doubt, one strict RFC 8259 object in valid UTF-8 with
distinct top-level keys and no lone surrogate. Whatever is in doubt is ODD and goes to
`curate.manifest.strict`, which decides and names the fault; so this scanner may be cautious but
never wrong. Why not an engine's JSON reader: docs/adr/0003.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from curate.arrays import Bytes, Int32s, Int64s
from curate.arrays.compiled import borrowing, inlined
from curate.manifest.syntax import ESCAPED, MISSING, STRING, scan_value, skip_blanks
from curate.text.words import load_word

OK, BLANK, ODD = range(3)
"""Status of a line."""

# Compiled code is cached by the time of this file only: touch it when curate.manifest.syntax
# changes.
_MOST_KEYS: Final = 128


@dataclass(frozen=True, slots=True)
class Scan:
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


def scan(data: Bytes, fields: Sequence[str]) -> Scan:
    """Scan whole lines; `data` holds less than 2 GiB. A missing final newline is fine."""
    assert data.size < 2**31, "positions are 32-bit"
    names = [field.encode() for field in fields]
    name_ends = np.cumsum([len(name) for name in names], dtype=np.int64)
    name_bytes = np.frombuffer(b"".join(names), np.uint8)
    lines = int(_count_lines(data))
    result = Scan(
        status=np.empty(lines, np.uint8),
        line_start=np.empty(lines, np.int64),
        line_length=np.empty(lines, np.int64),
        kind=np.zeros((lines, len(names)), np.uint8),
        start=np.zeros((lines, len(names)), np.int32),
        length=np.zeros((lines, len(names)), np.int32),
    )
    keys, known = np.zeros((_MOST_KEYS, 3), np.int64), np.zeros(1, np.int64)
    _scan_lines(
        data, name_bytes, name_ends, keys, known, result.status, result.line_start,
        result.line_length, result.kind, result.start, result.length,
    )  # fmt: skip
    return result


@borrowing
def _count_lines(data: Bytes) -> int:
    count = 0
    for at in range(data.size):
        count += data[at] == 10
    if data.size and data[data.size - 1] != 10:
        count += 1
    return count


@borrowing
def _scan_lines(
    data: Bytes,
    names: Bytes,
    name_ends: Int64s,
    keys: Int64s,
    known: Int64s,
    status: Bytes,
    starts: Int64s,
    lengths: Int64s,
    kind: Bytes,
    start: Int32s,
    length: Int32s,
) -> None:
    at = data.size - data.size  # no literal 0, which would compile all that takes it twice
    for row in range(status.size):
        begin = at
        result, at = _scan_object(data, at, names, name_ends, keys, known, row, kind, start, length)
        if result != OK:
            while at < data.size and data[at] != 10:
                at += 1
            if result == ODD:
                known[0] = 0
                kind[row] = MISSING
        status[row] = result
        starts[row] = begin
        lengths[row] = at - begin
        at += 1


@borrowing
def _scan_object(
    data: Bytes,
    at: int,
    names: Bytes,
    name_ends: Int64s,
    keys: Int64s,
    known: Int64s,
    row: int,
    kind: Bytes,
    start: Int32s,
    length: Int32s,
) -> tuple[int, int]:
    """Scan one line; returns its status and where it stopped (at the newline if OK).

    `keys` holds the keys of the line before, distinct, with their fields: a manifest's lines
    mostly have the same keys in the same order, so a key is first compared with its forerunner.
    """
    size = data.size
    at = skip_blanks(data, at)
    if at >= size or data[at] == 10:
        return BLANK, at
    if data[at] != 123:
        return ODD, at
    at = skip_blanks(data, at + 1)
    if at < size and data[at] == 125:
        known[0] = 0
        at = skip_blanks(data, at + 1)
        return (OK if at >= size or data[at] == 10 else ODD), at
    count = 0
    alike = True
    while True:
        if at >= size or data[at] != 34 or count == _MOST_KEYS:
            return ODD, at
        key = at + 1
        at = key + keys[count, 1]
        if not (
            alike
            and count < known[0]
            and at < size
            and data[at] == 34
            and _same(data, key, keys[count, 0], keys[count, 1])
        ):
            alike = False
            at = key
            while at < size and 32 <= data[at] < 127 and data[at] != 34 and data[at] != 92:
                at += 1
            if at >= size or data[at] != 34:
                return ODD, at  # not plain ASCII: the strict reading compares it
            for earlier in range(count):
                if keys[earlier, 1] == at - key and _same(data, keys[earlier, 0], key, at - key):
                    return ODD, at
            keys[count, 0] = key
            keys[count, 1] = at - key
            keys[count, 2] = _find_field(data, key, at - key, names, name_ends)
        field = keys[count, 2]
        count += 1
        at = skip_blanks(data, at + 1)
        if at >= size or data[at] != 58:
            return ODD, at
        begin = skip_blanks(data, at + 1)
        what, at = scan_value(data, begin)
        if what == MISSING:
            return ODD, at
        if field >= 0:
            quote = 1 if what == STRING or what == ESCAPED else 0
            kind[row, field] = what
            start[row, field] = begin + quote
            length[row, field] = at - begin - 2 * quote
        at = skip_blanks(data, at)
        if at >= size:
            return ODD, at
        if data[at] == 125:
            known[0] = count
            at = skip_blanks(data, at + 1)
            return (OK if at >= size or data[at] == 10 else ODD), at
        if data[at] != 44:
            return ODD, at
        at = skip_blanks(data, at + 1)


@inlined
def _same(data: Bytes, one: int, other: int, length: int) -> bool:
    """Whether two spans hold the same bytes."""
    k = 0
    while k + 8 <= length:
        if load_word(data, one + k) != load_word(data, other + k):
            return False
        k += 8
    while k < length:
        if data[one + k] != data[other + k]:
            return False
        k += 1
    return True


@borrowing
def _find_field(data: Bytes, key: int, length: int, names: Bytes, name_ends: Int64s) -> int:
    """Number of the wanted field with this name, or -1."""
    first = 0
    for field in range(name_ends.size):
        if name_ends[field] - first == length:
            same = True
            for k in range(length):
                same &= names[first + k] == data[key + k]
            if same:
                return field
        first = name_ends[field]
    return -1
