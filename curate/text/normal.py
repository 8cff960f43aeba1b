"""The normal form of a text: what leak checks, duplicate texts and error rates compare."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from curate.text.forms import FormTable
from curate.text.numerals import ROMANIAN, RUSSIAN, TURKIC, UNPOINTED, join_numbers, writing

_FORMS: Final = FormTable()
_DOTLESS: Final = str.maketrans({"I": "\u0131", "\u0130": "i"})
_COMMAS_BELOW: Final = str.maketrans("\u015e\u015f\u0162\u0163", "\u0218\u0219\u021a\u021b")
_WITHOUT_DOTS: Final = str.maketrans("\u0401\u0451", "\u0415\u0435")
_UNPOINTED: Final = dict.fromkeys(
    (
        *range(0x591, 0x5BE), 0x5BF, 0x5C1, 0x5C2, 0x5C4, 0x5C5, 0x5C7,  # Hebrew
        *range(0x64B, 0x653), 0x670,  # Arabic
    ),
)  # fmt: skip
_BY_LANGUAGE: Final = (
    (TURKIC, _DOTLESS),
    (ROMANIAN, _COMMAS_BELOW),
    (RUSSIAN, _WITHOUT_DOTS),
    (UNPOINTED, _UNPOINTED),
)
_DOTTED_TWICE: Final = re.compile("i\u0307+")
"""What lower-casing makes of the Turkish capital I with a dot: the small one has its own."""


def normalise(text: str, lang: str | None = None) -> str:
    """A text without what two ways of writing it may differ in; `lang` is its declared language.

    Case, compatibility forms (full width, ligatures, presentation forms), composed and decomposed
    letters, and characters that show nothing (zero-width blanks and joiners, soft hyphens) make no
    difference, nor do the several code points of one Arabic letter; digits are ASCII digits. By the
    language, letters that texts write in two ways are one (Russian yo and ye, Romanian cedillas and
    commas), and vowel points that few texts have (Arabic, Hebrew) are dropped.
    Apostrophes are dropped (`don't` is one word, `dont`); every other punctuation mark or symbol
    is a break, so `well-known` equals `well known`. In numbers, marks between thousands go by the
    language, and decimals follow a point. Idempotent for texts of one language; no blank at either
    end and single blanks inside.

    >>> normalise("Well-known: DON\u2019T,  stop!")
    'well known dont stop'
    >>> normalise("\u0451\u043b\u043a\u0430", "ru") == normalise("\u0435\u043b\u043a\u0430", "ru")
    True
    >>> normalise("1.250,5 \u20ac", "de"), normalise("1,250.5", "en")
    ('1250.5', '1250.5')
    """
    return normalise_by(text, writing(lang))


def normalise_by(text: str, bits: int) -> str:
    """`normalise` where the language's `writing` is known."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    for bit, table in _BY_LANGUAGE:
        if bits & bit:
            text = text.translate(table)
    mapped = join_numbers(mapped_text(text), bits)
    mapped = _DOTTED_TWICE.sub("i", mapped)
    # A second NFC: dropping a character may bring a mark next to its letter.
    return " ".join(unicodedata.normalize("NFC", mapped).split())


def mapped_text(text: str) -> str:
    """Each character's form, for a text in NFC: before numbers are read and marks composed."""
    return text.translate(_FORMS)
