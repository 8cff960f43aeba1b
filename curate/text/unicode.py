"""Character classes: one table over all code points, built from Python's own `unicodedata`.

Both the plain definitions and the compiled kernel read these tables, so that the two cannot
disagree about what a letter or a blank is.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from curate.environment.cached import once
from curate.text.stored import of_runs, read_arrays, runs_of, shifts_of, write_arrays

SPACE = 1  # what str.split() splits at
PUNCTUATION = 2  # categories P* and S*
SEPARATOR = 4  # ends a word besides blanks: hyphens and dashes, underscore, slash
NO_SPACE = 8  # letter of a script that writes no spaces between words
LETTER = 16  # categories L*
MARK = 32  # categories M*
DIGIT = 64  # category Nd
UPPER = 128  # categories Lu and Lt
COMPOSES = 256  # may change under NFC: the text needs unicodedata.normalize
LONG_FOLD = 512  # case-folds to more than one code point
APOSTROPHE = 1024  # stands inside a word: dropped, not a break
LOWER = 2048  # category Ll
HIDDEN = 4096  # shows nothing where it is: control, format, private use, replacement
STOP = 8192  # a mark of sentences and their parts

# What stands for an apostrophe in transcripts: typewriter and typographic ones, the accents and
# the prime that are typed for them, the letters of Uzbek and Hawaiian, the Hebrew geresh.
APOSTROPHES = frozenset("'`\u00b4\u02bb\u02bc\u05f3\u2018\u2019\u201b\u2032\ua78c\uff07")

# Marks that identify punctuated text (Terminal_Punctuation of Unicode's PropList
# without the marks of scripts of the past; the ellipsis, and the inverted marks of Spanish).
STOPS = frozenset(
    "!,.:;?\u00a1\u00bf\u2026\u037e\u0387\u0589\u055c\u055d\u055e\u05c3\u060c\u061b\u061f\u06d4\u0700"
    "\u0964\u0965\u0e5a\u0e5b\u0f0d\u0f0e\u0f14\u104a\u104b\u1362\u1363\u1364\u1365\u1366\u1367"
    "\u17d4\u17d5\u203c\u203d\u3001\u3002\ufe50\ufe52\ufe54\ufe56\ufe57\uff01\uff0c\uff0e\uff1a"
    "\uff1b\uff1f\uff61\uff64"
)

# Joiners shape the letters of Persian, Indic and other scripts: honest behind a letter or mark
# beyond ASCII, hidden anywhere else.
JOINERS = (0x200C, 0x200D)

# Scripts that write no spaces between words, as block ranges (Unicode 15.1, Blocks.txt; letters
# among them are kept). Tibetan parts syllables by tsheg, not words by blanks.
_NO_SPACE_BLOCKS = (
    (0x0E00, 0x0E7F),  # Thai
    (0x0E80, 0x0EFF),  # Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x1B00, 0x1B7F),  # Balinese
    (0x2E80, 0x2FDF),  # CJK radicals
    (0x3005, 0x3007),  # ideographic iteration mark and zero
    (0x3031, 0x303C),
    (0x3041, 0x312F),  # Hiragana, Katakana, Bopomofo
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # CJK extension A
    (0x4E00, 0x9FFF),  # CJK unified ideographs
    (0xA000, 0xA4CF),  # Yi
    (0xA980, 0xA9DF),  # Javanese
    (0xA9E0, 0xA9FF),  # Myanmar extended B
    (0xAA60, 0xAADF),  # Myanmar extended A, Tai Viet
    (0xF900, 0xFAFF),  # CJK compatibility ideographs
    (0xFF66, 0xFF9F),  # half-width Katakana
    (0x1AFF0, 0x1B16F),  # Kana extensions
    (0x20000, 0x323AF),  # CJK extensions B to H
)

FIRST_NO_SPACE = chr(_NO_SPACE_BLOCKS[0][0])
"""No character before it is NO_SPACE."""


class Tables(NamedTuple):
    """Per code point: class bits, the shift to its simple case folding (modulo 2**32), canonical
    combining class.
    """

    flags: npt.NDArray[np.uint16]
    fold: npt.NDArray[np.uint32]
    combining: npt.NDArray[np.uint8]
    long_fold: npt.NDArray[np.uint32]
    """Rows of three: the foldings of LONG_FOLD characters; `fold` leads to the row's number."""


@once
def tables() -> Tables:
    """The tables for this Python's Unicode version: as stored, else computed in 0.03 s."""
    if not (arrays := read_arrays(_STORED)):
        return compute_tables()
    *flags, fold, shifts, combining, lengths, long_fold = arrays
    return Tables(of_runs(*flags), of_runs(fold, shifts), of_runs(combining, lengths), long_fold)


_STORED = "classes"


def store() -> None:
    """Write the tables of this Python's Unicode version (see curate.text.stored)."""
    made = compute_tables()
    runs = (*runs_of(made.flags), *runs_of(made.fold), *runs_of(made.combining))
    write_arrays(_STORED, [*runs, made.long_fold])


