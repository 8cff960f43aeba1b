"""Edits of many pairs of texts: word and character edits, raw and after a normaliser.

`curate profile` counts a manifest's texts against its predictions with it, `train eval` a model's.
Words are what is between blanks; where the script of a normal form writes no spaces (Chinese,
Japanese, Thai), characters take their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.arrays import Bools, Bytes, Int32s, Int64s, UInt16s
from curate.native import kernel
from curate.text.align import (
    ALIGNED,
    DELETIONS,
    INSERTIONS,
    MISMATCH_RUN,
    N_EDITS,
    NONE,
    OTHER_CHARS,
    OTHER_WORDS,
    SUBSTITUTIONS,
    TOO_LONG,
    Spans,
    WrongWords,
    align_spans,
)
from curate.text.normaliser import Normaliser
from curate.text.unicode import tables


@dataclass(frozen=True, slots=True)
class PairEdits:
    """The edits of every pair; 0 where `paired` is false, which is where there is no second text.

    `edits` has a row for each pair, in the order of `curate.text.align`'s names; `ref_words` and
    `ref_chars` are the first text's, blanks among the characters. `spaceless`: characters were
    counted as words. `differ` are the rows whose texts are not the same. `wrong`, where requested,
    has a mark for each of the first texts' words, row by row: 1 where it is deleted or substituted.
    """

    ref_words: Int32s
    ref_chars: Int32s
    edits: Int32s
    char_edits: Int32s
    paired: Bools
    spaceless: Bools
    texts: Spans
    others: Spans
    differ: Int64s
    wrong: Bytes | None = None

    @property
    def word_edits(self) -> Int32s:
        """Substitutions, deletions and insertions."""
        total: Int32s = self.edits[:, [SUBSTITUTIONS, DELETIONS, INSERTIONS]].sum(
            axis=1, dtype=np.int32
        )
        return total


def count_normalised(
    texts: Spans,
    others: Spans,
    normaliser: Normaliser,
    langs: Sequence[str | None],
    numbers: npt.NDArray[np.integer],
    mark_words: bool = False,
) -> PairEdits:
    """The edits of pairs after the normaliser; pair i is in the language langs[numbers[i]]."""
    texts = normaliser.spans(*texts, langs, numbers)
    others = normaliser.spans(*others, langs, numbers)
    words, chars, spaceless = _shape(texts)
    marks = _marks(words) if mark_words else None
    if not spaceless.any():
        return _count((texts, others), (texts, others), words, chars, spaceless, normaliser, marks)
    spaced = (_parted(texts, spaceless), _parted(others, spaceless))
    return _count((texts, others), spaced, words, chars, spaceless, normaliser, marks)


def count_raw(texts: Spans, others: Spans, words: Int32s, chars: Int32s) -> PairEdits:
    """The edits of pairs as they are; `words` and `chars` are those of the texts."""
    nowhere = np.zeros(words.size, np.bool_)
    return _count((texts, others), (texts, others), words, chars, nowhere, None)


def _count(
    pair: tuple[Spans, Spans],
    spaced: tuple[Spans, Spans],
    words: Int32s,
    chars: Int32s,
    spaceless: Bools,
    normaliser: Normaliser | None,
    marks: WrongWords | None = None,
) -> PairEdits:
    """The edits of a pair of texts; `spaced` are these with blanks between all that counts as a
    word.
    """
    joined = normaliser is not None and normaliser.merges_compounds
    if joined and spaceless.any():  # characters are no compounds
        edits, fate = align_spans(*spaced, marks=marks)
        rows = np.flatnonzero(~spaceless)
        one, two = ((data, start[rows], length[rows]) for data, start, length in spaced)
        own = marks and WrongWords(marks.at[rows], marks.wrong)
        edits[rows], fate[rows] = align_spans(one, two, joined=True, marks=own)
    else:
        edits, fate = align_spans(*spaced, joined=joined, marks=marks)
    for row in np.flatnonzero(fate == TOO_LONG).tolist():
        edits[row] = _align_long(_decode(spaced[0], row), _decode(spaced[1], row), row, marks)
    differ = np.flatnonzero((fate == ALIGNED) | (fate == TOO_LONG))
    char_edits = np.zeros(fate.size, np.int32)
    if differ.size:
        char_edits[differ] = distances(decoded(pair[0], differ), decoded(pair[1], differ))
    return PairEdits(
        words,
        chars,
        edits,
        char_edits,
        fate != NONE,
        spaceless,
        *pair,
        differ,
        marks and marks.wrong,
    )


def distances(texts: Sequence[str], others: Sequence[str]) -> Int32s:
    """Character edits of each pair."""
    from rapidfuzz.distance import Levenshtein  # 7 ms, which a manifest without predictions saves
    from rapidfuzz.process import cpdist

    edit_counts: Int32s = cpdist(texts, others, scorer=Levenshtein.distance, dtype=np.int32)
    return edit_counts


def decoded(spans: Spans, rows: Int64s) -> list[str]:
    """Some of the texts as Python strings."""
    return [_decode(spans, row) for row in rows.tolist()]


def _decode(spans: Spans, row: int) -> str:
    data, start, length = spans
    return data[start[row] : start[row] + length[row]].tobytes().decode()


def _marks(words: Int32s) -> WrongWords:
    """A place for every word of texts, as many words in each."""
    ends: Int64s = words.cumsum(dtype=np.int64)
    return WrongWords(
        ends - words.astype(np.int64), np.zeros(int(words.sum(dtype=np.int64)), np.uint8)
    )


def _align_long(text: str, other: str, row: int, marks: WrongWords | None) -> list[int]:
    """The edits of one pair too long for the compiled table."""
    from rapidfuzz.distance import Levenshtein

    words, others = text.split(), other.split()
    counts: dict[str, int] = {"replace": 0, "delete": 0, "insert": 0}
    longest, run, behind = 0, 0, (0, 0)
    for edit in Levenshtein.editops(words, others):
        counts[edit.tag] += 1
        at, to = edit.src_pos, edit.dest_pos
        if marks and edit.tag != "insert":
            marks.wrong[marks.at[row] + at] = 1
        run = run + 1 if (at, to) == behind else 1
        longest = max(longest, run)
        behind = (at + (edit.tag != "insert"), to + (edit.tag != "delete"))
    return [
        len(others), counts["replace"], counts["delete"], counts["insert"], longest, len(other),
    ]  # fmt: skip


_ORDER = (OTHER_WORDS, SUBSTITUTIONS, DELETIONS, INSERTIONS, MISMATCH_RUN, OTHER_CHARS)
assert tuple(range(N_EDITS)) == _ORDER, "the order of _align_long's result"


def _shape(spans: Spans) -> tuple[Int32s, Int32s, Bools]:
    """Of each normal form: its words (characters, where no spaces are written), its characters
    with blanks, and whether no spaces are written.
    """
    data, start, length = spans
    words, chars = np.zeros(start.size, np.int32), np.zeros(start.size, np.int32)
    spaceless = np.zeros(start.size, np.bool_)
    _shape_all(data, start, length, tables().flags, words, chars, spaceless)
    return words, chars, spaceless


@kernel("edits")
def _shape_all(
    data: Bytes,
    starts: Int64s,
    lengths: Int64s,
    flags: UInt16s,
    words: Int32s,
    chars: Int32s,
    spaceless: Bools,
) -> None:
    raise NotImplementedError


def _parted(spans: Spans, rows: Bools) -> Spans:
    """The texts, with a blank between all characters in these rows."""
    data, start, length = spans
    known = rows & (length > 0)
    out = np.empty(int(length[known].sum()) * 2, np.uint8)
    starts, lengths = start.copy(), length.copy()
    used = _part_all(data, start, length, known, out, starts, lengths)
    return np.concatenate([data, out[:used]]), starts, lengths


@kernel("edits")
def _part_all(
    data: Bytes,
    start: Int64s,
    length: Int64s,
    rows: Bools,
    out: Bytes,
    starts: Int64s,
    lengths: Int64s,
) -> int:
    raise NotImplementedError
