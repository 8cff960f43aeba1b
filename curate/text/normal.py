"""One normaliser for the whole project: leak checks, duplicate texts, and WER use this one."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

from curate.text.unicode import APOSTROPHE, PUNCTUATION, SPACE, tables


def normalise(text: str) -> str:
    """Text as leak checks and WER compare it: NFC, case-folded, no punctuation, blanks joined.

    Apostrophes are dropped (`don't` is one word, `dont`); every other punctuation mark or symbol
    is a break, so `well-known` equals `well known`. Digits, letters and marks of every script
    stay. Idempotent; the result has no blank at either end and single blanks inside.

    >>> normalise("Well-known: DON\u2019T,  stop!")
    'well known dont stop'
    """
    return _normalise_ascii(text) if text.isascii() else _normalise(text)


def _normalise_ascii(text: str) -> str:
    """The same, quickly: ASCII is composed already, and its marks fit into a table."""
    return " ".join(text.translate(_ascii_table()).lower().split())


@cache
def _ascii_table() -> Mapping[int, str | None]:
    flags = tables().flags[:128].tolist()
    breaks = {at: " " for at, kind in enumerate(flags) if kind & (SPACE | PUNCTUATION)}
    return {**breaks, **{at: None for at, kind in enumerate(flags) if kind & APOSTROPHE}}


def _normalise(text: str) -> str:
    flags = tables().flags
    kept: list[str] = []
    for char in unicodedata.normalize("NFC", text):
        kind = int(flags[ord(char)])
        if kind & APOSTROPHE:
            continue
        kept.append(" " if kind & (SPACE | PUNCTUATION) else char.casefold())
    # A second NFC: dropping an apostrophe may bring a mark next to its letter.
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())
