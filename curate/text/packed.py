"""Hashes of words, packed so that ASCII can be hashed eight bytes at a time, case folded.

A word's hash is of its case-folded code points: ASCII takes 8 bits of a 64-bit word and any other
code point 32. `ascii_core` has the same hash straight from the bytes.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from curate.text.unicode import STOPS

SEED: Final = np.uint64(0xCBF29CE484222325)

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
