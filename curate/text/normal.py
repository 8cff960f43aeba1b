"""The normal form of a text: what leak checks, duplicate texts and error rates compare."""

from __future__ import annotations

import unicodedata
from typing import Final

from curate.text.forms import forms
from curate.text.numerals import TURKIC, join_numbers, writing

_DOTLESS: Final = str.maketrans({"I": "\u0131", "\u0130": "i"})


def normalise(text: str, lang: str | None = None) -> str:
    """A text without what two ways of writing it may differ in; `lang` is its declared language.

    Case, compatibility forms (full width, ligatures, presentation forms), composed and decomposed
    letters, and characters that show nothing (zero-width blanks and joiners, soft hyphens) make no
    difference, nor do the several code points of one Arabic letter; digits are ASCII digits.
    Apostrophes are dropped (`don't` is one word, `dont`); every other punctuation mark or symbol
    is a break, so `well-known` equals `well known`. In numbers, marks between thousands go by the
    language, and decimals follow a point. Idempotent for texts of one language; no blank at either
    end and single blanks inside.

    >>> normalise("Well-known: DON\u2019T,  stop!")
    'well known dont stop'
    >>> normalise("1.250,5 \u20ac", "de"), normalise("1,250.5", "en")
    ('1250.5', '1250.5')
    """
    return normalise_by(text, writing(lang))


def normalise_by(text: str, bits: int) -> str:
    """`normalise` where the language's `writing` is known."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if bits & TURKIC:
        text = text.translate(_DOTLESS)
    mapped = join_numbers(mapped_text(text), bits)
    # A second NFC: dropping a character may bring a mark next to its letter.
    return " ".join(unicodedata.normalize("NFC", mapped).split())


def mapped_text(text: str) -> str:
    """Each character's form, for a text in NFC: before numbers are read and marks composed."""
    return text.translate(forms().table)
