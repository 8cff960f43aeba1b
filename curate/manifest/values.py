"""Turn the scanner's spans into columns: strings, numbers, unescaped texts."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import polars as pl

from curate.arrays import Bools, Bytes, Floats, Int32s, Int64s, UInt64s
from curate.arrays.compiled import borrowing, inlined
from curate.manifest.syntax import ESCAPED, MISSING, NULL, NUMBER, STRING
from curate.text.words import hash_bytes, load_word

Span = tuple[Bytes, Int64s, Int64s]
"""Kind, start and length of one field in each line."""

_TEN: Floats = np.asarray(10.0 ** np.arange(23), np.float64)


def unescape(
    data: Bytes, kind: Bytes, start: Int64s, length: Int64s
) -> tuple[Bytes, Int64s, Int64s]:
    """Resolve the backslashes of ESCAPED spans: (data with them appended, starts, lengths)."""
    escaped = np.flatnonzero(kind == ESCAPED)
    if not escaped.size:
        return data, start, length
    start, length = start.copy(), length.copy()
    plain = np.empty(int(length[escaped].sum()), np.uint8)
    used = _unescape_rows(data, escaped, start, length, plain, data.size)
    return np.concatenate([data, plain[:used]]), start, length


@borrowing
def _unescape_rows(
    data: Bytes, rows: Int64s, start: Int64s, length: Int64s, out: Bytes, base: int
) -> int:
    """Write the plain texts to `out` and point start and length there; the bytes used."""
    to = 0
    for row in rows:
        first = to
        at = start[row]
        end = at + length[row]
        while at < end:
            byte = data[at]
            if byte != 92:
                out[to] = byte
                at += 1
                to += 1
                continue
            letter = data[at + 1]
            if letter != 117:
                if letter == 98:
                    letter = 8
                elif letter == 102:
                    letter = 12
                elif letter == 110:
                    letter = 10
                elif letter == 114:
                    letter = 13
                elif letter == 116:
                    letter = 9
                out[to] = letter
                at += 2
                to += 1
                continue
            code = _hex(data, at + 2)
            at += 6
            if 0xD800 <= code <= 0xDBFF:
                code = 0x10000 + ((code - 0xD800) << 10) + (_hex(data, at + 2) - 0xDC00)
                at += 6
            to = _encode(code, out, to)
        start[row] = base + first
        length[row] = to - first
    return to


@inlined
def _hex(data: Bytes, at: int) -> int:
    code = 0
    for k in range(4):
        digit = data[at + k]
        if digit >= 97:
            code = code * 16 + digit - 87
        elif digit >= 65:
            code = code * 16 + digit - 55
        else:
            code = code * 16 + digit - 48
    return code


@inlined
def _encode(code: int, out: Bytes, to: int) -> int:
    if code < 0x80:
        out[to] = code
        return to + 1
    if code < 0x800:
        out[to] = 0xC0 | (code >> 6)
        out[to + 1] = 0x80 | (code & 0x3F)
        return to + 2
    if code < 0x10000:
        out[to] = 0xE0 | (code >> 12)
        out[to + 1] = 0x80 | ((code >> 6) & 0x3F)
        out[to + 2] = 0x80 | (code & 0x3F)
        return to + 3
    out[to] = 0xF0 | (code >> 18)
    out[to + 1] = 0x80 | ((code >> 12) & 0x3F)
    out[to + 2] = 0x80 | ((code >> 6) & 0x3F)
    out[to + 3] = 0x80 | (code & 0x3F)
    return to + 4


def numbers(data: Bytes, kind: Bytes, start: Int64s, length: Int64s) -> Floats:
    """NUMBER spans as the nearest double (as Python's float() reads them); NaN for the rest."""
    values = np.full(start.size, np.nan)
    doubtful = np.zeros(start.size, np.bool_)
    _parse_numbers(data, kind, start, length, _TEN, values, doubtful)
    for row in np.flatnonzero(doubtful):
        first = int(start[row])
        values[row] = float(data[first : first + int(length[row])].tobytes())
    return values


@borrowing
def _parse_numbers(
    data: Bytes,
    kind: Bytes,
    start: Int64s,
    length: Int64s,
    ten: Floats,
    values: Floats,
    doubtful: Bools,
) -> None:
    """Exact by Clinger's fast path: digits < 2^53 and a power of ten <= 22; else doubtful."""
    for row in range(start.size):
        if kind[row] != NUMBER:
            continue
        at = start[row]
        end = at + length[row]
        negative = data[at] == 45
        if negative:
            at += 1
        digits, scale, exact = 0, 0, True
        behind_point = False
        while at < end:
            byte = data[at]
            if byte == 46:
                behind_point = True
            elif byte < 48 or byte > 57:  # an exponent: rare, left to Python
                exact = False
                break
            else:
                digits = digits * 10 + (byte - 48)
                if digits > 9007199254740991:
                    exact = False
                    break
                if behind_point:
                    scale += 1
            at += 1
        if exact and scale <= 22:
            value = digits / ten[scale]
            values[row] = -value if negative else value
        else:
            doubtful[row] = True


class Interner:
    """Spans as numbers of the distinct strings among them, decoded once each.

    What makes speakers and languages nearly free: the distinct ones lie together in a small arena,
    and are made Python strings once.
    """

    def __init__(self) -> None:
        self._arena = np.empty(1 << 12, np.uint8)
        self._ends = np.zeros((1 << 9) + 1, np.int64)
        self._slots = np.full(1 << 10, -1, np.int64)
        self._state = np.zeros(2, np.int64)

    def codes(self, data: Bytes, kind: Bytes, start: Int64s, length: Int64s) -> Int32s:
        """Numbers of the spans' strings; -1 where a field is missing or null.

        Strings without their quotes and backslashes; any other JSON as it is written.
        """
        data, start, length = unescape(data, kind, start, length)
        codes = np.full(start.size, -1, np.int32)
        done = 0
        while done < start.size:
            done = _intern(
                data, kind, start, length, done, self._arena, self._ends, self._slots,
                self._state, codes,
            )  # fmt: skip
            if done < start.size:
                self._grow(int(length[done]))
        return codes

    def strings(self) -> pl.Series:
        """The distinct strings in order of their numbers, and a null behind them for -1."""
        count = int(self._state[0])
        ends = self._ends[: count + 1].tolist()
        whole = self._arena[: ends[-1]].tobytes()
        values = [whole[one:two].decode() for one, two in pairwise(ends)]
        return pl.Series([*values, None], dtype=pl.String)

    def _grow(self, needed: int) -> None:
        self._arena = np.concatenate(
            [self._arena, np.empty(max(needed, self._arena.size), np.uint8)]
        )
        self._ends = np.concatenate([self._ends, np.zeros_like(self._ends)])
        self._slots = np.full(2 * self._slots.size, -1, np.int64)
        _rehash(self._arena, self._ends, self._slots, int(self._state[0]))


def strings(data: Bytes, kind: Bytes, start: Int64s, length: Int64s) -> pl.Series:
    """Spans as a String column; null where a field is missing or null."""
    interner = Interner()
    codes = interner.codes(data, kind, start, length)
    return interner.strings().gather(np.where(codes < 0, interner.strings().len() - 1, codes))


@borrowing
def _intern(
    data: Bytes,
    kind: Bytes,
    start: Int64s,
    length: Int64s,
    row: int,
    arena: Bytes,
    ends: Int64s,
    slots: Int64s,
    state: Int64s,
    codes: Int32s,
) -> int:
    """Number the spans from `row` on (open addressing); the row for which there is no room, or the
    end.

    `state` holds how many strings are known, and the code of the last one looked up.
    """
    mask = np.uint64(slots.size - 1)
    while row < start.size:
        if kind[row] == MISSING or kind[row] == NULL:
            row += 1
            continue
        first, size = start[row], length[row]
        code = state[1]  # neighbours are often alike
        if code >= state[0] or not _equal(data, first, size, arena, ends, code):
            slot = hash_bytes(data, first, size) & mask
            code = slots[slot]
            while code >= 0 and not _equal(data, first, size, arena, ends, code):
                slot = (slot + np.uint64(1)) & mask
                code = slots[slot]
            if code < 0:
                code = state[0]
                if 2 * code >= slots.size or ends[code] + size > arena.size:
                    return row
                for k in range(size):
                    arena[ends[code] + k] = data[first + k]
                ends[code + 1] = ends[code] + size
                slots[slot] = code
                state[0] = code + 1
            state[1] = code
        codes[row] = code
        row += 1
    return row


@inlined
def _equal(data: Bytes, first: int, size: int, arena: Bytes, ends: Int64s, code: int) -> bool:
    """Whether a span is the known string `code`."""
    if ends[code + 1] - ends[code] != size:
        return False
    k = 0
    while k + 8 <= size:
        if load_word(data, first + k) != load_word(arena, ends[code] + k):
            return False
        k += 8
    while k < size:
        if data[first + k] != arena[ends[code] + k]:
            return False
        k += 1
    return True


@borrowing
def _rehash(arena: Bytes, ends: Int64s, slots: Int64s, count: int) -> None:
    mask = np.uint64(slots.size - 1)
    for code in range(count):
        slot = hash_bytes(arena, ends[code], ends[code + 1] - ends[code]) & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = code


def hash_spans(data: Bytes, kind: Bytes, start: Int64s, length: Int64s) -> UInt64s:
    """64-bit hash of each span, escapes resolved; 0 where there is none."""
    data, start, length = unescape(data, kind, start, length)
    keys = np.zeros(start.size, np.uint64)
    _hash_rows(data, kind, start, length, keys)
    return keys


@borrowing
def _hash_rows(data: Bytes, kind: Bytes, start: Int64s, length: Int64s, keys: UInt64s) -> None:
    for row in range(start.size):
        if kind[row] == STRING or kind[row] == ESCAPED:
            keys[row] = hash_bytes(data, start[row], length[row])


def texts_differ(data: Bytes, one: Span, other: Span) -> Bools:
    """Whether both fields of a line are strings, and not the same."""
    differ = np.zeros(one[0].size, np.bool_)
    _compare(data, *one, *other, differ)
    for row in np.flatnonzero(differ & ((one[0] == ESCAPED) | (other[0] == ESCAPED))).tolist():
        texts = [
            json.loads(b'"' + data[start[row] : start[row] + length[row]].tobytes() + b'"')
            for _, start, length in (one, other)
        ]
        differ[row] = texts[0] != texts[1]
    return differ


@borrowing
def _compare(
    data: Bytes,
    kind: Bytes,
    start: Int64s,
    length: Int64s,
    other_kind: Bytes,
    other_start: Int64s,
    other_length: Int64s,
    differ: Bools,
) -> None:
    for row in range(kind.size):
        if kind[row] != STRING and kind[row] != ESCAPED:
            continue
        if other_kind[row] != STRING and other_kind[row] != ESCAPED:
            continue
        same = length[row] == other_length[row]
        for k in range(length[row] if same else 0):
            same &= data[start[row] + k] == data[other_start[row] + k]
        differ[row] = not same


def combine(keys: UInt64s, numbers: Floats) -> UInt64s:
    """Hash of a key and a number together; NaN (none given) differs from 0.0."""
    bits = numbers.view(np.uint64)
    with np.errstate(over="ignore"):
        mixed = (keys ^ (bits >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15) ^ bits
        mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return mixed ^ (mixed >> np.uint64(32))
