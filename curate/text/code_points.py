"""Code points of UTF-8, compiled, and what points and commas are in numbers.

Both kernels inline these: what they hold of a text's normal form is the same.
"""

from __future__ import annotations

import unicodedata

import numpy as np

from curate.arrays import Bytes, Int
from curate.arrays.compiled import borrowing, inlined
from curate.text.forms import DROP
from curate.text.normal import mapped_text
from curate.text.numerals import COMMA, DOT, PLAIN, ROMANIAN, RUSSIAN, TURKIC, UNPOINTED


@inlined
def decode_at(data: Bytes, at: Int) -> tuple[Int, Int]:
    """Code point and its length in bytes; the input is known to be valid UTF-8."""
    first = np.uint32(data[at])
    if first < 0x80:
        return first, 1
    if first < 0xE0:
        return ((first & np.uint32(0x1F)) << np.uint32(6)) | (
            np.uint32(data[at + 1]) & np.uint32(0x3F)
        ), 2
    if first < 0xF0:
        return (
            ((first & np.uint32(0x0F)) << np.uint32(12))
            | ((np.uint32(data[at + 1]) & np.uint32(0x3F)) << np.uint32(6))
            | (np.uint32(data[at + 2]) & np.uint32(0x3F))
        ), 3
    return (
        ((first & np.uint32(0x07)) << np.uint32(18))
        | ((np.uint32(data[at + 1]) & np.uint32(0x3F)) << np.uint32(12))
        | ((np.uint32(data[at + 2]) & np.uint32(0x3F)) << np.uint32(6))
        | (np.uint32(data[at + 3]) & np.uint32(0x3F))
    ), 4


BY_LANGUAGE = TURKIC | ROMANIAN | RUSSIAN | UNPOINTED
"""Languages in which some characters take forms of their own."""
DOT_ABOVE = 0x307
"""The combining dot: behind an i it goes, which is left to Python."""


@inlined
def form_by_language(code: Int, bits: Int, form: Int) -> Int:
    """A character's form where the language has its own, as `normalise` has it; else `form`."""
    if bits & TURKIC and (code == 0x49 or code == 0x130):
        form = np.uint32(0x131 if code == 0x49 else 0x69)
    elif bits & ROMANIAN and (code == 0x15E or code == 0x15F):
        form = np.uint32(0x219)
    elif bits & ROMANIAN and (code == 0x162 or code == 0x163):
        form = np.uint32(0x21B)
    elif bits & RUSSIAN and (code == 0x401 or code == 0x451):
        form = np.uint32(0x435)
    elif bits & UNPOINTED and 0x591 <= code <= 0x670:
        hebrew = code <= 0x5BD or code == 0x5BF or code == 0x5C1 or code == 0x5C2
        hebrew |= code == 0x5C4 or code == 0x5C5 or code == 0x5C7
        if hebrew or 0x64B <= code <= 0x652 or code == 0x670:
            form = np.uint32(DROP)
    return form


COMPOSED, UNSURE, ODD = range(3)
"""Whether a normal hash is right: yes, where composing changes nothing, no (use Python)."""
NO_NUMBER, GROUPED, DECIMAL_POINT, UNCLEAR = range(4)


@borrowing
def point_at(data: Bytes, start: int, at: int, end: int, bits: int) -> int:
    """What the ASCII point or comma at `at` is in a number, as `join_numbers` has it.

    UNCLEAR where other bytes than ASCII are in the digits beside it.
    """
    first = at
    while first > start and at - first < 4 and 48 <= data[first - 1] < 58:
        first -= 1
    last = at + 1
    while last < end and last - at < 5 and 48 <= data[last] < 58:
        last += 1
    before, behind = at - first, last - at - 1
    if before == 0 or behind == 0 or bits & PLAIN:
        return NO_NUMBER
    if (first > start and data[first - 1] >= 128) or (last < end and data[last] >= 128):
        return UNCLEAR
    mark = data[at]
    if (bits & COMMA and mark == 44) or (bits & DOT and mark == 46):
        inside = first > start and data[first - 1] == mark
        lead = before <= 3 and (inside or data[first] != 48)
        more = behind == 2 and last + 1 < end and data[last] == mark and 48 <= data[last + 1] < 58
        return GROUPED if lead and (behind == 3 or more) else NO_NUMBER
    return DECIMAL_POINT if mark == (44 if bits & DOT else 46) else NO_NUMBER


def composes_nothing(text: str) -> bool:
    """Whether NFC changes nothing, neither before characters take their forms nor after."""
    return unicodedata.is_normalized("NFC", text) and unicodedata.is_normalized(
        "NFC", mapped_text(text)
    )
