"""Which texts may hold a phrase: those with its rarest word, in one pass over their bytes."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from curate.arrays import Bools, Bytes, Int64s, UInt64s
from curate.artifacts.frames import Spans
from curate.native import kernel
from curate.text.scripts import SCRIPTS, script_table

LEAST_LETTERS: Final = 5
_PREFIX_BITS: Final = 13
_ALNUM: Final = re.compile(r"[^\W_]+")
"""Runs of the characters of which `str.isalnum` holds."""
_FIRST_HAN: Final = "\u2e80"
"""No character before it is Han."""


class Anchors(NamedTuple):
    """Hashes of words in an open table; 0 says that a slot is free. `prefixes` says whether a word
    of ASCII may begin with four letters, by a hash of these.
    """

    slots: UInt64s
    prefixes: Bools

    @classmethod
    def of(cls, phrases: Iterable[str]) -> Anchors:
        """The anchors of phrases of several words; a phrase of only common words has none."""
        forms = Spans.of([*dict.fromkeys(form for phrase in phrases for form in _forms(phrase))])
        slots = np.zeros(1 << max(10, (4 * forms.start.size).bit_length()), np.uint64)
        prefixes = np.zeros(1 << _PREFIX_BITS, np.bool_)
        _put(forms.data, forms.start, forms.length, slots, prefixes)
        return cls(slots, prefixes)

    def rows(self, data: Bytes, start: Int64s, length: Int64s) -> npt.NDArray[np.intp]:
        """The texts (`length[i]` bytes of UTF-8 from `start[i]`) that may hold a phrase."""
        may_hold = np.zeros(start.size, np.bool_)
        _find(data, start, length, self.slots, self.prefixes, may_hold)
        return np.flatnonzero(may_hold)


def _forms(phrase: str) -> Iterator[str]:
    """How a phrase's rarest word may occur in a text; ASCII letters are small ones."""
    runs = _ALNUM.findall(phrase)
    han = [pair for run in runs if max(run) >= _FIRST_HAN for pair in _pairs(run)]
    if han:
        yield han[-1]
        return
    words = [run for run in runs if len(run) >= LEAST_LETTERS]
    if words:
        yield from _spellings(max(words, key=len))
    if "Amara" in words:
        yield from _spellings("Amara")


def _spellings(word: str) -> Iterator[str]:
    if word.isascii():
        yield word.lower()
        return
    for cased in (word, word.lower(), word.upper(), word.capitalize()):
        for form in ("NFC", "NFD"):
            yield _small(unicodedata.normalize(form, cased))


def _pairs(word: str) -> Iterator[str]:
    """Neighbouring Han characters."""
    scripts, han = script_table(), SCRIPTS.index("Hani")
    for one, two in itertools.pairwise(word):
        if scripts[ord(one)] == han == scripts[ord(two)]:
            yield one + two


def _small(text: str) -> str:
    return text.encode().lower().decode()


@kernel("anchors")
def _put(words: Bytes, start: Int64s, length: Int64s, slots: UInt64s, prefixes: Bools) -> None:
    """Put words of four bytes and more into the tables."""
    raise NotImplementedError


@kernel("anchors")
def _find(
    data: Bytes, start: Int64s, length: Int64s, slots: UInt64s, prefixes: Bools, may_hold: Bools
) -> None:
    raise NotImplementedError
