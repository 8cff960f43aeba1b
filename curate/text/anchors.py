"""Which texts may hold a phrase: those with its rarest word, in one pass over their bytes."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from curate.arrays import Bools, Bytes, Int64s, UInt64s
from curate.native import kernel
from curate.text.scripts import SCRIPTS, script_table

LEAST_LETTERS: Final = 5
_SEED: Final = 0xCBF29CE484222325
_PRIME: Final = 0x100000001B3
_SPREAD: Final = 2654435761
_PREFIX_BITS: Final = 13
_WORD: Final = (1 << 64) - 1


class Anchors(NamedTuple):
    """Hashes of words in an open table; 0 says that a slot is free. `prefixes` says whether a word
    of ASCII may begin with four letters, by a hash of these.
    """

    slots: UInt64s
    prefixes: Bools

    @classmethod
    def of(cls, phrases: Iterable[str]) -> Anchors:
        """The anchors of phrases of several words; a phrase of only common words has none."""
        forms = {form.encode() for phrase in phrases for form in _forms(phrase)}
        hashes = {_hash(form) for form in forms}
        slots = np.zeros(1 << max(10, (4 * len(hashes)).bit_length()), np.uint64)
        for each in sorted(hashes):
            at = each & (slots.size - 1)
            while slots[at]:
                at = (at + 1) & (slots.size - 1)
            slots[at] = each
        prefixes = np.zeros(1 << _PREFIX_BITS, np.bool_)
        prefixes[[_prefix(form) for form in forms if form.isascii()]] = True
        return cls(slots, prefixes)

    def rows(self, data: Bytes, start: Int64s, length: Int64s) -> npt.NDArray[np.intp]:
        """The texts (`length[i]` bytes of UTF-8 from `start[i]`) that may hold a phrase."""
        may_hold = np.zeros(start.size, np.bool_)
        _find(data, start, length, self.slots, self.prefixes, may_hold)
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


def _prefix(word: bytes) -> int:
    """The place of a word's first four bytes among `prefixes`."""
    four = int.from_bytes(word[:4], "little") | 0x20202020
    return (four * _SPREAD & 0xFFFFFFFF) >> (32 - _PREFIX_BITS)


@kernel("anchors")
def _find(
    data: Bytes, start: Int64s, length: Int64s, slots: UInt64s, prefixes: Bools, may_hold: Bools
) -> None:
    raise NotImplementedError
