"""Characters of a text that are marks for machines: tags, entities, braces, brackets, addresses;
what subtitles, escapes and emoji leave in texts.
"""

from __future__ import annotations

import re

import numpy as np

from curate.arrays import Bytes, Int32s, Int64s
from curate.arrays.compiled import borrowing

TAGS = (
    rb"<[^<> ][^<>]*>|\{[^{}]*\}|\[[^\[\]]*\]"
    rb"|&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]+);"
    rb"|https?://[^ \t\n\r\f\v]+"
    rb"|ignore_time_segment_in_scoring"
)
"""Tags, brackets, entities, addresses, and NIST's word for a segment that is not scored."""
LEFT_OVER = (
    rb"|>>+|-->|[0-9]{2}:[0-9]{2}:[0-9]{2}[,.][0-9]{3}"
    rb"|\\(?:[NnrthR\"'/\\]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})"
    rb"|\xe2\x81\x87|\xf0\x9f(?!\x8e[\xb5\xb6])[\x80-\xbf]{2}"
    rb"|\xe2(?!\x99[\xa9-\xaf])[\x98-\x9e][\x80-\xbf]"
)
"""A change of speaker and the times of subtitles, escapes (`\\N`, `\\u00e4`), SentencePiece's sign
for an unknown piece (U+2047), emoji and dingbats. Notes (U+2669 to U+266F, two emoji) are remarks.
"""
MARKUP = re.compile(TAGS + LEFT_OVER)
"""The definition, over UTF-8; what follows finds the same, from left to right, much faster."""


_ADDRESS = np.frombuffer(b"http", np.uint8)
_UNSCORED = np.frombuffer(b"ignore_time_segment_in_scoring", np.uint8)
_PLAIN, _OPENS, _ENTITY, _LINK, _ARROW, _CLOCK, _ESCAPE, _SIGN, _WORD = range(9)
_CLOCK_SHAPE = np.frombuffer(b"00:00:00.000", np.uint8)
_ESCAPED = np.zeros(256, np.bool_)
_ESCAPED[list(b"NnrthR\"'/\\")] = True


def _starts() -> Bytes:
    """What a byte may begin."""
    kinds = np.full(256, _PLAIN, np.uint8)
    kinds[list(b"<{[")] = _OPENS
    kinds[ord("&")], kinds[ord("h")] = _ENTITY, _LINK
    kinds[list(b">-")] = _ARROW
    kinds[list(b"0123456789")] = _CLOCK
    kinds[ord("\\")], kinds[ord("i")] = _ESCAPE, _WORD
    kinds[[0xE2, 0xF0]] = _SIGN
    return kinds


_STARTS = _starts()
_CLOSES = np.zeros(256, np.uint8)
_CLOSES[list(b"<{[")] = list(b">}]")
_BLANK = np.zeros(256, np.bool_)
_BLANK[list(b" \t\n\r\f\v")] = True


def markup_chars(data: Bytes, start: Int64s, length: Int64s) -> Int32s:
    """Code points that lie in MARKUP, of each text: `length[i]` bytes of UTF-8 from `start[i]`."""
    counts = np.zeros(start.size, np.int32)
    _count_all(data, start, length, counts)
    return counts


@borrowing
def _count_all(data: Bytes, start: Int64s, length: Int64s, counts: Int32s) -> None:
    for row in range(start.size):
        at, end = start[row], start[row] + length[row]
        if not _may_hold(data, at, end):
            continue
        while at < end:
            upto = at if _STARTS[data[at]] == _PLAIN else _end_of(data, at, end)
            for inside in range(at, upto):
                counts[row] += (data[inside] & 0xC0) != 0x80
            at = max(upto, at + 1)


@borrowing
def _may_hold(data: Bytes, at: int, end: int) -> bool:
    """Whether a byte is there without which no mark is; compared many at a time, no branches."""
    seen = False
    for place in range(at, end):
        byte = data[place]
        seen |= (byte == 60) | (byte == 123) | (byte == 91) | (byte == 38) | (byte == 58)
        seen |= (byte == 62) | (byte == 92) | (byte == 95) | (byte == 0xE2) | (byte == 0xF0)
    return seen


@borrowing
def _end_of(data: Bytes, at: int, end: int) -> int:
    """Where the mark that begins here ends; `at` itself where none does."""
    kind = _STARTS[data[at]]
    if kind == _OPENS:
        upto: int = _bracket(data, at, end)
    elif kind == _ENTITY:
        upto = _entity(data, at, end)
    elif kind == _LINK:
        upto = _link(data, at, end)
    else:
        upto = _left_over(data, at, end, kind)
    return upto


