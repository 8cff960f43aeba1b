"""Normal forms of many texts at once, compiled: what `normalise` gives, as spans of one buffer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from curate.arrays import Bytes, Int, Int64s, UInt16s, UInt32s, UInt64s, Word
from curate.arrays.compiled import borrowing, inlined
from curate.text.code_points import (
    BY_LANGUAGE,
    COMPOSED,
    DECIMAL_POINT,
    DOT_ABOVE,
    GROUPED,
    NO_NUMBER,
    ODD,
    UNCLEAR,
    UNSURE,
    composes_nothing,
    decode_at,
    form_by_language,
    point_at,
)
from curate.text.forms import BREAK, DROP, LONG, LONGEST, POINT, SIZE, SLOW, forms
from curate.text.normal import normalise_by
from curate.text.numerals import ENGLISH
from curate.text.unicode import APOSTROPHE, COMPOSES, DIGIT, LETTER, MARK, SPACE, tables
from curate.text.words import hash_bytes

# Compiled code is cached by the time of this file only: touch it when curate.text.code_points
# changes.


CHECK_ENGLISH, CHECK_BRACKETS, CHECK_DIGITS = 1, 2, 4


def word_table(words: Collection[str]) -> npt.NDArray[Word]:
    """A set of words as `Further.words` takes it."""
    slots = np.zeros(1 << max(4, (4 * len(words)).bit_length()), np.uint64)
    for word in sorted(words):
        data = np.frombuffer(word.encode(), np.uint8)
        hashed = np.uint64(hash_bytes(data, 0, data.size)) | np.uint64(1)
        slot = (int(hashed) >> 1) & (slots.size - 1)
        while slots[slot] and slots[slot] != hashed:
            slot = (slot + 1) & (slots.size - 1)
        slots[slot] = hashed
    return slots


@dataclass(frozen=True, slots=True)
class Further:
    """What is done to texts beside their normal form, and which of them to normalise in Python.

    `checks` (bits): English texts with one of `words`, a contraction, a sign of money or per cent,
    or a digit beside a letter; texts with `<` or `[`; texts in other languages with digits. These
    go, with their row and how their language writes numbers, through `normalise`.
    """

    checks: int = 0
    words: UInt64s = field(default_factory=lambda: np.zeros(16, np.uint64))
    normalise: Callable[[str, int, int], str] = lambda text, row, bits: normalise_by(text, bits)


@inlined
def _put(out: Bytes, at: int, code: int) -> int:
    """Write a code point as UTF-8; where the next one goes."""
    if code < 0x80:
        out[at] = code
        return at + 1
    if code < 0x800:
        out[at] = 0xC0 | code >> 6
        out[at + 1] = 0x80 | (code & 0x3F)
        return at + 2
    if code < 0x10000:
        out[at] = 0xE0 | code >> 12
        out[at + 1] = 0x80 | ((code >> 6) & 0x3F)
        out[at + 2] = 0x80 | (code & 0x3F)
        return at + 3
    out[at] = 0xF0 | code >> 18
    out[at + 1] = 0x80 | ((code >> 12) & 0x3F)
    out[at + 2] = 0x80 | ((code >> 6) & 0x3F)
    out[at + 3] = 0x80 | (code & 0x3F)
    return at + 4


@inlined
def _is_in(words: UInt64s, out: Bytes, first: int, to: int) -> bool:
    """Whether the bytes written from `first` on are one of the words of a `word_table`."""
    mask = np.uint64(words.size - 1)
    hashed = hash_bytes(out, first, to - first) | np.uint64(1)
    slot = (hashed >> np.uint64(1)) & mask
    while words[slot] and words[slot] != hashed:
        slot = (slot + np.uint64(1)) & mask
    return bool(words[slot] == hashed)


@inlined
def _is_beside(out: Bytes, word: int, to: int, code: int) -> bool:
    """Whether the code point to be written and the one before it are digit and letter, in a word
    that begins at `word`.
    """
    if to == word or code == 46 or out[to - 1] == 46:
        return False
    return bool((48 <= code < 58) != (48 <= out[to - 1] < 58))


@borrowing
def _rewrite(
    data: Bytes,
    start: int,
    length: int,
    bits: int,
    flags: UInt16s,
    combining: Bytes,
    forms: UInt32s,
    long: UInt32s,
    words: UInt64s,
    checks: int,
    out: Bytes,
    to: int,
) -> tuple[int, int]:
    """Write one text's normal form at `to`: (where it ends, COMPOSED or why it may be wrong)."""
    first, at, end = to, start, start + length
    doubt, pointed, unclear, digits = COMPOSED, False, False, False
    kind: Int
    form: Int
    last_combining: Int
    before: Int
    last_combining, before, word, sticks = 0, 0, to, False
    english = checks & CHECK_ENGLISH and bits & ENGLISH
    while at < end:
        code, width = decode_at(data, at)
        kind, form = flags[code], forms[code]
        at += width
        if checks & CHECK_BRACKETS and (code == 60 or code == 91):
            doubt = ODD
        if checks & CHECK_DIGITS and kind & DIGIT and not bits & ENGLISH:
            doubt = ODD
        if english and (not kind & (LETTER | DIGIT) or kind & APOSTROPHE):
            sign = code == 36 or code == 37 or code == 0xA2 or code == 0xA3 or code == 0x20AC
            if sign or kind & APOSTROPHE:
                doubt = ODD
        if bits & BY_LANGUAGE:
            form = form_by_language(code, bits, form)
        if kind & COMPOSES:
            doubt = ODD if code == DOT_ABOVE else max(doubt, UNSURE)
        if form == POINT:
            number = NO_NUMBER
            if digits or (at < end and 48 <= data[at] < 58):
                number = point_at(data, start, at - 1, end, bits)
                pointed |= number != NO_NUMBER or before & DIGIT > 0 or unclear
                pointed |= at < end and 48 <= data[at] < 58
            unclear |= number == UNCLEAR
            form = np.uint32(
                DROP if number == GROUPED else 46 if number == DECIMAL_POINT else BREAK
            )
        elif kind & DIGIT:
            digits = True
            unclear |= code >= 128
        elif form == DROP:
            unclear = True
        elif kind & SPACE:
            if code >= 128 and (before & DIGIT or unclear):
                doubt = ODD  # may part thousands
            if pointed and unclear:
                doubt = ODD
            pointed = unclear = False
        before = kind
        if form == BREAK:
            if to > first and out[to - 1] != 32:
                if english and _is_in(words, out, word, to):
                    doubt = ODD
                out[to] = 32
                to += 1
                word = to
            last_combining = 0
        elif form == SLOW:
            doubt = ODD
        elif form != DROP:
            if kind & MARK:
                if combining[code] and combining[code] < last_combining:
                    doubt = max(doubt, UNSURE)
                last_combining = combining[code]
            else:
                last_combining = 0
            if form < SIZE:
                sticks |= _is_beside(out, word, to, form)
                to = _put(out, to, form)
            else:
                for k in range(LONGEST):
                    if long[form - LONG, k]:
                        sticks |= _is_beside(out, word, to, long[form - LONG, k])
                        to = _put(out, to, long[form - LONG, k])
    if english and sticks:
        doubt = ODD
    if to > first and out[to - 1] == 32:
        to -= 1
    elif english and to > first and _is_in(words, out, word, to):
        doubt = ODD
    return to, ODD if pointed and unclear else doubt


