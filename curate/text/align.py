"""Word alignment of two texts, compiled: the edits that turn one into the other, and where.

The same edits as jiwer's (rapidfuzz's) alignment chooses among equally short ones. Words are what
str.split() cuts, as they are, compared by 64-bit hashes. On request adjacent words of one text
match a word of the other that they make up (`white paper`, `whitepaper`), as kaldialign has it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from curate.arrays import Bytes, Int32s, Int32Table, Int64s, Int64Table, UInt16s, UInt64s
from curate.native import kernel
from curate.text.unicode import tables

OTHER_WORDS, SUBSTITUTIONS, DELETIONS, INSERTIONS, MISMATCH_RUN, OTHER_CHARS = range(6)
N_EDITS: Final = 6
LARGEST_TABLE: Final = 1 << 22
"""Cells of the alignment table; longer texts are left to the caller."""
LONGEST_BYTES: Final = 1 << 17

NONE, EQUAL, ALIGNED, TOO_LONG = range(4)
"""What became of a pair: no second text, byte for byte alike, aligned, or left to the caller."""


Spans = tuple[Bytes, Int64s, Int64s]
"""A buffer of UTF-8, and for each text its start and length there; length -1: there is none."""


class WrongWords(NamedTuple):
    """A mark for each word of many texts, and the place of each text's first."""

    at: Int64s
    wrong: Bytes


@kernel("align")
def _align_all(
    data: Bytes,
    starts: Int64s,
    lengths: Int64s,
    other: Bytes,
    other_starts: Int64s,
    other_lengths: Int64s,
    flags: UInt16s,
    hashes: UInt64s,
    others: UInt64s,
    sizes: Int32s,
    table: Int32s,
    joined: bool,
    places: Int64Table,
    edits: Int32Table,
    fate: Bytes,
    wrong_at: Int64s,
    wrong: Bytes,
) -> None:
    raise NotImplementedError


def align_spans(
    texts: Spans, other_texts: Spans, joined: bool = False, marks: WrongWords | None = None
) -> tuple[Int32s, Bytes]:
    """Align each text with its other one (length -1: there is none), both valid UTF-8.

    `joined`: adjacent words match the word that they make up; texts have single blanks then, and
    of the texts that outgrow the table no words are joined.
    Returns edits, int32 [rows, N_EDITS] in the order of the names above, and the fate of each
    pair. Where that is TOO_LONG the edits are not filled, and no words are marked. In `marks` the
    words of the first text that are deleted or substituted become 1.
    """
    (data, starts, lengths), (other, other_starts, other_lengths) = texts, other_texts
    longest = int(max(lengths.max(initial=0), other_lengths.max(initial=0)))
    most = min(longest, LONGEST_BYTES) // 2 + 1
    hashes, others = np.empty(most, np.uint64), np.empty(most, np.uint64)
    sizes = np.empty(most, np.int32)
    table = np.empty(min((most + 1) ** 2, LARGEST_TABLE), np.int32)
    edits = np.zeros((starts.size, N_EDITS), np.int32)
    fate = np.zeros(starts.size, np.uint8)
    wrong = marks or WrongWords(np.empty(0, np.int64), np.empty(0, np.uint8))
    _align_all(
        data, starts, lengths, other, other_starts, other_lengths, tables().flags, hashes, others,
        sizes, table, joined, np.empty((4, most), np.int64), edits, fate, *wrong,
    )  # fmt: skip
    return edits, fate
