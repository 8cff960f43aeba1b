"""Which texts may hold a phrase: those with its rarest word, in one pass over their bytes."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from curate.arrays import Bools, Bytes, Int64s, UInt64s, Word
from curate.arrays.compiled import borrowing, inlined
from curate.text.scripts import SCRIPTS, script_table

LEAST_BYTES: Final = 4
"""Bytes of a word below which it is too common to look for."""
LEAST_LETTERS: Final = 5
_SEED: Final = 0xCBF29CE484222325
_PRIME: Final = 0x100000001B3
_WORD: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Anchors:
    """Hashes of words in an open table; 0 says that a slot is free."""

    slots: UInt64s

    @classmethod
    def of(cls, phrases: Iterable[str]) -> Anchors:
        """The anchors of phrases of several words; a phrase of only common words has none."""
        hashes = {_hash(form.encode()) for phrase in phrases for form in _forms(phrase)}
        slots = np.zeros(1 << max(10, (4 * len(hashes)).bit_length()), np.uint64)
        for each in sorted(hashes):
            at = each & (slots.size - 1)
            while slots[at]:
                at = (at + 1) & (slots.size - 1)
            slots[at] = each
        return cls(slots)

    def rows(self, data: Bytes, start: Int64s, length: Int64s) -> npt.NDArray[np.intp]:
        """The texts (`length[i]` bytes of UTF-8 from `start[i]`) that may hold a phrase."""
        may_hold = np.zeros(start.size, np.bool_)
        _find(data, start, length, self.slots, may_hold)
        return np.flatnonzero(may_hold)


def _forms(phrase: str) -> Iterator[str]:
    """How a phrase's rarest word may occur in a text; ASCII letters are small ones."""
    letters = "".join(char if char.isalnum() else " " for char in phrase)
    han = [pair for word in letters.split() for pair in _pairs(word)]
    if han:
        yield han[-1]
        return
    words = [word for word in letters.split() if len(word) >= LEAST_LETTERS]
    for word in {max(words, key=len, default=""), *(each for each in words if each == "Amara")}:
        for cased in {word, word.lower(), word.upper(), word.capitalize()} if word else ():
            for form in ("NFC", "NFD"):
                yield _small(unicodedata.normalize(form, cased))


def _pairs(word: str) -> Iterator[str]:
    """Neighbouring Han characters."""
    scripts, han = script_table(), SCRIPTS.index("Hani")
    for one, two in itertools.pairwise(word):
        if scripts[ord(one)] == han == scripts[ord(two)]:
            yield one + two


def _small(text: str) -> str:
    return "".join(char.lower() if char.isascii() else char for char in text)


def _hash(data: bytes) -> int:
    value = _SEED
    for byte in data:
        value = ((value ^ byte) * _PRIME) & _WORD
    return value | 1


@inlined
def _is_there(value: Word, size: int, slots: UInt64s) -> bool:
    """Whether a finished hash of `size` bytes is in the table."""
    if size < LEAST_BYTES:
        return False
    value |= np.uint64(1)
    mask = np.uint64(slots.size - 1)
    at = value & mask
    while slots[at]:
        if slots[at] == value:
            return True
        at = (at + np.uint64(1)) & mask
    return False


@borrowing
def _find(data: Bytes, start: Int64s, length: Int64s, slots: UInt64s, may_hold: Bools) -> None:
    for row in range(start.size):
        may_hold[row] = _holds(data, start[row], start[row] + length[row], slots)


@borrowing
def _holds(data: Bytes, at: int, end: int, slots: UInt64s) -> bool:
    """Whether a word, or two Han characters, are in the table; or full-width letters are there,
    whose words only a normal form shows.
    """
    seed, prime = np.uint64(_SEED), np.uint64(_PRIME)
    value, size = seed, 0
    pair, before = seed, 0
    while at < end:
        byte = data[at]
        if byte < 0x80:
            before = 0
            if 48 <= byte <= 57 or 97 <= (byte | 32) <= 122:
                folded = byte | 32 if byte >= 65 else byte
                value = (value ^ np.uint64(folded)) * prime
                size += 1
            else:
                if _is_there(value, size, slots):
                    return True
                value, size = seed, 0
            at += 1
            continue
        width = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
        second = data[at + 1]
        third = data[at + 2] if width > 2 else np.uint8(0)
        if byte == 0xEF and (
            (second == 0xBC and 0xA1 <= third <= 0xBA) or (second == 0xBD and 0x81 <= third <= 0x9A)
        ):
            return True
        if (
            byte == 0xC2 or byte == 0xE2 or byte == 0xEF or byte == 0xF0
            or (byte == 0xE3 and second == 0x80)
        ):  # fmt: skip
            if _is_there(value, size, slots):
                return True
            value, size, before = seed, 0, 0
            at += width
            continue
        if 0xE3 <= byte <= 0xE9:
            here = seed
            for step in range(3):
                here = (here ^ np.uint64(data[at + step])) * prime
                pair = (pair ^ np.uint64(data[at + step])) * prime
            if before and _is_there(pair, 6, slots):
                return True
            pair, before = here, 1
        else:
            before = 0
        for step in range(width):
            value = (value ^ np.uint64(data[at + step])) * prime
        size += width
        at += width
    return _is_there(value, size, slots)
