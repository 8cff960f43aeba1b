"""How a text agrees with the hypothesis of a recogniser (`pred_text`): the edits between the two.

After the normaliser that `train eval` uses, and (`..._raw`) without normalisation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.arrays import Int32s
from curate.artifacts.frames import Spans
from curate.artifacts.text_codes import text_codes
from curate.text.align import DELETIONS, INSERTIONS, MISMATCH_RUN, OTHER_CHARS
from curate.text.edits import PairEdits, count_normalised, count_raw, decoded, distances
from curate.text.normaliser import Normaliser

EDGE = 5
"""Characters at each end that `edge_cer` compares (SDP's GetEdgeCER)."""


def agreement(
    texts: Spans,
    predicted: Spans,
    words: Int32s,
    chars: Int32s,
    normaliser: Normaliser | None = None,
    lang: pl.Series | None = None,
) -> Mapping[str, pl.Series]:
    """The agreement metrics of every row; null where it has no prediction or nothing to divide by.

    `words` and `chars` are those of the original texts, `lang` the declared languages.
    """
    pair = [(each.data, each.start, each.length) for each in (texts, predicted)]
    raw = count_raw(pair[0], pair[1], words, chars)
    edit_counts = count_normalised(
        pair[0], pair[1], normaliser or Normaliser(), *numbered(lang, words.size)
    )
    has_prediction, edits = edit_counts.paired, edit_counts.edits
    return {
        "ref_words": _counts(edit_counts.ref_words, has_prediction),
        "ref_chars": _counts(edit_counts.ref_chars, has_prediction),
        "word_edits": _counts(edit_counts.word_edits, has_prediction),
        "char_edits": _counts(edit_counts.char_edits, has_prediction),
        "wer": known_share(edit_counts.word_edits, edit_counts.ref_words, has_prediction),
        "cer": known_share(edit_counts.char_edits, edit_counts.ref_chars, has_prediction),
        "insertion_rate": known_share(edits[:, INSERTIONS], edit_counts.ref_words, has_prediction),
        "deletion_rate": known_share(edits[:, DELETIONS], edit_counts.ref_words, has_prediction),
        "mismatch_run": _counts(edits[:, MISMATCH_RUN], has_prediction),
        "length_ratio": known_share(
            other_chars(edit_counts), edit_counts.ref_chars, has_prediction
        ),
        "edge_cer": known_share(
            _edges(edit_counts), np.minimum(edit_counts.ref_chars, EDGE), has_prediction
        ),
        "word_edits_raw": _counts(raw.word_edits, has_prediction),
        "char_edits_raw": _counts(raw.char_edits, has_prediction),
        "wer_raw": known_share(raw.word_edits, words, has_prediction),
        "cer_raw": known_share(raw.char_edits, chars, has_prediction),
    }


def numbered(
    lang: pl.Series | None, rows: int
) -> tuple[Sequence[str | None], npt.NDArray[np.int64]]:
    """The declared languages, and for each row its place among them."""
    if lang is None:
        return [None], np.zeros(rows, np.int64)
    names, codes = text_codes(lang)
    return [*names, None], codes


def other_chars(pairs: PairEdits) -> Int32s:
    """Characters of the predictions; in the alignment blanks are between some of them."""
    other = pairs.edits[:, OTHER_CHARS].copy()
    rows = np.flatnonzero(pairs.spaceless & pairs.paired)
    other[rows] = [len(text) for text in decoded(pairs.others, rows)]
    return other


def _edges(pairs: PairEdits) -> Int32s:
    """Character edits of each pair's worse end."""
    edges = np.zeros(pairs.paired.size, np.int32)
    if not pairs.differ.size:
        return edges
    texts, others = decoded(pairs.texts, pairs.differ), decoded(pairs.others, pairs.differ)
    heads = distances([text[:EDGE] for text in texts], [text[:EDGE] for text in others])
    tails = distances([text[-EDGE:] for text in texts], [text[-EDGE:] for text in others])
    edges[pairs.differ] = np.maximum(heads, tails)
    return edges


def _counts(counts: Int32s, has_prediction: npt.NDArray[np.bool_]) -> pl.Series:
    return _where(pl.Series(np.ascontiguousarray(counts), dtype=pl.Int32), has_prediction)


def known_share(counts: Int32s, whole: Int32s, has_prediction: npt.NDArray[np.bool_]) -> pl.Series:
    """Counts over `whole`; null where there is no prediction, or nothing to divide by."""
    known = has_prediction & (whole > 0)
    return _where(pl.Series(counts / np.maximum(whole, 1)), known)


def _where(series: pl.Series, known: npt.NDArray[np.bool_]) -> pl.Series:
    return series if known.all() else series.set(pl.Series(~known), None)