@borrowing
def _left_over(data: Bytes, at: int, end: int, kind: int) -> int:
    """Where one of LEFT_OVER that begins here ends; `at` itself where none does."""
    upto = at
    if kind == _ARROW:
        while data[at] == 62 and upto < end and data[upto] == 62:
            upto += 1
        if upto == at + 1:
            upto = at
        elif at + 3 <= end and data[at] == 45 and data[at + 1] == 45 and data[at + 2] == 62:
            upto = at + 3
    elif kind == _CLOCK:
        upto = at + 12 if _is_clock(data, at, end) else at
    elif kind == _ESCAPE:
        upto = _escape(data, at, end)
    elif kind == _WORD:
        upto = at + _UNSCORED.size if _is_unscored(data, at, end) else at
    elif data[at] == 0xF0:
        note = data[at + 2] == 0x8E and (data[at + 3] == 0xB5 or data[at + 3] == 0xB6)
        upto = at + 4 if data[at + 1] == 0x9F and not note else at
    elif _is_dingbat(data[at + 1], data[at + 2]):
        upto = at + 3
    return upto


@borrowing
def _is_dingbat(second: int, third: int) -> bool:
    """Whether these bytes behind 0xE2 are of U+2047, or of U+2600 to U+27BF but a note."""
    note = second == 0x99 and 0xA9 <= third <= 0xAF
    return (second == 0x81 and third == 0x87) or (0x98 <= second <= 0x9E and not note)


@borrowing
def _is_clock(data: Bytes, at: int, end: int) -> bool:
    """Whether `00:00:00,000` begins here, with any digits."""
    if end - at < 12:
        return False
    for step in range(12):
        byte, shape = data[at + step], _CLOCK_SHAPE[step]
        digit = 48 <= byte < 58
        if shape == 48 and not digit:
            return False
        if shape == 58 and byte != 58:
            return False
        if shape == 46 and byte != 46 and byte != 44:
            return False
    return True


@borrowing
def _is_unscored(data: Bytes, at: int, end: int) -> bool:
    """Whether NIST's word for a segment that is not scored begins here."""
    if end - at < _UNSCORED.size:
        return False
    same = True
    for step in range(_UNSCORED.size):
        same &= data[at + step] == _UNSCORED[step]
    return same


@borrowing
def _escape(data: Bytes, at: int, end: int) -> int:
    """Where a backslash and what it escapes end; `at` where it escapes nothing."""
    if at + 1 >= end:
        return at
    if _ESCAPED[data[at + 1]]:
        return at + 2
    digits = 4 if data[at + 1] == 117 else 2 if data[at + 1] == 120 else 0
    if not digits or at + 2 + digits > end:
        return at
    for place in range(at + 2, at + 2 + digits):
        byte = data[place] | 32
        if not (48 <= data[place] < 58 or 97 <= byte <= 102):
            return at
    return at + 2 + digits


@borrowing
def _bracket(data: Bytes, at: int, end: int) -> int:
    opens, closes = data[at], _CLOSES[data[at]]
    if opens == 60 and at + 1 < end and (data[at + 1] == 32 or data[at + 1] == closes):
        return at
    for next_ in range(at + 1, end):
        if data[next_] == closes:
            return next_ + 1
        if data[next_] == opens:
            return at
    return at


@borrowing
def _entity(data: Bytes, at: int, end: int) -> int:
    first = at + 1
    number = first < end and data[first] == 35
    hexadecimal = number and first + 1 < end and (data[first + 1] | 32) == 120
    first += number + hexadecimal
    next_ = first
    while next_ < end and _belongs(data[next_], number, hexadecimal, next_ == first):
        next_ += 1
    least = first + 1 + (not number)
    return next_ + 1 if least <= next_ < end and data[next_] == 59 else at


@borrowing
def _belongs(byte: int, number: bool, hexadecimal: bool, first: bool) -> bool:
    digit = 48 <= byte <= 57
    letter = 97 <= (byte | 32) <= 122
    if hexadecimal:
        return digit or 97 <= (byte | 32) <= 102
    return digit if number else letter or (digit and not first)


@borrowing
def _link(data: Bytes, at: int, end: int) -> int:
    if end - at < 8:
        return at
    for step in range(4):
        if data[at + step] != _ADDRESS[step]:
            return at
    here = at + 4 + (data[at + 4] == 115)
    if here + 3 >= end or data[here] != 58 or data[here + 1] != 47 or data[here + 2] != 47:
        return at
    next_ = here + 3
    while next_ < end and not _BLANK[data[next_]]:
        next_ += 1
    return next_ if next_ > here + 3 else at
