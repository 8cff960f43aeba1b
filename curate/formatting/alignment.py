"""How two texts differ, unit by unit, as pages and the review app both draw it.

What is shown of a text is a few thousand characters, so this is plain Python.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

MOST_UNITS = 4000
"""Words (or characters) of one text that are aligned; longer ones differ as a whole."""

_UNSPACED_FROM = 8
_EDGES = re.compile(r"^\W+|\W+$")


class Edit(NamedTuple):
    """What was done (equal, replace, insert or delete), the units of either text."""

    what: str
    text: tuple[str, ...]
    other: tuple[str, ...]


def units_of(text: str, other: str) -> tuple[list[str], list[str], str]:
    """What of the two texts is compared, and what is between two units: words and a blank.

    Two texts without spaces (Chinese, Japanese, Thai) are compared by characters.
    """
    if _is_unspaced(text) and _is_unspaced(other):
        return _characters(text.strip()), _characters(other.strip()), ""
    return text.split(), other.split(), " "


def align(units: Sequence[str], others: Sequence[str], *, exact: bool = True) -> list[Edit]:
    """The fewest edits that turn `units` into `others`, those that an error rate counts.

    Unless `exact`, case and punctuation around a word make no difference.
    """
    if max(len(units), len(others)) > MOST_UNITS:
        return [Edit("replace", tuple(units), tuple(others))]
    from rapidfuzz.distance import Levenshtein

    compared = (units, others) if exact else ([*map(_plain, units)], [*map(_plain, others)])
    return [
        Edit(
            code.tag,
            tuple(units[code.src_start : code.src_end]),
            tuple(others[code.dest_start : code.dest_end]),
        )
        for code in Levenshtein.opcodes(*compared)
    ]


@lru_cache(maxsize=4096)
def _plain(word: str) -> str:
    folded = word.casefold()
    return _EDGES.sub("", folded) or folded


def _characters(text: str) -> list[str]:
    """Characters with the marks that belong to them."""
    units: list[str] = []
    for character in text:
        if units and unicodedata.category(character).startswith("M"):
            units[-1] += character
        else:
            units.append(character)
    return units


def _is_unspaced(text: str) -> bool:
    return len(text) >= _UNSPACED_FROM and not text.isascii() and len(text.split()) == 1
