"""Clips to measured frames: every metric of METRICS, for every row."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from curate.columns import MALFORMED, NORMAL_KEY, TEXT_KEY
from curate.frames import Clips
from curate.metrics import METRICS
from curate.text import kernel

_DURATION = pl.col("duration_s")

COUNTED: Mapping[str, int] = {
    "chars": kernel.CHARS,
    "words": kernel.WORDS,
    "letters": kernel.LETTERS,
    "word_len": kernel.WORD_LEN,
    "longest_token": kernel.LONGEST_TOKEN,
    "repetitions": kernel.REPETITIONS,
    "word_run": kernel.WORD_RUN,
    "phrase_run": kernel.PHRASE_RUN,
}
"""Metrics that the text kernel counts, and where it puts them."""

DERIVED: Mapping[str, pl.Expr] = {
    "char_rate": pl.col("chars") / _DURATION,
    "char_rate_nospace": pl.col("_chars_nospace") / _DURATION,
    "word_rate": pl.col("words") / _DURATION,
}
"""Metrics that are expressions over others."""


def measure(clips: Clips) -> pl.DataFrame:
    """The clips' frame with every metric, in METRICS' order; null where it cannot be computed."""
    counts, keys = kernel.measure_spans(clips.texts.data, clips.texts.start, clips.texts.length)
    counted = {name: np.ascontiguousarray(counts[:, at]) for name, at in COUNTED.items()}
    spaceless = np.ascontiguousarray(counts[:, kernel.CHARS_NOSPACE])
    sound = MALFORMED.expr.is_null()
    frame = clips.frame.with_columns(
        pl.Series(TEXT_KEY.name, keys[:, kernel.TEXT_HASH]),
        pl.Series(NORMAL_KEY.name, keys[:, kernel.NORMAL_HASH]),
        *(pl.Series(name, column) for name, column in counted.items()),
        pl.Series("_chars_nospace", spaceless),
    ).with_columns(
        pl.col("word_len").replace(kernel.NOT_APPLICABLE, None),
        *(expr.alias(name) for name, expr in DERIVED.items()),
    )
    if clips.frame[MALFORMED.name].null_count() < clips.frame.height:
        judged = [TEXT_KEY.name, NORMAL_KEY.name, *COUNTED, *DERIVED]
        frame = frame.with_columns(pl.when(sound).then(pl.col(judged)))
    kept = [name for name in clips.frame.columns if name != "duration_s"]
    return frame.select(*kept, *(metric.expr for metric in METRICS))
