"""How a text agrees with what a recogniser heard (`pred_text`): the edits between the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cpdist

from curate.frames import Spans
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
    align_spans,
)

EDGE = 5
"""Characters at each end that `edge_cer` compares (SDP's GetEdgeCER)."""

Counts = npt.NDArray[np.int32]


def agreement(
    texts: Spans, predicted: Spans, words: npt.NDArray[np.int32], chars: npt.NDArray[np.int32]
) -> Mapping[str, pl.Series]:
    """The agreement metrics of every row; null where it has no prediction or nothing to divide by.

    `words` and `chars` are those of the texts.
    """
    edits, fate = align_spans(
        texts.data, texts.start, texts.length,
        predicted.data, predicted.start, predicted.length,
    )  # fmt: skip
    letters, edges = _characters(texts, predicted, fate)
    for row in np.flatnonzero(fate == TOO_LONG).tolist():
        edits[row] = _align_long(texts.decode(row), predicted.decode(row))
    heard = fate != NONE
    word_edits = edits[:, SUBSTITUTIONS] + edits[:, DELETIONS] + edits[:, INSERTIONS]
    return {
        "word_edits": _counts(word_edits, heard),
        "char_edits": _counts(letters, heard),
        "wer": _share(word_edits, words, heard),
        "cer": _share(letters, chars, heard),
        "insertion_rate": _share(edits[:, INSERTIONS], words, heard),
        "deletion_rate": _share(edits[:, DELETIONS], words, heard),
        "mismatch_run": _counts(edits[:, MISMATCH_RUN], heard),
        "length_ratio": _share(edits[:, OTHER_CHARS], chars, heard),
        "edge_cer": _share(edges, np.minimum(chars, EDGE), heard),
    }


def _characters(
    texts: Spans, predicted: Spans, fate: npt.NDArray[np.uint8]
) -> tuple[Counts, Counts]:
    """Character edits of each pair, and those of its worse end."""
    whole, edges = np.zeros(fate.size, np.int32), np.zeros(fate.size, np.int32)
    rows = np.flatnonzero((fate == ALIGNED) | (fate == TOO_LONG))
    if not rows.size:
        return whole, edges
    ours = [texts.decode(row) for row in rows.tolist()]
    others = [predicted.decode(row) for row in rows.tolist()]
    whole[rows] = _distances(ours, others)
    heads = _distances([text[:EDGE] for text in ours], [text[:EDGE] for text in others])
    tails = _distances([text[-EDGE:] for text in ours], [text[-EDGE:] for text in others])
    edges[rows] = np.maximum(heads, tails)
    return whole, edges


def _distances(ours: Sequence[str], others: Sequence[str]) -> Counts:
    found: Counts = cpdist(ours, others, scorer=Levenshtein.distance, dtype=np.int32)
    return found


def _align_long(text: str, other: str) -> list[int]:
    """The edits of one pair too long for the compiled table."""
    ours, others = text.split(), other.split()
    counts: dict[str, int] = {"replace": 0, "delete": 0, "insert": 0}
    longest, run, behind = 0, 0, (0, 0)
    for edit in Levenshtein.editops(ours, others):
        counts[edit.tag] += 1
        at, to = edit.src_pos, edit.dest_pos
        run = run + 1 if (at, to) == behind else 1
        longest = max(longest, run)
        behind = (at + (edit.tag != "insert"), to + (edit.tag != "delete"))
    return [
        len(others), counts["replace"], counts["delete"], counts["insert"], longest, len(other),
    ]  # fmt: skip


_ORDER = (OTHER_WORDS, SUBSTITUTIONS, DELETIONS, INSERTIONS, MISMATCH_RUN, OTHER_CHARS)
assert tuple(range(N_EDITS)) == _ORDER, "the order of _align_long's result"


def _counts(counts: Counts, heard: npt.NDArray[np.bool_]) -> pl.Series:
    return _where(pl.Series(np.ascontiguousarray(counts), dtype=pl.Int32), heard)


def _share(counts: Counts, whole: Counts, heard: npt.NDArray[np.bool_]) -> pl.Series:
    known = heard & (whole > 0)
    return _where(pl.Series(counts / np.maximum(whole, 1)), known)


def _where(series: pl.Series, known: npt.NDArray[np.bool_]) -> pl.Series:
    return series if known.all() else series.set(pl.Series(~known), None)
