"""Turn the spans that the scanner found into columns: strings, numbers, unescaped texts."""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt
import polars as pl

from curate.manifest.syntax import ESCAPED, MISSING, NULL, NUMBER, STRING
from curate.text.words import hash_bytes

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]

_TEN = 10.0 ** np.arange(23)


def unescape(
    data: Bytes, kind: npt.NDArray[np.uint8], start: Positions, length: Positions
) -> tuple[Bytes, Positions, Positions]:
    """Resolve the backslashes of ESCAPED spans: (data with them appended, starts, lengths)."""
    escaped = np.flatnonzero(kind == ESCAPED)
    if not escaped.size:
        return data, start, length
    start, length = start.copy(), length.copy()
    plain = np.empty(int(length[escaped].sum()), np.uint8)
    used = _unescape_rows(data, escaped, start, length, plain, data.size)
    return np.concatenate([data, plain[:used]]), start, length


@nb.njit(nogil=True, cache=True)
def _unescape_rows(data, rows, start, length, out, base):  # type: ignore[no-untyped-def]
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


@nb.njit(nogil=True, cache=True, inline="always")
def _hex(data, at):  # type: ignore[no-untyped-def]
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


@nb.njit(nogil=True, cache=True, inline="always")
def _encode(code, out, to):  # type: ignore[no-untyped-def]
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


def numbers(
    data: Bytes, kind: npt.NDArray[np.uint8], start: Positions, length: Positions
) -> npt.NDArray[np.float64]:
    """NUMBER spans as the nearest double (as Python's float() reads them); NaN for the rest."""
    values = np.full(start.size, np.nan)
    doubtful = np.zeros(start.size, np.bool_)
    _parse_numbers(data, kind, start, length, _TEN, values, doubtful)
    for row in np.flatnonzero(doubtful):
        first = int(start[row])
        values[row] = float(data[first : first + int(length[row])].tobytes())
    return values


@nb.njit(nogil=True, cache=True)
def _parse_numbers(data, kind, start, length, ten, values, doubtful):  # type: ignore[no-untyped-def]
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


def strings(
    data: Bytes, kind: npt.NDArray[np.uint8], start: Positions, length: Positions
) -> pl.Series:
    """Spans as a String column: strings unquoted, any other JSON as written, null for null.

    Each distinct value of the batch is decoded once, which is what makes speakers and languages
    nearly free.
    """
    data, start, length = unescape(data, kind, start, length)
    codes = np.full(start.size, -1, np.int64)
    firsts = np.empty(start.size, np.int64)
    distinct = _intern(data, kind, start, length, codes, firsts)
    values = [
        data[start[row] : start[row] + length[row]].tobytes().decode() for row in firsts[:distinct]
    ]
    codes[codes < 0] = distinct
    return pl.Series([*values, None], dtype=pl.String).gather(codes)


@nb.njit(nogil=True, cache=True)
def _intern(data, kind, start, length, codes, firsts):  # type: ignore[no-untyped-def]
    """Give equal spans equal codes (open addressing, growing); returns how many are distinct."""
    slots = np.full(1024, -1, np.int64)
    mask = np.uint64(slots.size - 1)
    distinct = 0
    last = -1
    for row in range(start.size):
        if kind[row] == MISSING or kind[row] == NULL:
            continue
        if last >= 0 and _same(data, start, length, row, last):
            codes[row] = codes[last]
            continue
        if 2 * distinct >= slots.size:
            slots = np.full(4 * slots.size, -1, np.int64)
            mask = np.uint64(slots.size - 1)
            for code in range(distinct):
                first = firsts[code]
                slot = hash_bytes(data, start[first], length[first]) & mask
                while slots[slot] >= 0:
                    slot = (slot + np.uint64(1)) & mask
                slots[slot] = code
        slot = hash_bytes(data, start[row], length[row]) & mask
        while True:
            code = slots[slot]
            if code < 0:
                slots[slot] = distinct
                firsts[distinct] = row
                codes[row] = distinct
                distinct += 1
                break
            if _same(data, start, length, row, firsts[code]):
                codes[row] = code
                break
            slot = (slot + np.uint64(1)) & mask
        last = row
    return distinct


@nb.njit(nogil=True, cache=True, inline="always")
def _same(data, start, length, one, other):  # type: ignore[no-untyped-def]
    if length[one] != length[other]:
        return False
    for k in range(length[one]):
        if data[start[one] + k] != data[start[other] + k]:
            return False
    return True


def hash_spans(
    data: Bytes, kind: npt.NDArray[np.uint8], start: Positions, length: Positions
) -> npt.NDArray[np.uint64]:
    """64-bit hash of each span, escapes resolved; 0 where there is none."""
    data, start, length = unescape(data, kind, start, length)
    keys = np.zeros(start.size, np.uint64)
    _hash_rows(data, kind, start, length, keys)
    return keys


@nb.njit(nogil=True, cache=True)
def _hash_rows(data, kind, start, length, keys):  # type: ignore[no-untyped-def]
    for row in range(start.size):
        if kind[row] == STRING or kind[row] == ESCAPED:
            keys[row] = hash_bytes(data, start[row], length[row])


def combine(
    keys: npt.NDArray[np.uint64], numbers: npt.NDArray[np.float64]
) -> npt.NDArray[np.uint64]:
    """Hash of a key and a number together; NaN (none given) differs from 0.0."""
    bits = numbers.view(np.uint64)
    with np.errstate(over="ignore"):
        mixed = (keys ^ (bits >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15) ^ bits
        mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return mixed ^ (mixed >> np.uint64(32))
