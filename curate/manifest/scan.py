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

import numba as nb
import numpy as np
import numpy.typing as npt

from curate.text.words import load_word, trailing_zeros

OK, BLANK, ODD = range(3)
"""Status of a line."""

MISSING, STRING, ESCAPED, NUMBER, TRUE, FALSE, NULL, OBJECT, ARRAY = range(9)
"""Kind of a field's value; ESCAPED is a string with backslashes in it."""

_DEEPEST: Final = 60
_MOST_KEYS: Final = 128

_PLAIN, _QUOTE, _BACKSLASH, _CONTROL, _HIGH = range(5)
_CLASS = np.zeros(256, np.uint8)
_CLASS[:0x20] = _CONTROL
_CLASS[0x80:] = _HIGH
_CLASS[ord('"')] = _QUOTE
_CLASS[ord("\\")] = _BACKSLASH
_HEX = np.full(256, 255, np.uint8)
for _digit in b"0123456789abcdefABCDEF":
    _HEX[_digit] = int(chr(_digit), 16)


@dataclass(frozen=True, slots=True)
class Scan:
    """Where the lines and the wanted fields of a chunk lie; positions count from its start.

    `status`, `line_start`, `line_length`: one entry per line (without its newline). `kind`,
    `start`, `length`: [lines, fields]; strings without their quotes, all else as written.
    """

    status: npt.NDArray[np.uint8]
    line_start: npt.NDArray[np.int64]
    line_length: npt.NDArray[np.int64]
    kind: npt.NDArray[np.uint8]
    start: npt.NDArray[np.int32]
    length: npt.NDArray[np.int32]


def scan(data: npt.NDArray[np.uint8], fields: Sequence[str]) -> Scan:
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
    _scan_lines(
        data, name_bytes, name_ends, _CLASS, _HEX, result.status, result.line_start,
        result.line_length, result.kind, result.start, result.length,
    )  # fmt: skip
    return result


@nb.njit(nogil=True, cache=True)
def _count_lines(data):  # type: ignore[no-untyped-def]
    count = 0
    for at in range(data.size):
        count += data[at] == 10
    if data.size and data[data.size - 1] != 10:
        count += 1
    return count


@nb.njit(nogil=True, cache=True)
def _scan_lines(  # type: ignore[no-untyped-def]
    data, names, name_ends, classes, hexes, status, starts, lengths, kind, start, length
):
    seen = np.zeros((_MOST_KEYS, 2), np.int64)
    at = 0
    for row in range(status.size):
        begin = at
        result, at = _scan_object(
            data, at, names, name_ends, classes, hexes, seen, kind[row], start[row], length[row]
        )
        if result != OK:
            while at < data.size and data[at] != 10:
                at += 1
            if result == ODD:
                kind[row] = MISSING
        status[row] = result
        starts[row] = begin
        lengths[row] = at - begin
        at += 1


@nb.njit(nogil=True, cache=True, inline="always")
def _skip_blanks(data, at):  # type: ignore[no-untyped-def]
    while at < data.size and (data[at] == 32 or data[at] == 9 or data[at] == 13):
        at += 1
    return at


@nb.njit(nogil=True, cache=True)
def _scan_object(data, at, names, name_ends, classes, hexes, seen, kind, start, length):  # type: ignore[no-untyped-def]
    """Scan one line; returns its status and where it stopped (at the newline if OK)."""
    size = data.size
    at = _skip_blanks(data, at)
    if at >= size or data[at] == 10:
        return BLANK, at
    if data[at] != 123:
        return ODD, at
    keys = 0
    bloom = np.uint64(0)
    at = _skip_blanks(data, at + 1)
    if at < size and data[at] == 125:
        at = _skip_blanks(data, at + 1)
        return (OK if at >= size or data[at] == 10 else ODD), at
    while True:
        if at >= size or data[at] != 34:
            return ODD, at
        key = at + 1
        at = key
        mark = np.uint64(0)
        while at < size and classes[data[at]] == _PLAIN:
            mark = mark * np.uint64(31) + np.uint64(data[at])
            at += 1
        if at >= size or data[at] != 34 or keys == _MOST_KEYS:
            return ODD, at
        key_length = at - key
        bit = np.uint64(1) << ((mark ^ (mark >> np.uint64(7))) & np.uint64(63))
        if bloom & bit:
            for k in range(keys):
                if seen[k, 1] == key_length:
                    same = True
                    for i in range(key_length):
                        if data[seen[k, 0] + i] != data[key + i]:
                            same = False
                            break
                    if same:
                        return ODD, at
        bloom |= bit
        seen[keys, 0] = key
        seen[keys, 1] = key_length
        keys += 1
        at = _skip_blanks(data, at + 1)
        if at >= size or data[at] != 58:
            return ODD, at
        at = _skip_blanks(data, at + 1)
        begin = at
        what, at = _scan_value(data, at, classes, hexes)
        if what == MISSING:
            return ODD, at
        first = 0
        for field in range(name_ends.size):
            if name_ends[field] - first == key_length:
                same = True
                for i in range(key_length):
                    if names[first + i] != data[key + i]:
                        same = False
                        break
                if same:
                    quote = 1 if what == STRING or what == ESCAPED else 0
                    kind[field] = what
                    start[field] = begin + quote
                    length[field] = at - begin - 2 * quote
                    break
            first = name_ends[field]
        at = _skip_blanks(data, at)
        if at >= size:
            return ODD, at
        if data[at] == 125:
            at = _skip_blanks(data, at + 1)
            return (OK if at >= size or data[at] == 10 else ODD), at
        if data[at] != 44:
            return ODD, at
        at = _skip_blanks(data, at + 1)


