"""Known phrases within texts: whole, composed, repeated, behind a few words, before a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from curate.artifacts.frames import Spans
from curate.text.anchors import Anchors
from curate.text.kernel import NORMAL_HASH, measure_spans
from curate.text.normal import normalise
from curate.text.packed import hash_normal
from curate.text.rewrite import normal_spans
from curate.text.unicode import FIRST_NO_SPACE, NO_SPACE, tables

MOST_NAMES: Final = 4
"""Words of a name, at most, behind a phrase that ends in one."""
MOST_NUMBERS: Final = 2
"""Numbers (a year) behind any phrase that belong to it."""
LONGEST: Final = 2_000
"""Characters of a text in which phrases are looked for: no known hallucination is longer."""
_KEY_PARTS: Final = 1 << 16
"""Values of the low bits that rule keys out."""
_FIRST: Final = 3
_NUMBER: Final = "#"
_ALIKE: Final = {**dict.fromkeys(range(0x64B, 0x653)), 0x131: "i", 0x307: None}
"""Vowel signs of Arabic, which are written or not; the i of Turkish, which capitals do not show."""
_PARTICLES: Final = frozenset(
    {"al", "and", "bin", "da", "de", "del", "den", "der", "di", "du", "el", "et", "la", "le", "und"}
    | {"van", "von"}
)
"""Small words within names."""


class Phrase(NamedTuple):
    """A phrase of the lists; `credit` is one that nobody speaks, `named` one before a name."""

    text: str
    credit: bool = False
    named: bool = False


class Cover(NamedTuple):
    """How many characters of a text's normal form lie in phrases, in credits, and in all."""

    phrases: int
    credits: int
    total: int


@dataclass(frozen=True)
class Phrasebook:
    """Phrases to look for in texts."""

    phrases: tuple[Phrase, ...] = ()

    @cached_property
    def _by_start(self) -> Mapping[str, Sequence[tuple[str, Phrase]]]:
        """The phrases by the first letters of their words, which stand without blanks; the longest
        first.
        """
        texts = Spans.of([phrase.text for phrase in self.phrases])
        normal = Spans(*normal_spans(texts.data, texts.start, texts.length))
        by_start: dict[str, list[tuple[str, Phrase]]] = {}
        for row, phrase in enumerate(self.phrases):
            if squeezed := "".join(_words_of(normal.decode(row))):
                by_start.setdefault(squeezed[:_FIRST], []).append((squeezed, phrase))
        for same in by_start.values():
            same.sort(key=lambda each: (-len(each[0]), each[1].named))
        return by_start

    @cached_property
    def keys(self) -> npt.NDArray[np.uint64]:
        """The NORMAL_KEYs of texts that are one phrase, as it is."""
        whole = Spans.of([phrase.text for phrase in self.phrases if not phrase.named])
        keys = measure_spans(whole.data, whole.start, whole.length)[1][NORMAL_HASH]
        return np.unique(keys[keys != np.uint64(hash_normal(""))])

    @cached_property
    def _low_bits(self) -> npt.NDArray[np.bool_]:
        """Which low bits some key has."""
        bits = np.zeros(_KEY_PARTS, np.bool_)
        bits[self.keys & np.uint64(_KEY_PARTS - 1)] = True
        return bits

    def rows(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
        """The texts of these NORMAL_KEYs that are one phrase, as it is; low bits rule most out."""
        low_bits = keys.view(np.int64) & np.int64(_KEY_PARTS - 1)
        rows = np.flatnonzero(self._low_bits.take(low_bits))
        if not rows.size:
            return rows
        places = np.searchsorted(self.keys, keys[rows])
        is_phrase: npt.NDArray[np.bool_] = self.keys.take(places, mode="clip") == keys[rows]
        return rows[is_phrase]

    @cached_property
    def anchors(self) -> Anchors:
        """What a text has a word of, if a phrase of several words is in it."""
        return Anchors.of(phrase.text for phrase in self.phrases)

    def cover(self, text: str) -> Cover:
        """What the phrases cover of the text, the longest at each place from left to right."""
        within = _Within(text[:LONGEST])
        covered = credits = at = 0
        while at < len(within.words):
            match = self._at(within, at)
            if match is None:
                at += 1
                continue
            size = within.ends[match[0]] - within.ends[at]
            covered += size
            credits += size if match[1].credit else 0
            at = match[0]
        return Cover(covered, credits, len(within.squeezed))

    def _at(self, within: _Within, at: int) -> tuple[int, Phrase] | None:
        """The longest phrase at this word, and the word behind it with what belongs to it."""
        first, whole = within.ends[at], within.squeezed
        for squeezed, phrase in self._by_start.get(whole[first : first + _FIRST], ()):
            end = within.word_at.get(first + len(squeezed))
            if end is None or not whole.startswith(squeezed, first):
                continue
            behind = within.behind_names(end) if phrase.named else end
            if not phrase.named or behind > end:
                return within.behind_numbers(behind), phrase
        return None


class _Within:
    """A text's words in normal form; `squeezed` without blanks, since texts put them anywhere, and
    `ends` where each word ends there.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.words = _words(text)
        self.squeezed = "".join(self.words)
        self.ends = [0, *accumulate(map(len, self.words))]
        self.word_at = {end: at for at, end in enumerate(self.ends)}

    def behind_names(self, first: int) -> int:
        """The word behind a name that begins at `first`."""
        at = behind = first
        while at < min(len(self.words), first + MOST_NAMES):
            if self.words[at] == _NUMBER or self._names[at]:
                behind = at + 1
            elif at == first or self.words[at] not in _PARTICLES:
                break
            at += 1
        return behind

    def behind_numbers(self, first: int) -> int:
        """The word behind numbers (a year) at `first`."""
        at = first
        while at < min(len(self.words), first + MOST_NUMBERS) and self.words[at] == _NUMBER:
            at += 1
        return at

    @cached_property
    def _names(self) -> list[bool]:
        """Whether each word is written as a name: with a capital, in a text that has small letters
        too, or in a script that knows no capitals.
        """
        text = self._text
        mixed = any(char.islower() for char in text) and any(char.isupper() for char in text)
        names = [_is_name(token, mixed) for token in text.split() for _ in _words(token)]
        return names if len(names) == len(self.words) else [False] * len(self.words)


def _is_name(token: str, mixed: bool) -> bool:
    letters = [char for char in token if char.isalpha()]
    cased = [char for char in letters if char.islower() or char.isupper()]
    if not cased:
        return bool(letters)
    return mixed and not letters[0].islower()


def _words(text: str) -> list[str]:
    """The words of the normal form; numbers are one sign, scripts without spaces give letters."""
    return _words_of(normalise(text))


def _words_of(normal: str) -> list[str]:
    if normal.isascii():
        return [_NUMBER if word.isdecimal() else word for word in normal.split()]
    return [part for word in normal.translate(_ALIKE).split() for part in _parts(word)]


def _parts(word: str) -> Iterator[str]:
    if max(word) >= FIRST_NO_SPACE and any(tables().flags[ord(char)] & NO_SPACE for char in word):
        yield from word
    else:
        yield _NUMBER if word.isdecimal() else word
