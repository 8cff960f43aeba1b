"""Word alignment of two texts, compiled: the edits that turn one into the other, and where.

The same edits as jiwer's (rapidfuzz's) alignment chooses among equally short ones. Words are what
str.split() cuts, as they are, compared by 64-bit hashes. On request adjacent words of one text
match a word of the other that they make up (`white paper`, `whitepaper`), as kaldialign has it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from curate.arrays import Bytes, Int32s, Int64s, UInt16s, UInt64s
from curate.arrays.compiled import kernel
from curate.text.split import split_words
from curate.text.unicode import tables

OTHER_WORDS, SUBSTITUTIONS, DELETIONS, INSERTIONS, MISMATCH_RUN, OTHER_CHARS = range(6)
N_EDITS: Final = 6
LARGEST_TABLE: Final = 1 << 22
"""Cells of the alignment table; longer texts are left to the caller."""
LONGEST_BYTES: Final = 1 << 17

NONE, EQUAL, ALIGNED, TOO_LONG = range(4)
"""What became of a pair: no second text, byte for byte alike, aligned, or left to the caller."""


# Compiled code is cached by the time of this file only: touch it when curate.text.split changes.


@kernel
def _align(words: UInt64s, others: UInt64s, table: Int32s, edits: Int32s) -> None:
    """Fill `edits` for two lists of words without common ends; `table` has room for them."""
    rows, columns = words.size + 1, others.size + 1
    for column in range(columns):
        table[column] = column
    for row in range(1, rows):
        here, above = row * columns, (row - 1) * columns
        table[here] = row
        word = words[row - 1]
        for column in range(1, columns):
            cost = table[above + column - 1] + (word != others[column - 1])
            cost = min(cost, table[above + column] + 1)
            table[here + column] = min(cost, table[here + column - 1] + 1)
    row, column, run = words.size, others.size, 0
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
            if words[row] == others[column]:
                run = 0
            else:
                edits[SUBSTITUTIONS] += 1
                run += 1
        edits[MISMATCH_RUN] = max(edits[MISMATCH_RUN], run)


@kernel
def _same_bytes(data: Bytes, start: int, other: Bytes, other_start: int, length: int) -> bool:
    for k in range(length):
        if data[start + k] != other[other_start + k]:
            return False
    return True


@kernel
def _words_at(data: Bytes, start: int, length: int, first: Int64s, size: Int64s) -> int:
    """Where the words of a text with single blanks begin, and their bytes; how many."""
    count, at = 0, start
    for k in range(start, start + length + 1):
        if k == start + length or data[k] == 32:
            if k > at:
                first[count], size[count] = at, k - at
                count += 1
            at = k + 1
    return count


@kernel
def _joins(
    parts: Bytes, first: Int64s, size: Int64s, low: int, word: Bytes, at: int, length: int
) -> int:
    """How many words from `low` down make up the word at `at` (2 or more); 0 for none."""
    left, k = length, low
    while k >= 0 and size[k] <= left:
        left -= size[k]
        for j in range(size[k]):
            if parts[first[k] + j] != word[at + left + j]:
                return 0
        if left == 0:
            return low - k + 1 if k < low else 0
        k -= 1
    return 0


@kernel
def _any_joins(
    parts: Bytes,
    first: Int64s,
    size: Int64s,
    count: int,
    word: Bytes,
    at: Int64s,
    length: Int64s,
    words: int,
) -> bool:
    for low in range(1, count):
        for k in range(words):
            if _joins(parts, first, size, low, word, at[k], length[k]):
                return True
    return False


@kernel
def _align_joined(
    data: Bytes,
    first: Int64s,
    size: Int64s,
    words: int,
    other: Bytes,
    other_first: Int64s,
    other_size: Int64s,
    others: int,
    table: Int32s,
    edits: Int32s,
) -> None:
    """`_align` in which words match what they make up; of `words` and `others` words."""
    columns = others + 1
    for column in range(columns):
        table[column] = column
    for row in range(1, words + 1):
        here, above = row * columns, (row - 1) * columns
        table[here] = row
        for column in range(1, columns):
            cost = min(table[above + column], table[here + column - 1]) + 1
            one, two = size[row - 1], other_size[column - 1]
            if one == two:
                same = _same_bytes(data, first[row - 1], other, other_first[column - 1], one)
                cost = min(cost, table[above + column - 1] + (not same))
            else:
                cost = min(cost, table[above + column - 1] + 1)
                if one < two:
                    joined = _joins(data, first, size, row - 1, other, other_first[column - 1], two)
                    if joined:
                        cost = min(cost, table[here - joined * columns + column - 1])
                else:
                    joined = _joins(
                        other, other_first, other_size, column - 1, data, first[row - 1], one
                    )
                    if joined:
                        cost = min(cost, table[above + column - joined])
            table[here + column] = cost
    edits[SUBSTITUTIONS] = edits[DELETIONS] = edits[INSERTIONS] = edits[MISMATCH_RUN] = 0
    row, column, run = words, others, 0
    while row or column:
        here = row * columns + column
        cost = table[here]
        if row and column:
            one, two = size[row - 1], other_size[column - 1]
            if one == two and _same_bytes(
                data, first[row - 1], other, other_first[column - 1], one
            ):
                if cost == table[here - columns - 1]:
                    row, column, run = row - 1, column - 1, 0
                    continue
            elif one < two:
                joined = _joins(data, first, size, row - 1, other, other_first[column - 1], two)
                if joined and cost == table[here - joined * columns - 1]:
                    row, column, run = row - joined, column - 1, 0
                    continue
            elif one > two:
                joined = _joins(
                    other, other_first, other_size, column - 1, data, first[row - 1], one
                )
                if joined and cost == table[here - columns - joined]:
                    row, column, run = row - 1, column - joined, 0
                    continue
        run += 1
        if row and column and cost == table[here - columns - 1] + 1:
            row, column = row - 1, column - 1
            edits[SUBSTITUTIONS] += 1
        elif row and cost == table[here - columns] + 1:
            row -= 1
            edits[DELETIONS] += 1
        else:
            column -= 1
            edits[INSERTIONS] += 1
        edits[MISMATCH_RUN] = max(edits[MISMATCH_RUN], run)


@kernel
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
    places: Int64s,
    edits: Int32s,
    fate: Bytes,
) -> None:
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
        mine, _ = split_words(data, starts[row], length, flags, hashes, sizes)
        head, whole, other_whole = 0, mine, words
        while head < mine and head < words and hashes[head] == others[head]:
            head += 1
        while mine > head and words > head and hashes[mine - 1] == others[words - 1]:
            mine -= 1
            words -= 1
        if (mine - head + 1) * (words - head + 1) > table.size:
            fate[row] = TOO_LONG
        else:
            _align(hashes[head:mine], others[head:words], table, edits[row])
            fewest = edits[row, SUBSTITUTIONS] + edits[row, DELETIONS] + edits[row, INSERTIONS]
            cells = (whole + 1) * (other_whole + 1)
            if not joined or fewest < 2 or cells > table.size:
                continue  # of one edit nothing is left to save
            _words_at(data, starts[row], length, places[0], places[1])
            _words_at(other, other_starts[row], other_length, places[2], places[3])
            if _any_joins(
                data, places[0], places[1], whole, other, places[2], places[3], other_whole
            ) or _any_joins(
                other, places[2], places[3], other_whole, data, places[0], places[1], whole
            ):
                _align_joined(
                    data, places[0], places[1], whole, other, places[2], places[3], other_whole,
                    table, edits[row],
                )  # fmt: skip


def align_spans(
    data: Bytes,
    starts: Int64s,
    lengths: Int64s,
    other: Bytes,
    other_starts: Int64s,
    other_lengths: Int64s,
    joined: bool = False,
) -> tuple[Int32s, Bytes]:
    """Align each text with its other one (length -1: there is none), both valid UTF-8.

    `joined`: adjacent words match the word that they make up; texts have single blanks then, and
    of the texts that outgrow the table no words are joined.
    Returns edits, int32 [rows, N_EDITS] in the order of the names above, and the fate of each
    pair. Where that is TOO_LONG the edits are not filled.
    """
    longest = int(max(lengths.max(initial=0), other_lengths.max(initial=0)))
    most = min(longest, LONGEST_BYTES) // 2 + 1
    hashes, others = np.empty(most, np.uint64), np.empty(most, np.uint64)
    sizes = np.empty(most, np.int32)
    table = np.empty(min((most + 1) ** 2, LARGEST_TABLE), np.int32)
    edits = np.zeros((starts.size, N_EDITS), np.int32)
    fate = np.zeros(starts.size, np.uint8)
    _align_all(
        data, starts, lengths, other, other_starts, other_lengths, tables().flags, hashes, others,
        sizes, table, joined, np.empty((4, most), np.int64), edits, fate,
    )  # fmt: skip
    return edits, fate