@borrowing
def _rewrite_all(
    data: Bytes,
    starts: Int64s,
    lengths: Int64s,
    bits: Bytes,
    flags: UInt16s,
    combining: Bytes,
    forms: UInt32s,
    long: UInt32s,
    words: UInt64s,
    checks: int,
    out: Bytes,
    bounds: Int64s,
    doubts: Bytes,
) -> None:
    for row in range(starts.size):
        bounds[row + 1], doubts[row] = _rewrite(
            data, starts[row], max(0, lengths[row]), bits[row], flags, combining, forms, long,
            words, checks, out, bounds[row],
        )  # fmt: skip


def normal_spans(
    data: Bytes,
    start: Int64s,
    length: Int64s,
    bits: Bytes | None = None,
    further: Further | None = None,
) -> tuple[Bytes, Int64s, Int64s]:
    """The normal form of every text span of `data` (valid UTF-8): their bytes, starts and lengths.

    `bits` is how each text's language writes numbers (`numerals.writing`); `further` is what is
    done besides. A text of length -1 is none, and stays none.
    """
    if bits is None:
        bits = np.zeros(start.size, np.uint8)
    further = further or Further()
    table, form = tables(), forms()
    out = np.empty(int(np.maximum(length, 0).sum()) * LONGEST + start.size + 1, np.uint8)
    bounds = np.zeros(start.size + 1, np.int64)
    doubts = np.zeros(start.size, np.uint8)
    _rewrite_all(
        data, start, length, bits, table.flags, table.combining, form.codes, form.long,
        further.words, further.checks, out, bounds, doubts,
    )  # fmt: skip
    sizes = np.diff(bounds)
    sizes[length < 0] = -1
    changed: dict[int, bytes] = {}
    for row in np.flatnonzero(doubts).tolist():
        text = data[start[row] : start[row] + length[row]].tobytes().decode()
        if doubts[row] == ODD or not composes_nothing(text):
            changed[row] = further.normalise(text, row, int(bits[row])).encode()
    return replaced(out[: bounds[-1]], bounds[:-1].copy(), sizes, changed)


def replaced(
    data: Bytes, start: Int64s, length: Int64s, changed: dict[int, bytes]
) -> tuple[Bytes, Int64s, Int64s]:
    """The spans with other texts in some rows, put behind all others; the arrays are changed."""
    if not changed:
        return data, start, length
    sizes = [len(text) for text in changed.values()]
    rows = list(changed)
    start[rows] = data.size + np.cumsum([0, *sizes[:-1]])
    length[rows] = sizes
    more = np.frombuffer(b"".join(changed.values()), np.uint8)
    return np.concatenate([data, more]), start, length
