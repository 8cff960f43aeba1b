"""What each character becomes in the normal form: one table, read by Python and by the kernels.

The map is Unicode's NFKC_Casefold (compatibility forms, case, characters that show nothing) with
three additions: the decimal digits of every script are ASCII digits, letters that Arabic keyboards
write with several code points are one (yeh, kaf, heh), and the tatweel, which only stretches a
word, is dropped. Marks of punctuation and symbols are breaks, apostrophes are dropped.
"""

from __future__ import annotations

import sys
import unicodedata
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from curate.environment.cached import once
from curate.text.stored import of_runs, read_arrays, runs_of, shifts_of, write_arrays
from curate.text.unicode import (
    APOSTROPHES,
    COMPOSES,
    DIGIT,
    HIDDEN,
    PUNCTUATION,
    SPACE,
    changing,
    tables,
)

SIZE: Final = sys.maxunicode + 1
DROP: Final = SIZE
BREAK: Final = SIZE + 1
POINT: Final = SIZE + 2
"""`.` or `,`: a break, or part of a number (curate.text.numerals)."""
SLOW: Final = SIZE + 3
"""Becomes something that the kernels leave to Python."""
LONG: Final = 2 * SIZE
"""LONG + n: the code points of row n of `long`."""
LONGEST: Final = 3

GAPS: Final = "\u00a0\u2009\u202f"
"""Blanks that do not break a line: between digits they part thousands."""
_SAME_LETTER: Final = {
    "\u0649": "\u064a",
    "\u06cc": "\u064a",
    "\u06a9": "\u0643",
    "\u06c1": "\u0647",
}
_POINTS: Final = frozenset(".,")
_SHOWN: Final = frozenset("\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd") | {
    chr(code) for code in range(0x600, 0x606)
}
"""Format characters (category Cf) that are drawn: signs in front of a number, and the like."""
_IGNORABLE: Final = frozenset("\u0640\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {
    chr(code)
    for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0000, 0xE0FFF))
    for code in range(first, last + 1)
}
"""Default_Ignorable_Code_Point beyond Cf (Unicode 15.1, DerivedCoreProperties), and the tatweel."""


_SPECIAL: Final = {
    **dict.fromkeys((*APOSTROPHES, *_IGNORABLE), ""),
    **dict.fromkeys(GAPS, GAPS[0]),
    ".": ".",
    ",": ",",
    "\u066b": ".",  # Arabic decimal separator
    "\u066c": "",  # Arabic thousands separator
    "\u0130": "i",  # the dot above goes with the capital, in every language
}
"""Characters whose form no rule gives."""


class Forms(NamedTuple):
    """The map for the kernels: `shifts` leads from each code point to its entry, modulo 2**32."""

    shifts: npt.NDArray[np.uint32]
    long: npt.NDArray[np.uint32]


@once
def forms() -> Forms:
    """The map for this Python's Unicode version: as stored, else computed in 0.05 s."""
    if not (arrays := read_arrays(_STORED)):
        return compute_forms()
    shifts, lengths, long = arrays
    return Forms(of_runs(shifts, lengths), long)


class FormTable(dict[int, str | None]):
    """The map for `str.translate`; a character's form is computed when a text first has it."""

    def __missing__(self, code: int) -> str | None:
        form = self[code] = form_of(chr(code)) or None
        return form


_STORED: Final = "forms"


def store() -> None:
    """Write the map of this Python's Unicode version (see curate.text.stored)."""
    made = compute_forms()
    write_arrays(_STORED, [*runs_of(made.shifts), made.long])


def compute_forms() -> Forms:
    """The map out of `form_of`."""
    flags = tables().flags
    codes = np.arange(SIZE, dtype=np.uint32)
    codes[(flags & (SPACE | PUNCTUATION)) > 0] = BREAK
    long: list[list[int]] = []
    for code in _candidates(flags):
        form = form_of(chr(code))
        if form != chr(code):
            codes[code] = _coded(form, flags, long)
    for mark in ".,":
        codes[ord(mark)] = POINT
    return Forms(shifts_of(codes), np.array([*long, [0] * LONGEST], np.uint32))


def form_of(char: str) -> str:
    """What one character becomes; `.`, `,` and one of GAPS wait for numbers to be read.

    >>> [form_of(char) for char in ("\uff21", "\u00bd", "\u200d", "\u0663", "\u2026")]
    ['a', '1 2', '', '3', ' ']
    """
    if (special := _SPECIAL.get(char)) is not None:
        return special
    category = unicodedata.category(char)
    if not unicodedata.decomposition(char):
        if category[0] in "PS" or char.isspace():
            return " "
        if char.casefold() == char:
            return _part(char)
    before, form = "", char
    while form != before:  # what is composed of folded letters may fold again
        before, form = form, _folded(form)
    if category[0] in "PS" and form not in _POINTS and not any(map(str.isalnum, form)):
        return " "
    return form


def _folded(text: str) -> str:
    compatible = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    parts = (_part(char) for char in unicodedata.normalize("NFD", compatible))
    return unicodedata.normalize("NFC", "".join(parts))


def _part(char: str) -> str:
    if char in APOSTROPHES or char in _IGNORABLE:
        return ""
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if char.isspace() or (category[0] in "PS" and char not in _POINTS):
        return " "
    if category in {"Cf", "Cc"} and char not in _SHOWN:
        return ""
    return _SAME_LETTER.get(char, char)


def _candidates(flags: npt.NDArray[np.uint16]) -> list[int]:
    """Code points that may become something else; the rest stay as they are."""
    may = np.zeros(SIZE, np.bool_)
    blocks = (range(0x3400), range(0xA000, 0xAC00), range(0xF900, 0x20000), range(0x2F800, 0x2FA20))
    for block in blocks:
        for run in changing(block, "NFKD"):
            may[run.start : run.stop] = [*map(_folds, map(chr, run))]
    for block in (*blocks, range(0xE0000, 0xE1000)):
        may[block.start : block.stop] |= (flags[block.start : block.stop] & _ALWAYS) > 0
    may[[*map(ord, (*_SAME_LETTER, *_IGNORABLE))]] = True
    marked = (flags & (SPACE | PUNCTUATION)) > 0
    return [*np.flatnonzero(marked).tolist(), *np.flatnonzero(may & ~marked).tolist()]


def _folds(char: str) -> bool:
    return char.casefold() != char or unicodedata.decomposition(char) != ""


_ALWAYS: Final = DIGIT | HIDDEN
"""Flags of characters that become a digit of ASCII, or nothing."""


def _coded(form: str, flags: npt.NDArray[np.uint16], long: list[list[int]]) -> int:
    """A form as the kernels have it."""
    if not form:
        return DROP
    if form == " " or form == GAPS[0]:
        return BREAK
    points = [ord(char) for char in form]
    composing = any(flags[code] & COMPOSES or unicodedata.combining(chr(code)) for code in points)
    if len(points) > LONGEST or composing or not {" ", ".", ","}.isdisjoint(form):
        return SLOW
    if len(points) == 1:
        return points[0]
    long.append([*points, 0, 0][:LONGEST])
    return LONG + len(long) - 1
