"""Word alignment of two texts, compiled: the edits that turn one into the other, and where.

The same edits as jiwer's (rapidfuzz's) alignment chooses among equally short ones. Words are what
str.split() cuts, as they stand, compared by 64-bit hashes.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np
import numpy.typing as npt

from curate.text.split import split_words
from curate.text.unicode import tables

OTHER_WORDS, SUBSTITUTIONS, DELETIONS, INSERTIONS, MISMATCH_RUN, OTHER_CHARS = range(6)
N_EDITS: Final = 6
LARGEST_TABLE: Final = 1 << 22
"""Cells of the alignment table; longer texts are left to the caller."""
LONGEST_BYTES: Final = 1 << 17

NONE, EQUAL, ALIGNED, TOO_LONG = range(4)
"""What became of a pair: no second text, byte for byte alike, aligned, or left to the caller."""

_Bytes = npt.NDArray[np.uint8]
_Positions = npt.NDArray[np.int64]


# Compiled code is cached by this file's time alone: touch it when curate.text.split changes.


@nb.njit(nogil=True, cache=True)
def _align(ours, others, table, edits):  # type: ignore[no-untyped-def]
    """Fill `edits` for two lists of words without common ends; `table` has room for them."""
    rows, columns = ours.size + 1, others.size + 1
    for column in range(columns):
        table[column] = column
    for row in range(1, rows):
        here, above = row * columns, (row - 1) * columns
        table[here] = row
        word = ours[row - 1]
        for column in range(1, columns):
            cost = table[above + column - 1] + (word != others[column - 1])
            cost = min(cost, table[above + column] + 1)
            table[here + column] = min(cost, table[here + column - 1] + 1)
    row, column, run = ours.size, others.size, 0
    while row or column:
        here = row * columns + column
        if row and (not column or table[here] == table[here - columns] + 1):
            row -= 1
            edits[DELETIONS] += 1
            run += 1
        elif column and (
            not row or (column > 1 and table[here - 1] == table[here - columns - 1] - 1)
        ):
            column -= 1
            edits[INSERTIONS] += 1
            run += 1
        else:
            row -= 1
            column -= 1
            if ours[row] == others[column]:
                run = 0
            else:
                edits[SUBSTITUTIONS] += 1
                run += 1
        edits[MISMATCH_RUN] = max(edits[MISMATCH_RUN], run)


@nb.njit(nogil=True, cache=True)
def _same_bytes(data, start, other, other_start, length):  # type: ignore[no-untyped-def]
    for k in range(length):
        if data[start + k] != other[other_start + k]:
            return False
    return True


@nb.njit(nogil=True, cache=True)
def _align_all(  # type: ignore[no-untyped-def]
    data, starts, lengths, other, other_starts, other_lengths, flags, ours, others, sizes, table,
    edits, fate,
):  # fmt: skip
    for row in range(starts.size):
        length, other_length = lengths[row], other_lengths[row]
        if other_length < 0:
            fate[row] = NONE
            continue
        if length > LONGEST_BYTES or other_length > LONGEST_BYTES:
            fate[row] = TOO_LONG
            continue
        words, chars = split_words(other, other_starts[row], other_length, flags, others, sizes)
        edits[row, OTHER_WORDS] = words
        edits[row, OTHER_CHARS] = chars
        if length == other_length and _same_bytes(
            data, starts[row], other, other_starts[row], length
        ):
            fate[row] = EQUAL
            continue
        fate[row] = ALIGNED
        mine, _ = split_words(data, starts[row], length, flags, ours, sizes)
        head = 0
        while head < mine and head < words and ours[head] == others[head]:
            head += 1
        while mine > head and words > head and ours[mine - 1] == others[words - 1]:
            mine -= 1
            words -= 1
        if (mine - head + 1) * (words - head + 1) > table.size:
            fate[row] = TOO_LONG
        else:
            _align(ours[head:mine], others[head:words], table, edits[row])


def align_spans(
    data: _Bytes,
    starts: _Positions,
    lengths: _Positions,
    other: _Bytes,
    other_starts: _Positions,
    other_lengths: _Positions,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Align each text with its other one (length -1: there is none), both valid UTF-8.

    Returns edits, int32 [rows, N_EDITS] in the order of the names above, and the fate of each
    pair. Where that is TOO_LONG the edits are not filled.
    """
    longest = int(max(lengths.max(initial=0), other_lengths.max(initial=0)))
    most = min(longest, LONGEST_BYTES) // 2 + 1
    ours, others = np.empty(most, np.uint64), np.empty(most, np.uint64)
    sizes = np.empty(most, np.int32)
    table = np.empty(min((most + 1) ** 2, LARGEST_TABLE), np.int32)
    edits = np.zeros((starts.size, N_EDITS), np.int32)
    fate = np.zeros(starts.size, np.uint8)
    _align_all(
        data, starts, lengths, other, other_starts, other_lengths, tables().flags, ours, others,
        sizes, table, edits, fate,
    )  # fmt: skip
    return edits, fate
