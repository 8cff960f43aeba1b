"""How a text agrees with what a recogniser heard (`pred_text`): the edits between the two.

After the normaliser that `train eval` uses, and (`..._raw`) as the two stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.frames import Spans
from curate.text.align import DELETIONS, INSERTIONS, MISMATCH_RUN, OTHER_CHARS
from curate.text.edits import Counts, PairEdits, count_normalised, count_raw, decoded, distances
from curate.text.normaliser import Normaliser

EDGE = 5
"""Characters at each end that `edge_cer` compares (SDP's GetEdgeCER)."""


def agreement(
    texts: Spans,
    predicted: Spans,
    words: Counts,
    chars: Counts,
    normaliser: Normaliser | None = None,
    lang: pl.Series | None = None,
) -> Mapping[str, pl.Series]:
    """The agreement metrics of every row; null where it has no prediction or nothing to divide by.

    `words` and `chars` are those of the texts as they stand, `lang` the declared languages.
    """
    pair = [(each.data, each.start, each.length) for each in (texts, predicted)]
    raw = count_raw(pair[0], pair[1], words, chars)
    found = count_normalised(
        pair[0], pair[1], normaliser or Normaliser(), *_languages(lang, words.size)
    )
    heard, edits = found.heard, found.edits
    return {
        "ref_words": _counts(found.ref_words, heard),
        "ref_chars": _counts(found.ref_chars, heard),
        "word_edits": _counts(found.word_edits, heard),
        "char_edits": _counts(found.char_edits, heard),
        "wer": _share(found.word_edits, found.ref_words, heard),
        "cer": _share(found.char_edits, found.ref_chars, heard),
        "insertion_rate": _share(edits[:, INSERTIONS], found.ref_words, heard),
        "deletion_rate": _share(edits[:, DELETIONS], found.ref_words, heard),
        "mismatch_run": _counts(edits[:, MISMATCH_RUN], heard),
        "length_ratio": _share(_other_chars(found), found.ref_chars, heard),
        "edge_cer": _share(_edges(found), np.minimum(found.ref_chars, EDGE), heard),
        "word_edits_raw": _counts(raw.word_edits, heard),
        "char_edits_raw": _counts(raw.char_edits, heard),
        "wer_raw": _share(raw.word_edits, words, heard),
        "cer_raw": _share(raw.char_edits, chars, heard),
    }


def _languages(
    lang: pl.Series | None, rows: int
) -> tuple[Sequence[str | None], npt.NDArray[np.int64]]:
    """The declared languages, and for each row its place among them."""
    if lang is None:
        return [None], np.zeros(rows, np.int64)
    distinct = lang.unique().drop_nulls()
    codes = lang.cast(pl.Enum(distinct)).to_physical().cast(pl.Int64).fill_null(distinct.len())
    return [*distinct, None], codes.to_numpy()


def _other_chars(found: PairEdits) -> Counts:
    """Characters of the predictions; in the alignment blanks stand between some of them."""
    other = found.edits[:, OTHER_CHARS].copy()
    rows = np.flatnonzero(found.spaceless & found.heard)
    other[rows] = [len(text) for text in decoded(found.others, rows)]
    return other


def _edges(found: PairEdits) -> Counts:
    """Character edits of each pair's worse end."""
    edges = np.zeros(found.heard.size, np.int32)
    if not found.differ.size:
        return edges
    ours, others = decoded(found.texts, found.differ), decoded(found.others, found.differ)
    heads = distances([text[:EDGE] for text in ours], [text[:EDGE] for text in others])
    tails = distances([text[-EDGE:] for text in ours], [text[-EDGE:] for text in others])
    edges[found.differ] = np.maximum(heads, tails)
    return edges


def _counts(counts: Counts, heard: npt.NDArray[np.bool_]) -> pl.Series:
    return _where(pl.Series(np.ascontiguousarray(counts), dtype=pl.Int32), heard)


def _share(counts: Counts, whole: Counts, heard: npt.NDArray[np.bool_]) -> pl.Series:
    known = heard & (whole > 0)
    return _where(pl.Series(counts / np.maximum(whole, 1)), known)


def _where(series: pl.Series, known: npt.NDArray[np.bool_]) -> pl.Series:
    return series if known.all() else series.set(pl.Series(~known), None)
