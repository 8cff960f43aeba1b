"""Hashes of words, packed so that ASCII can be hashed eight bytes at a time, case folded.

A word's hash is of its case-folded code points: ASCII takes 8 bits of a 64-bit word and any other
code point 32. `ascii_core` has the same hash straight from the bytes.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from curate.arrays import Bytes, Int, UInt32s, Word
from curate.arrays.compiled import borrowing, inlined
from curate.text.forms import LONG, LONGEST, SIZE
from curate.text.unicode import LONG_FOLD, STOPS
from curate.text.words import absorb, load_word, ones, trailing_zeros

SEED: Final = np.uint64(0xCBF29CE484222325)
_ONE = np.uint64(1)
_THREE = np.uint64(3)
_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)
_CASE_BITS = np.uint64(0x2020202020202020)

# Classes of bytes for the fast path; what is not one of these is left to the general one.
LOWER, UPPER, DIGIT, TRAILING, OTHER, BLANK = range(6)
ASCII_CLASS = np.full(256, OTHER, np.uint8)
ASCII_CLASS[97:123] = LOWER
ASCII_CLASS[65:91] = UPPER
ASCII_CLASS[48:58] = DIGIT
ASCII_CLASS[[ord(mark) for mark in '!"#$%&()*+,.:;<=>?@[\\]^{|}~']] = TRAILING
ASCII_CLASS[[9, 10, 11, 12, 13, 28, 29, 30, 31, 32]] = BLANK
ASCII_STOP = np.zeros(256, np.uint8)
"""1 for the ASCII marks of sentences and their parts."""
ASCII_STOP[[ord(mark) for mark in STOPS if ord(mark) < 128]] = 1


@inlined
def pack(value: Word, word: Word, filled: Word, code: Int) -> tuple[Word, Word, Word]:
    """Carry a code point into a running hash of packed words; (hash, open word, bits in it).

    ASCII takes 8 bits and any other code point 32, so that the hash of an ASCII token can also be
    had from its bytes, eight at a time.
    """
    width = np.uint64(8) if code < 0x80 else np.uint64(32)
    if filled + width > np.uint64(64):
        value = absorb(value, word)
        word, filled = np.uint64(0), np.uint64(0)
    return value, word | (np.uint64(code) << filled), filled + width


@inlined
def pack_folded(
    value: Word, word: Word, filled: Word, code: Int, kind: Int, fold: UInt32s, long_fold: UInt32s
) -> tuple[Word, Word, Word]:
    """`pack` a code point's case folding."""
    if kind & LONG_FOLD:
        row = fold[code]
        for k in range(3):
            if long_fold[row, k]:
                value, word, filled = pack(value, word, filled, long_fold[row, k])
        return value, word, filled
    return pack(value, word, filled, fold[code])


@inlined
def pack_form(
    value: Word, word: Word, filled: Word, form: Int, long: UInt32s
) -> tuple[Word, Word, Word]:
    """`pack` a character's form: one code point, or a row of `long`; no other form is one."""
    if form < SIZE:
        return pack(value, word, filled, form)
    for k in range(LONGEST):
        if long[form - LONG, k]:
            value, word, filled = pack(value, word, filled, long[form - LONG, k])
    return value, word, filled


@inlined
def close(value: Word, word: Word, filled: Word) -> Word:
    """The finished hash of what was packed."""
    return absorb(value, word) if filled else value


@inlined
def _within(word: Word, low: int, high: int) -> Word:
    """High bit of each byte of `word` in [low, high]; bytes beyond ASCII count as none."""
    ascii_part = word & ~_HIGHS
    above = ascii_part + np.uint64(0x80 - low) * _ONES
    beyond = ascii_part + np.uint64(0x7F - high) * _ONES
    return above & ~beyond & ~word & _HIGHS


@inlined
def ascii_core(data: Bytes, at: Int, end: Int) -> tuple[Int, Int, Int, Word]:
    """The ASCII letters and digits at `at`: (end, letters, upper-case letters among them, hash).

    Eight bytes a step without a branch on their values: words end at no predictable place.
    """
    value, letters, upper = SEED, np.uint64(0), np.uint64(0)
    while at + 8 <= data.size:
        word = load_word(data, at)
        alpha = _within(word | _CASE_BITS, 97, 122)
        stop = ~(alpha | _within(word, 48, 57)) & _HIGHS
        if end - at < 8:
            stop |= _HIGHS << np.uint64(8 * (end - at))
        size = trailing_zeros(stop) >> np.uint64(3)
        mask = ~np.uint64(0) if size == np.uint64(8) else (_ONE << (size << _THREE)) - _ONE
        alpha &= mask
        letters += ones(alpha)
        upper += ones((~word & _CASE_BITS) << np.uint64(2) & alpha)
        if size:
            value = absorb(value, (word | (alpha >> np.uint64(2))) & mask)
        at += np.int64(size)
        if size < np.uint64(8):
            return at, np.int64(letters), np.int64(upper), value
    return _ascii_core_slowly(data, at, end, value, np.int64(letters), np.int64(upper))


@borrowing
def _ascii_core_slowly(
    data: Bytes, at: Int, end: Int, value: Word, letters: Int, upper: Int
) -> tuple[Int, Int, Int, Word]:
    """The same, byte by byte: within eight bytes of the buffer's end."""
    word, filled = np.uint64(0), np.uint64(0)
    while at < end and ASCII_CLASS[data[at]] <= DIGIT:
        code = data[at]
        if ASCII_CLASS[code] == UPPER:
            code += 32
            upper += 1
        letters += ASCII_CLASS[data[at]] != DIGIT
        value, word, filled = pack(value, word, filled, code)
        at += 1
    return at, letters, upper, close(value, word, filled)


def hash_normal(normal: str) -> int:
    """The NORMAL_HASH of an already normalised text.

    >>> hash_normal("no") == hash_normal("no"), hash_normal("no on") == hash_normal("on no")
    (True, False)
    """
    value = int(SEED)
    for word in normal.split(" ") if normal else []:
        value = _absorbed(value, _hash_word(word))
    value ^= value >> 33
    value = (value * _MIX) & _WORD
    return value ^ (value >> 33)


_WORD = 0xFFFFFFFFFFFFFFFF
_MIX = 0xFF51AFD7ED558CCD


def _absorbed(value: int, word: int) -> int:
    """`absorb` of the compiled side."""
    value = ((value ^ word) * _MIX) & _WORD
    return value ^ (value >> 29)


def _hash_word(word: str) -> int:
    """The packed hash of one word, as `pack` and `close` make it."""
    value, packed, filled = int(SEED), 0, 0
    for code in map(ord, word):
        width = 8 if code < 0x80 else 32
        if filled + width > 64:
            value, packed, filled = _absorbed(value, packed), 0, 0
        packed |= code << filled
        filled += width
    return _absorbed(value, packed) if filled else value