def compute_tables() -> Tables:
    """The tables out of `unicodedata`."""
    size = sys.maxunicode + 1
    flags = np.zeros(size, np.uint16)
    fold = np.arange(size, dtype=np.uint32)
    combining = np.zeros(size, np.uint8)
    for codes in _ASSIGNED:
        flags[codes.start : codes.stop] = [*map(_BY_CATEGORY.__getitem__, _categories(codes))]
    flags[0x3400:0x4DC0] = flags[0x4E00:0xA000] = flags[0xAC00:0xD7A4] = LETTER
    flags[0x20000:0x323B0] = LETTER
    for first, last in _NO_SPACE_BLOCKS:
        block = flags[first : last + 1]
        block[(block & LETTER) > 0] |= NO_SPACE
    for code in range(0x3001):
        if chr(code).isspace():
            flags[code] = SPACE
        elif code < 0x2E5E and unicodedata.category(chr(code)) == "Pd":
            flags[code] |= SEPARATOR
    for char in "_/\u00ad\ufe58\ufe63\uff0d":
        flags[ord(char)] |= SEPARATOR
    for char in APOSTROPHES:
        flags[ord(char)] |= PUNCTUATION | APOSTROPHE
    for char in STOPS:
        flags[ord(char)] |= STOP
    for first, last in ((0xE000, 0xF8FF), (0xFFFD, 0xFFFD), (0xE0000, 0xE007F), (0xF0000, size)):
        flags[first : last + 1] |= HIDDEN
    long_fold = _fill_foldings(flags, fold, combining)
    return Tables(flags, shifts_of(fold), combining, long_fold)


_ASSIGNED = (
    range(0x3400),
    range(0x4DC0, 0x4E00),
    range(0xA000, 0xAC00),
    range(0xD7A4, 0xD800),
    range(0xF900, 0x1FC00),
    range(0xE0100, 0xE01F0),
)
"""Code points to examine, without the big uniform blocks."""
_BY_CATEGORY = {
    "Lu": LETTER | UPPER, "Lt": LETTER | UPPER, "Ll": LETTER | LOWER, "Lm": LETTER, "Lo": LETTER,
    "Mn": MARK, "Mc": MARK, "Me": MARK, "Nd": DIGIT, "Nl": 0, "No": 0,
    **dict.fromkeys(("Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"), PUNCTUATION),
    **dict.fromkeys(("Sm", "Sc", "Sk", "So"), PUNCTUATION),
    **dict.fromkeys(("Zs", "Zl", "Zp", "Cs", "Co", "Cn"), 0), "Cc": HIDDEN, "Cf": HIDDEN,
}  # fmt: skip


def _categories(block: range) -> Iterator[str]:
    return map(unicodedata.category, map(chr, block))


def changing(block: range, form: Literal["NFD", "NFKD"]) -> Iterator[range]:
    """Short runs of the block, without those that neither case folding nor `form` changes.

    Most letters have no case and no decomposition, and a look-up of each would cost the most.
    """
    for first in range(block.start, block.stop, _RUN):
        run = range(first, min(first + _RUN, block.stop))
        text = "".join(map(chr, run))
        if text.casefold() != text or unicodedata.normalize(form, text) != text:
            yield run


_RUN = 32
_FOLDED = (range(0x3400), range(0xA000, 0xAC00), range(0xF900, 0x1F000))
"""Blocks with letters that have a case, a decomposition, or marks to compose with."""


def _changing_codes() -> Iterator[int]:
    for block in _FOLDED:
        for run in changing(block, "NFD"):
            yield from run


def _fill_foldings(
    flags: npt.NDArray[np.uint16],
    fold: npt.NDArray[np.uint32],
    combining: npt.NDArray[np.uint8],
) -> npt.NDArray[np.uint32]:
    long: list[list[int]] = []
    flags[0xD800:0xE000] = 0
    for block in _FOLDED:
        marks = np.flatnonzero(flags[block.start : block.stop] & MARK) + block.start
        combining[marks] = [*map(unicodedata.combining, map(chr, marks.tolist()))]
    for code in _changing_codes():
        char = chr(code)
        folded = char.casefold()
        if len(folded) > 1:
            flags[code] |= LONG_FOLD
            fold[code] = len(long)
            long.append([*map(ord, folded)])
        elif folded != char:
            fold[code] = ord(folded)
        if unicodedata.normalize("NFC", char) != char:
            flags[code] |= COMPOSES
        parts = unicodedata.decomposition(char).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            flags[int(parts[1], 16)] |= COMPOSES
    flags[0x1161:0x1176] |= COMPOSES  # conjoining Hangul vowels
    flags[0x11A8:0x11C3] |= COMPOSES  # and finals
    flags[0x2F800:0x2FA20] |= COMPOSES  # compatibility ideographs
    long_fold = np.array([[*row, 0, 0, 0][:3] for row in long], dtype=np.uint32)
    for code in np.flatnonzero(flags & LONG_FOLD).tolist():
        if (flags[long_fold[fold[code]]] & COMPOSES).any():
            flags[code] |= COMPOSES
    return long_fold
