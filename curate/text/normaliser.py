"""The one normaliser of error rates: what is done to both texts of a pair before they are compared.

`curate profile` and `train eval` use this one, by the same steps, so that their rates are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from curate.arrays import Bytes, Int64s
from curate.artifacts.base import Normaliser as NamedNormaliser
from curate.environment.extras import require
from curate.environment.versions import versions
from curate.errors import ConfigError, Fault, parameter, raise_all
from curate.text import english_steps
from curate.text.normal import normalise_by
from curate.text.numerals import ENGLISH, PLAIN, writing
from curate.text.numerals import VARIANTS as VARIANT_BITS
from curate.text.rewrite import (
    CHECK_BRACKETS,
    CHECK_DIGITS,
    CHECK_ENGLISH,
    Further,
    normal_spans,
    word_table,
)

BASIC, NUMERALS, VARIANTS, BRACKETS = "basic", "numerals", "variants", "brackets"
COMPOUNDS, NUMBER_WORDS = "compounds", "number_words"

STEPS: Final[Mapping[str, str]] = {
    BASIC: "NFKC, case, punctuation, invisible characters, Arabic letter forms, ASCII digits",
    NUMERALS: "marks between thousands go, decimals follow a point, by the declared language",
    VARIANTS: "letters and vowel points that a language writes in two ways: Russian yo is ye, "
    "Romanian cedillas are commas, Arabic and Hebrew points are dropped",
    BRACKETS: "<...> and [...] are dropped",
    english_steps.FILLERS: "English: uh, um, hmm, mm, mhm are dropped",
    english_steps.CONTRACTIONS: "English: he'll is he will, gonna is going to, mr is mister",
    english_steps.SPELLING: "English: British spellings are American ones",
    english_steps.NUMBERS: "English: number words, ordinals, money and per cent are digits",
    COMPOUNDS: "adjacent words that make up one word on the other side match it, as in kaldialign",
    NUMBER_WORDS: "other languages: whole numbers are words, by num2words (the extra norm)",
}
"""Steps by name, in the order in which they are taken."""
DEFAULT: Final = tuple(name for name in STEPS if name != NUMBER_WORDS)

_BRACKETED: Final = re.compile(r"[<\[][^>\]]*[>\]]")
_WHOLE: Final = re.compile(r"(?<![\d.])\d{1,15}(?![\d.])", re.ASCII)


def steps_of(names: Sequence[str] | None) -> tuple[str, ...]:
    """The requested steps, in their order: names of STEPS, `default` among them.

    ConfigError, with every fault, for names that there are not; `basic` is always taken.
    """
    if not names:
        return DEFAULT
    known = {*STEPS, "default"}
    hint = f"known: {', '.join(['default', *STEPS])}"
    raise_all(
        ConfigError,
        [
            Fault(parameter("normalise"), f"unknown step {name!r}", hint)
            for name in names
            if name not in known
        ],
    )
    chosen = {BASIC, *(DEFAULT if "default" in names else ()), *names}
    if NUMBER_WORDS in chosen:
        require("num2words", "writing numbers as words (--normalise number_words)")
    return tuple(name for name in STEPS if name in chosen)


@dataclass(frozen=True, slots=True)
class Normaliser:
    """The steps of STEPS that are taken; equal steps give equal texts anywhere."""

    steps: tuple[str, ...] = DEFAULT

    @property
    def merges_compounds(self) -> bool:
        """Whether the alignment matches words that are written apart on one side."""
        return COMPOUNDS in self.steps

    def text(self, text: str, lang: str | None = None) -> str:
        """The normal form of one text; what `spans` gives for many.

        >>> Normaliser().text("It's <unk> 1,250 Euros, uh, twenty-one!", "en")
        'it is \u20ac1250 21'
        >>> Normaliser((BASIC,)).text("It's 1.250!", "de")
        'its 1 250'
        """
        return self._text(text, lang, writing(lang))

    def _text(self, text: str, lang: str | None, bits: int) -> str:
        if BRACKETS in self.steps:
            text = _BRACKETED.sub(" ", text)
        bits = self._bits(bits)
        if bits & ENGLISH and self._english:
            from curate.text.english import standardise

            return standardise(text, bits, self._english)
        normal = normalise_by(text, bits)
        return _in_words(normal, lang) if NUMBER_WORDS in self.steps and lang else normal

    def _bits(self, bits: int) -> int:
        """How the language writes, as far as the steps need it."""
        if NUMERALS not in self.steps:
            bits |= PLAIN
        return bits if VARIANTS in self.steps else bits & ~VARIANT_BITS

    @property
    def _english(self) -> tuple[str, ...]:
        return tuple(step for step in self.steps if step in english_steps.STEPS)

    def spans(
        self, data: Bytes, start: Int64s, length: Int64s, langs: Sequence[str | None],
        numbers: npt.NDArray[np.integer],
    ) -> tuple[Bytes, Int64s, Int64s]:  # fmt: skip
        """The normal form of every text span: text i is in the language langs[numbers[i]]."""
        by_lang = np.array([self._bits(writing(lang)) for lang in langs], np.uint8)

        def normalise(text: str, row: int, bits: int) -> str:
            return self._text(text, langs[int(numbers[row])], bits)

        checks = CHECK_ENGLISH if self._english else 0
        checks |= CHECK_BRACKETS if BRACKETS in self.steps else 0
        checks |= CHECK_DIGITS if NUMBER_WORDS in self.steps else 0
        further = Further(checks, _english_words(), normalise)
        return normal_spans(data, start, length, by_lang[numbers], further)

    def named(self) -> NamedNormaliser:
        """How artifacts name it: the steps and the versions of libraries that take part."""
        libraries = versions(("num2words",) if NUMBER_WORDS in self.steps else ())
        return NamedNormaliser(steps=self.steps, libraries=libraries)


@cache
def _english_words() -> npt.NDArray[np.uint64]:
    from curate.text.english import triggers

    return word_table(triggers())


def _in_words(normal: str, lang: str) -> str:
    """Whole numbers as words of the language; as they are where num2words knows no words."""
    num2words = require("num2words", "writing numbers as words (--normalise number_words)")
    tag = lang.replace("-", "_")

    def words(match: re.Match[str]) -> str:
        for name in (tag, tag.partition("_")[0]):
            try:
                return str(num2words.num2words(int(match[0]), lang=name))
            except NotImplementedError:
                continue
        return match[0]

    return normalise_by(_WHOLE.sub(words, normal), 0)