@nb.njit(nogil=True, cache=True, inline="always")
def _scan_value(data, at, classes, hexes):  # type: ignore[no-untyped-def]
    """Kind of the value at `at` and its end; MISSING where it is not proven to be one."""
    if at >= data.size:
        return MISSING, at
    byte = data[at]
    if byte == 34:
        return _scan_string(data, at + 1, classes, hexes)
    if byte == 123 or byte == 91:
        return _scan_nested(data, at, classes, hexes)
    return _scan_scalar(data, at)


@nb.njit(nogil=True, cache=True)
def _scan_scalar(data, at):  # type: ignore[no-untyped-def]
    size = data.size
    byte = data[at]
    if byte == 45 or (48 <= byte <= 57):
        return _scan_number(data, at)
    if (
        byte == 116
        and at + 3 < size
        and data[at + 1] == 114
        and data[at + 2] == 117
        and data[at + 3] == 101
    ):
        return TRUE, at + 4
    if (
        byte == 102
        and at + 4 < size
        and data[at + 1] == 97
        and data[at + 2] == 108
        and data[at + 3] == 115
        and data[at + 4] == 101
    ):
        return FALSE, at + 5
    if (
        byte == 110
        and at + 3 < size
        and data[at + 1] == 117
        and data[at + 2] == 108
        and data[at + 3] == 108
    ):
        return NULL, at + 4
    return MISSING, at


@nb.njit(nogil=True, cache=True)
def _scan_number(data, at):  # type: ignore[no-untyped-def]
    size = data.size
    if data[at] == 45:
        at += 1
    if at >= size or not 48 <= data[at] <= 57:
        return MISSING, at
    if data[at] == 48:
        at += 1
    else:
        while at < size and 48 <= data[at] <= 57:
            at += 1
    if at < size and data[at] == 46:
        at += 1
        digits = at
        while at < size and 48 <= data[at] <= 57:
            at += 1
        if at == digits:
            return MISSING, at
    if at < size and (data[at] == 101 or data[at] == 69):
        at += 1
        if at < size and (data[at] == 43 or data[at] == 45):
            at += 1
        digits = at
        while at < size and 48 <= data[at] <= 57:
            at += 1
        if at == digits:
            return MISSING, at
    return NUMBER, at


@nb.njit(nogil=True, cache=True, inline="always")
def _hex4(data, at, hexes):  # type: ignore[no-untyped-def]
    """Value of four hex digits, or -1."""
    if at + 4 > data.size:
        return -1
    value = 0
    for k in range(4):
        digit = hexes[data[at + k]]
        if digit == 255:
            return -1
        value = value * 16 + digit
    return value


@nb.njit(nogil=True, cache=True)
def _scan_string(data, at, classes, hexes):  # type: ignore[no-untyped-def]
    """From behind the opening quote to behind the closing one."""
    size = data.size
    what = STRING
    while at < size:
        while at + 8 <= size:
            stop = _stops(load_word(data, at))
            if stop:
                at += np.int64(trailing_zeros(stop) >> np.uint64(3))
                break
            at += 8
        if at >= size:
            break
        kind = classes[data[at]]
        if kind == _PLAIN:
            at += 1
        elif kind == _QUOTE:
            return what, at + 1
        elif kind == _HIGH:
            wide = _utf8_length(data, at)
            if wide == 0:
                return MISSING, at
            at += wide
        elif kind == _BACKSLASH:
            what = ESCAPED
            wide = _escape_length(data, at, hexes)
            if wide == 0:
                return MISSING, at
            at += wide
        else:
            return MISSING, at
    return MISSING, at


_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)
_BLANKS = np.uint64(0x2020202020202020)
_QUOTES = np.uint64(0x2222222222222222)
_BACKSLASHES = np.uint64(0x5C5C5C5C5C5C5C5C)


