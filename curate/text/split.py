"""The words of a text, compiled: what Python's str.split() cuts, as hashes and sizes."""

from __future__ import annotations

from curate.arrays import Bytes, Int32s, UInt16s, UInt64s
from curate.arrays.compiled import kernel
from curate.text.packed import ASCII_CLASS, BLANK
from curate.text.unicode import SPACE
from curate.text.words import hash_bytes


@kernel
def split_words(
    data: Bytes, start: int, length: int, flags: UInt16s, hashes: UInt64s, sizes: Int32s
) -> tuple[int, int]:
    """Fill the hashes and the code points of a text's words; returns (words, code points in all).

    `hashes` and `sizes` have room for a word in two bytes.
    """
    words, chars, first, before = 0, 0, -1, 0
    at, end = start, start + length
    while at < end:
        byte = data[at]
        if byte < 0x80:
            width, blank = 1, ASCII_CLASS[byte] == BLANK
        else:
            width = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            blank = False
            if width == 2:
                blank = flags[(byte & 0x1F) << 6 | (data[at + 1] & 0x3F)] & SPACE != 0
            elif width == 3:
                high = (byte & 0x0F) << 12 | (data[at + 1] & 0x3F) << 6
                blank = flags[high | (data[at + 2] & 0x3F)] & SPACE != 0
        if blank and first >= 0:
            hashes[words] = hash_bytes(data, first, at - first)
            sizes[words] = chars - before
            words += 1
            first = -1
        elif not blank and first < 0:
            first, before = at, chars
        chars += 1
        at += width
    if first >= 0:
        hashes[words] = hash_bytes(data, first, end - first)
        sizes[words] = chars - before
        words += 1
    return words, chars
