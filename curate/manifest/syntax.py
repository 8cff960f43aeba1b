"""RFC 8259 values, compiled: where a value ends, and proof that it is one.

Every function takes a position and returns what is there and where it ends; MISSING where the
bytes are not proven to be a value. Nothing is decoded here.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from curate.arrays import Bytes, Int, Word
from curate.arrays.compiled import borrowing, inlined
from curate.text.words import load_word, trailing_zeros

MISSING, STRING, ESCAPED, NUMBER, TRUE, FALSE, NULL, OBJECT, ARRAY = range(9)
"""Kind of a value; ESCAPED is a string with backslashes in it."""

_DEEPEST: Final = 60
_MOST_DIGITS: Final = 4000
"""Past some 4,300 digits Python reads no integer: the strict reading decides."""

_PLAIN, _QUOTE, _BACKSLASH, _CONTROL, _HIGH = range(5)
_CLASS = np.zeros(256, np.uint8)
_CLASS[:0x20] = _CONTROL
_CLASS[0x80:] = _HIGH
_CLASS[ord('"')] = _QUOTE
_CLASS[ord("\\")] = _BACKSLASH
_HEX = np.full(256, 255, np.uint8)
for _digit in b"0123456789abcdefABCDEF":
    _HEX[_digit] = int(chr(_digit), 16)


@inlined
def skip_blanks(data: Bytes, at: int) -> int:
    """Position behind the blanks of JSON, but for newlines: these end a line."""
    while at < data.size and (data[at] == 32 or data[at] == 9 or data[at] == 13):
        at += 1
    return at


@inlined
def scan_value(data: Bytes, at: int) -> tuple[int, int]:
    """Kind of the value at `at` and its end; MISSING where it is not proven to be one."""
    if at >= data.size:
        return MISSING, at
    byte = data[at]
    if byte == 34:
        return scan_string(data, at + 1)
    if byte == 123 or byte == 91:
        return _scan_nested(data, at)
    return _scan_scalar(data, at)


@borrowing
def _scan_scalar(data: Bytes, at: int) -> tuple[int, int]:
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


@borrowing
def _scan_number(data: Bytes, at: int) -> tuple[int, int]:
    size = data.size
    if data[at] == 45:
        at += 1
    if at >= size or not 48 <= data[at] <= 57:
        return MISSING, at
    if data[at] == 48:
        at += 1
    else:
        first = at
        while at < size and 48 <= data[at] <= 57:
            at += 1
        if at - first > _MOST_DIGITS:
            return MISSING, at
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


@inlined
def _hex4(data: Bytes, at: int) -> int:
    """Value of four hex digits, or -1."""
    if at + 4 > data.size:
        return -1
    value = 0
    for k in range(4):
        digit = _HEX[data[at + k]]
        if digit == 255:
            return -1
        value = value * 16 + digit
    return value


@borrowing
def scan_string(data: Bytes, at: Int) -> tuple[int, int]:
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
        kind = _CLASS[data[at]]
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
            wide = _escape_length(data, at)
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


@inlined
def _stops(word: Word) -> Word:
    """High bit of each byte that is not plain text: quote, backslash, control, beyond ASCII.

    The lowest set bit is exact; a borrow may set bits above it (Hacker's Delight, 6-1).
    """
    quote = word ^ _QUOTES
    backslash = word ^ _BACKSLASHES
    stops = ((word - _BLANKS) & ~word) | ((quote - _ONES) & ~quote)
    return (stops | ((backslash - _ONES) & ~backslash) | word) & _HIGHS


@inlined
def _utf8_length(data: Bytes, at: int) -> int:
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


@inlined
def _escape_length(data: Bytes, at: int) -> int:
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
    code = _hex4(data, at + 2)
    if code < 0 or 0xDC00 <= code <= 0xDFFF:
        return 0
    if 0xD800 <= code <= 0xDBFF:
        if at + 7 >= data.size or data[at + 6] != 92 or data[at + 7] != 117:
            return 0
        low = _hex4(data, at + 8)
        return 12 if 0xDC00 <= low <= 0xDFFF else 0
    return 6


@borrowing
def _scan_nested(data: Bytes, at: int) -> tuple[int, int]:
    """Skip an object or array, proving its syntax; nested keys are not compared."""
    size = data.size
    what = OBJECT if data[at] == 123 else ARRAY
    objects = np.uint64(1) if what == OBJECT else np.uint64(0)  # innermost level in bit 0
    depth = 1
    at = skip_blanks(data, at + 1)
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
                kind, at = scan_string(data, at + 1)
                at = skip_blanks(data, at)
                if kind == MISSING or at >= size or data[at] != 58:
                    return MISSING, at
                at = skip_blanks(data, at + 1)
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
                    kind, at = scan_string(data, at + 1)
                else:
                    kind, at = _scan_scalar(data, at)
                if kind == MISSING:
                    return MISSING, at
                at = skip_blanks(data, at)
                opened = False
        if opened:
            at = skip_blanks(data, at + 1)
            fresh = True
            continue
        fresh = False
        while at < size and data[at] == (125 if objects & np.uint64(1) else 93):
            depth -= 1
            at += 1
            if depth == 0:
                return what, at
            objects >>= np.uint64(1)
            at = skip_blanks(data, at)
        if at >= size or data[at] != 44:
            return MISSING, at
        at = skip_blanks(data, at + 1)