@nb.njit(nogil=True, cache=True, inline="always")
def _stops(word):  # type: ignore[no-untyped-def]
    """High bit of each byte that is not plain text: quote, backslash, control, beyond ASCII.

    The lowest set bit is exact; a borrow may set bits above it (Hacker's Delight, 6-1).
    """
    quote = word ^ _QUOTES
    backslash = word ^ _BACKSLASHES
    found = ((word - _BLANKS) & ~word) | ((quote - _ONES) & ~quote)
    return (found | ((backslash - _ONES) & ~backslash) | word) & _HIGHS


@nb.njit(nogil=True, cache=True, inline="always")
def _utf8_length(data, at):  # type: ignore[no-untyped-def]
    """Length of the multi-byte character at `at`; 0 where it is not valid UTF-8 (RFC 3629)."""
    first = data[at]
    left = data.size - at
    if 0xC2 <= first <= 0xDF:
        return 2 if left > 1 and data[at + 1] & 0xC0 == 0x80 else 0
    if 0xE0 <= first <= 0xEF:
        if left < 3 or data[at + 1] & 0xC0 != 0x80 or data[at + 2] & 0xC0 != 0x80:
            return 0
        if (first == 0xE0 and data[at + 1] < 0xA0) or (first == 0xED and data[at + 1] > 0x9F):
            return 0
        return 3
    if 0xF0 <= first <= 0xF4:
        if left < 4 or data[at + 1] & 0xC0 != 0x80:
            return 0
        if data[at + 2] & 0xC0 != 0x80 or data[at + 3] & 0xC0 != 0x80:
            return 0
        if (first == 0xF0 and data[at + 1] < 0x90) or (first == 0xF4 and data[at + 1] > 0x8F):
            return 0
        return 4
    return 0


@nb.njit(nogil=True, cache=True, inline="always")
def _escape_length(data, at, hexes):  # type: ignore[no-untyped-def]
    """Length of the escape at `at` (a surrogate pair is one of 12); 0 where it is none."""
    if at + 1 >= data.size:
        return 0
    byte = data[at + 1]
    if byte != 117:
        if (
            byte == 34
            or byte == 92
            or byte == 47
            or byte == 98
            or byte == 102
            or byte == 110
            or byte == 114
            or byte == 116
        ):
            return 2
        return 0
    code = _hex4(data, at + 2, hexes)
    if code < 0 or 0xDC00 <= code <= 0xDFFF:
        return 0
    if 0xD800 <= code <= 0xDBFF:
        if at + 7 >= data.size or data[at + 6] != 92 or data[at + 7] != 117:
            return 0
        low = _hex4(data, at + 8, hexes)
        return 12 if 0xDC00 <= low <= 0xDFFF else 0
    return 6


@nb.njit(nogil=True, cache=True)
def _scan_nested(data, at, classes, hexes):  # type: ignore[no-untyped-def]
    """Skip an object or array, proving its syntax; nested keys are not compared."""
    size = data.size
    what = OBJECT if data[at] == 123 else ARRAY
    objects = np.uint64(1) if what == OBJECT else np.uint64(0)  # innermost level in bit 0
    depth = 1
    at = _skip_blanks(data, at + 1)
    fresh = True  # just behind an opening bracket: a closing one may follow
    while True:
        in_object = objects & np.uint64(1)
        if at >= size:
            return MISSING, at
        if fresh and data[at] == (125 if in_object else 93):
            opened = False
        else:
            if in_object:
                if data[at] != 34:
                    return MISSING, at
                kind, at = _scan_string(data, at + 1, classes, hexes)
                at = _skip_blanks(data, at)
                if kind == MISSING or at >= size or data[at] != 58:
                    return MISSING, at
                at = _skip_blanks(data, at + 1)
                if at >= size:
                    return MISSING, at
            if data[at] == 123 or data[at] == 91:
                if depth == _DEEPEST:
                    return MISSING, at
                objects = (objects << np.uint64(1)) | np.uint64(1 if data[at] == 123 else 0)
                depth += 1
                opened = True
            else:
                if data[at] == 34:
                    kind, at = _scan_string(data, at + 1, classes, hexes)
                else:
                    kind, at = _scan_scalar(data, at)
                if kind == MISSING:
                    return MISSING, at
                at = _skip_blanks(data, at)
                opened = False
        if opened:
            at = _skip_blanks(data, at + 1)
            fresh = True
            continue
        fresh = False
        while at < size and data[at] == (125 if objects & np.uint64(1) else 93):
            depth -= 1
            at += 1
            if depth == 0:
                return what, at
            objects >>= np.uint64(1)
            at = _skip_blanks(data, at)
        if at >= size or data[at] != 44:
            return MISSING, at
        at = _skip_blanks(data, at + 1)
