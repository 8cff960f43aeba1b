"""Metrics of the opt-in groups that one text says by itself."""

from __future__ import annotations

import zlib
from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import LANG, NEAR_KEYS
from curate.artifacts.frames import Clips, Spans
from curate.metrics.language import language
from curate.metrics.near_duplicates import near_keys
from curate.metrics.tokens import Tokenizer, tokens
from curate.text import kernel, ngrams

Counts = npt.NDArray[np.int32]
Columns = dict[str, pl.Series]


def further(
    clips: Clips, counts: Counts, groups: Collection[str], tokenizer: Tokenizer | None
) -> Columns:
    """The columns of these groups; `counts` are the text kernel's."""
    texts, langs = clips.texts, clips.frame[LANG.name]
    spaceless = counts[kernel.WORD_LEN] == kernel.NOT_APPLICABLE
    found: Columns = {}
    if "compression" in groups:
        found["compression_ratio"] = _compression(texts)
    if "ngrams" in groups:
        found |= _ngrams(texts, np.where(spaceless, 0, counts[kernel.CHARS_NOSPACE]))
    if "lid" in groups:
        found |= language(texts, counts[kernel.LETTERS], langs)
    if "near" in groups:
        found[NEAR_KEYS.name] = near_keys(texts, spaceless)
    if "tokens" in groups and tokenizer is not None:
        found |= tokens(texts, langs, clips.frame["duration_s"], tokenizer)
    return found


def _ngrams(texts: Spans, chars: Counts) -> Columns:
    """`top_Ngram_share`; null where `chars` is 0."""
    counts = ngrams.covered(texts.data, texts.start, texts.length)
    found: Columns = {}
    for size, count in zip(ngrams.SIZES, counts, strict=True):
        known = (chars > 0) & (count >= 0)
        shares = np.divide(count, chars, out=np.full(chars.size, np.nan), where=known)
        found[f"top_{size}gram_share"] = pl.Series(np.minimum(shares, 1), nan_to_null=True)
    return found


def _compression(texts: Spans) -> pl.Series:
    """Bytes over compressed bytes, as Whisper computes it; null for empty texts."""
    whole = memoryview(texts.data)  # type: ignore[arg-type]
    places = zip(texts.start.tolist(), texts.length.tolist(), strict=True)
    ratios = [
        length / len(zlib.compress(whole[start : start + length])) if length else None
        for start, length in places
    ]
    return pl.Series(ratios, dtype=pl.Float64)
