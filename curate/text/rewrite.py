"""Normal forms of many texts at once, compiled: what `normalise` gives, as spans of one buffer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from curate.arrays import Bytes, Int64s, UInt16s, UInt32s, UInt32Table, UInt64s, Word
from curate.native import kernel
from curate.text.code_points import (
    ODD,
    composes_nothing,
)
from curate.text.forms import LONGEST, forms
from curate.text.normal import normalise_by
from curate.text.unicode import tables
from curate.text.words import hash_bytes

# Compiled code is cached by the time of this file only: touch it when curate.text.code_points
# changes.


CHECK_ENGLISH, CHECK_BRACKETS, CHECK_DIGITS = 1, 2, 4


def word_table(words: Collection[str]) -> npt.NDArray[Word]:
    """A set of words as `Further.words` takes it."""
    slots = np.zeros(1 << max(4, (4 * len(words)).bit_length()), np.uint64)
    for word in sorted(words):
        data = np.frombuffer(word.encode(), np.uint8)
        hashed = np.uint64(hash_bytes(data, 0, data.size)) | np.uint64(1)
        slot = (int(hashed) >> 1) & (slots.size - 1)
        while slots[slot] and slots[slot] != hashed:
            slot = (slot + 1) & (slots.size - 1)
        slots[slot] = hashed
    return slots


@dataclass(frozen=True, slots=True)
class Further:
    """What is done to texts beside their normal form, and which of them to normalise in Python.

    `checks` (bits): English texts with one of `words`, a contraction, a sign of money or per cent,
    or a digit beside a letter; texts with `<` or `[`; texts in other languages with digits. These
    go, with their row and how their language writes numbers, through `normalise`.
    """

    checks: int = 0
    words: UInt64s = field(default_factory=lambda: np.zeros(16, np.uint64))
    normalise: Callable[[str, int, int], str] = lambda text, row, bits: normalise_by(text, bits)


@kernel("rewrite")
def _rewrite_all(
    data: Bytes,
    starts: Int64s,
    lengths: Int64s,
    bits: Bytes,
    flags: UInt16s,
    combining: Bytes,
    forms: UInt32s,
    long: UInt32Table,
    words: UInt64s,
    checks: int,
    out: Bytes,
    bounds: Int64s,
    doubts: Bytes,
) -> None:
    raise NotImplementedError


def normal_spans(
    data: Bytes,
    start: Int64s,
    length: Int64s,
    bits: Bytes | None = None,
    further: Further | None = None,
) -> tuple[Bytes, Int64s, Int64s]:
    """The normal form of every text span of `data` (valid UTF-8): their bytes, starts and lengths.

    `bits` is how each text's language writes numbers (`numerals.writing`); `further` is what is
    done besides. A text of length -1 is none, and stays none.
    """
    if bits is None:
        bits = np.zeros(start.size, np.uint8)
    further = further or Further()
    table, form = tables(), forms()
    out = np.empty(int(np.maximum(length, 0).sum()) * LONGEST + start.size + 1, np.uint8)
    bounds = np.zeros(start.size + 1, np.int64)
    doubts = np.zeros(start.size, np.uint8)
    _rewrite_all(
        data, start, length, bits, table.flags, table.combining, form.shifts, form.long,
        further.words, further.checks, out, bounds, doubts,
    )  # fmt: skip
    sizes = np.diff(bounds)
    sizes[length < 0] = -1
    changed: dict[int, bytes] = {}
    for row in np.flatnonzero(doubts).tolist():
        text = data[start[row] : start[row] + length[row]].tobytes().decode()
        if doubts[row] == ODD or not composes_nothing(text):
            changed[row] = further.normalise(text, row, int(bits[row])).encode()
    return replaced(out[: bounds[-1]], bounds[:-1].copy(), sizes, changed)


def replaced(
    data: Bytes, start: Int64s, length: Int64s, changed: dict[int, bytes]
) -> tuple[Bytes, Int64s, Int64s]:
    """The spans with other texts in some rows, put behind all others; the arrays are changed."""
    if not changed:
        return data, start, length
    sizes = [len(text) for text in changed.values()]
    rows = list(changed)
    start[rows] = data.size + np.cumsum([0, *sizes[:-1]])
    length[rows] = sizes
    more = np.frombuffer(b"".join(changed.values()), np.uint8)
    return np.concatenate([data, more]), start, length
