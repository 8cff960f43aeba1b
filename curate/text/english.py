"""What English error rates take for the same words: contractions, spellings, numbers, fillers.

After the appendix on text standardisation of "Robust Speech Recognition via Large-Scale Weak
Supervision" (Radford et al. 2022), whose normaliser the public leaderboards use. The result is a
normal form in which signs of money and per cent stay at their numbers.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from curate.text.english_numbers import MONEY, TRIGGERS, digits_for_words
from curate.text.english_steps import CONTRACTIONS, FILLERS, NUMBERS, SPELLING
from curate.text.forms import FormTable
from curate.text.numerals import join_numbers
from curate.text.spelling import american
from curate.text.unicode import APOSTROPHES

WORDS_BETWEEN: Final = frozenset({"hmm", "mm", "mhm", "mmm", "uh", "um"})
"""Sounds that most transcripts leave out."""
_WHOLE: Final = {
    "won't": "will not", "can't": "can not", "let's": "let us", "ain't": "aint",
    "y'all": "you all", "i'ma": "i am going to", "ma'am": "madam",
}  # fmt: skip
WRITTEN_OUT: Final = {
    "wanna": "want to", "kinda": "kind of", "sorta": "sort of", "dunno": "do not know",
    "gotta": "got to", "gonna": "going to", "imma": "i am going to", "woulda": "would have",
    "coulda": "could have", "shoulda": "should have", "cause": "because", "mr": "mister",
    "mrs": "missus", "st": "saint", "dr": "doctor", "prof": "professor", "capt": "captain",
    "gov": "governor", "ald": "alderman", "gen": "general", "sen": "senator",
    "rep": "representative", "pres": "president", "rev": "reverend", "hon": "honorable",
    "asst": "assistant", "assoc": "associate", "lt": "lieutenant", "col": "colonel",
    "jr": "junior", "sr": "senior", "esq": "esquire",
}  # fmt: skip
"""Words without an apostrophe that stand for others."""
_ENDINGS: Final = (
    ("n't", "not"), ("'re", "are"), ("'s", "is"), ("'d", "would"), ("'ll", "will"),
    ("'t", "not"), ("'ve", "have"), ("'m", "am"),
)  # fmt: skip
_PERFECT: Final = {
    "'d": ("had", frozenset({"been", "gone", "done"})),
    "'s": ("has", frozenset({"been", "gone", "got"})),
}
"""Before these words the ending is of a perfect tense."""
_VERBS: Final = frozenset({"been", "gone", "done", "got"})
_SIGNS: Final = MONEY | {"%"}
_PIECE: Final = re.compile(
    "[$\u00a2\u00a3\u20ac]?[0-9][0-9.]*(?:%|(?:st|nd|rd|th|s)(?![a-z0-9]))?"
    "|[$\u00a2\u00a3\u20ac]|[^0-9$\u00a2\u00a3\u20ac]+"
)
_STRAY: Final = re.compile("[$\u00a2\u00a3\u20ac](?![0-9])|(?<![0-9])%")
_NUMERIC: Final = TRIGGERS | {"1", "1s"}


def standardise(text: str, bits: int, steps: Collection[str]) -> str:
    """The normal form of an English text with these of the steps taken.

    >>> from curate.text.english_steps import STEPS
    >>> standardise("I'd say he's paid twenty dollars, uh, in colour.", 1, [*STEPS])
    'i would say he is paid $20 in color'
    >>> standardise("The 3rd of 1,250 won't do.", 1, [CONTRACTIONS])
    'the 3rd of 1250 will not do'
    """
    mapped = unicodedata.normalize("NFC", text).translate(_table())
    words = join_numbers(mapped, bits).split()
    plan = frozenset(steps)
    parts = [part for word in words for part in _parts_of(word, plan)]
    if CONTRACTIONS in plan and not _VERBS.isdisjoint(words):
        parts = [part for word in _in_perfect(words) for part in _parts_of(word, plan)]
    if NUMBERS in plan and not _NUMERIC.isdisjoint(parts):
        parts = digits_for_words(parts)
    bare = " ".join(parts)
    if not _SIGNS.isdisjoint(bare):
        bare = _STRAY.sub(" ", bare)
    if not bare.isascii():
        bare = unicodedata.normalize("NFC", bare)
    return " ".join(bare.split())


@functools.cache
def _table() -> Mapping[int, str | None]:
    """Forms, but apostrophes and the signs at numbers stay."""
    signs: dict[int, str | None] = {ord(sign): sign for sign in _SIGNS}
    return FormTable({ord(char): "'" for char in APOSTROPHES} | signs)


def _in_perfect(words: Sequence[str]) -> Iterator[str]:
    """`he'd` before `been` as `he had`, and the like."""
    for word, following in pairwise([*words, ""]):
        full, verbs = _PERFECT.get(word[-2:], ("", frozenset()))
        yield from (word[:-2], full) if following in verbs else (word,)


@functools.lru_cache(maxsize=1 << 16)
def _parts_of(word: str, steps: frozenset[str]) -> tuple[str, ...]:
    """What one word becomes, but for numbers and what depends on its neighbours."""
    parts = [word.replace("'", "")]
    if CONTRACTIONS in steps:
        parts = list(_written_out(word))
    if FILLERS in steps:
        parts = [part for part in parts if part not in WORDS_BETWEEN]
    if NUMBERS in steps:
        parts = [piece for part in parts for piece in _pieces(part)]
    if SPELLING in steps:
        parts = [american().get(part, part) for part in parts]
    return tuple(part for part in parts if part)


def _written_out(word: str) -> Iterator[str]:
    """A contraction as the words that it stands for, other apostrophes dropped."""
    if word in _WHOLE:
        yield from _WHOLE[word].split(" ")
        return
    for ending, full in _ENDINGS:
        if word.endswith(ending):
            yield from _written_out(word[: -len(ending)])
            yield full
            return
    bare = word.replace("'", "")
    yield from WRITTEN_OUT.get(bare, bare).split(" ")


def _pieces(word: str) -> list[str]:
    """Digits apart from the letters beside them, but for the ends of ordinals and decades."""
    if word.isalpha() or word.isdigit():
        return [word]
    return _PIECE.findall(word)


@functools.cache
def triggers() -> frozenset[str]:
    """Words of a normal form without which `standardise` changes nothing, where the text also has
    no apostrophe, no sign of _SIGNS, no digit beside a letter, and no lone 1.
    """
    return frozenset((*WORDS_BETWEEN, *WRITTEN_OUT, *american(), *_NUMERIC))
