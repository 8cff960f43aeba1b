"""Characters that a wrong encoding left in a text: `?` within words, UTF-8 read as Latin-1."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from curate.arrays import Bools, Bytes, Int32s, Int64s
from curate.native import kernel

_CONTROLS: Final = "\x80-\x9f"
_FIGURES: Final = (
    "\u0192\u02c6\u02dc\u2020\u2021\u2022\u2030\u20ac\u2122"
    "\u0160\u0161\u0152\u0153\u017d\u017e\u0178"
)
_SIGNS: Final = "\xa1-\xaa\xac-\xba\xbc-\xbf"
_MARKS: Final = "\u201a\u201e\u2026\u2039\u203a\u2018\u2019\u201c\u201d\u2013\u2014\xa0\xab\xbb"
"""What a byte of 0x80 to 0xBF looks like in Windows-1252; marks stand behind letters by right."""
_SURE: Final = f"[{_CONTROLS}{_FIGURES}{_SIGNS}]"
_ANY: Final = f"[{_CONTROLS}{_FIGURES}{_SIGNS}{_MARKS}]"

_QUESTION: Final = r"(?<=[^\W\d_])\?(?=[^\W\d_A-Z])"
_TWO: Final = f"[\xc2-\xde](?:{_SURE}|[{_MARKS}](?=[A-Za-z]))"
_THREE: Final = f"[\xe0-\xef](?:{_SURE}{_ANY}|{_ANY}{_SURE})"
DAMAGE: Final = f"{_QUESTION}|{_THREE}|{_TWO}"
"""The definition, compiled for the texts that may hold any. `Ku?ier` lost a letter,
`sch\u00c3\u00b6n` is UTF-8 read as Windows-1252.

A question mark before a capital letter ends a sentence; a lone capital with a tilde before a
quotation mark may be Portuguese.
"""


def damaged_chars(data: Bytes, start: Int64s, length: Int64s) -> Int32s:
    """Characters of DAMAGE in each text: `length[i]` bytes of UTF-8 from `start[i]`."""
    counts = np.zeros(start.size, np.int32)
    doubtful = np.zeros(start.size, np.bool_)
    _find(data, start, length, doubtful)
    for row in np.flatnonzero(doubtful).tolist():
        text = data[start[row] : start[row] + length[row]].tobytes().decode()
        counts[row] = sum(len(match[0]) for match in re.finditer(DAMAGE, text))
    return counts


@kernel("damage")
def _find(data: Bytes, start: Int64s, length: Int64s, doubtful: Bools) -> None:
    """The texts that may hold damage: `?` between letters, or a letter of U+00C2 to U+00EF before a
    code point of another two bytes or more.
    """
    raise NotImplementedError
