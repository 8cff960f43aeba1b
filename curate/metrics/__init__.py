"""METRICS: every measure of a record, one declared row each. Add a metric here."""

from __future__ import annotations

import polars as pl

from curate.metrics.declare import Metric

_F, _I = pl.Float64(), pl.Int32()
_MALFORMED = "malformed rows"

METRICS: tuple[Metric, ...] = (
    Metric(
        "duration_s", "s", "Length of the segment.", _MALFORMED, "both", 0, 40, 80, _F,
        "NeMo manifest field `duration`",
    ),
    Metric(
        "char_rate", "characters/s",
        "Code points of the text as it stands, over duration; unrounded.",
        _MALFORMED, "both", 0, 40, 80, _F, "NeMo SDP char rate, unrounded",
    ),
    Metric(
        "char_rate_nospace", "characters/s",
        "Code points that are not white space, over duration.",
        _MALFORMED, "both", 0, 40, 80, _F, "reference figures",
    ),
    Metric(
        "word_rate", "words/s", "White-space separated tokens over duration.",
        _MALFORMED, "both", 0, 10, 80, _F, "NeMo SDP word rate, unrounded",
    ),
    Metric(
        "chars", "characters", "Code points of the text as it stands.",
        _MALFORMED, "none", 0, 600, 60, _I,
    ),
    Metric(
        "words", "words", "White-space separated tokens (Python's str.split()).",
        _MALFORMED, "none", 0, 120, 60, _I,
    ),
    Metric(
        "letters", "characters", "Letters (Unicode categories L*) of the text.",
        _MALFORMED, "low", 0, 600, 60, _I,
    ),
    Metric(
        "word_len", "characters",
        "Longest word; words are split at white space, hyphen, underscore and slash.",
        "malformed rows, and texts in scripts that write no spaces between words",
        "high", 0, 40, 40, _I, "SDP DropHighLowWordLen family; script-aware, ours",
    ),
    Metric(
        "longest_token", "characters", "Longest white-space separated token, punctuation included.",
        _MALFORMED, "high", 0, 40, 40, _I, "reference figures",
    ),
    Metric(
        "repetitions", "times",
        "Most back-to-back occurrences of any phrase of 1 to 5 tokens, case-folded and stripped "
        "of punctuation; characters instead of tokens where the script writes no spaces.",
        _MALFORMED, "high", 0, 30, 30, _I,
    ),
    Metric(
        "word_run", "times", "Longest run of identical neighbouring tokens, as they stand.",
        _MALFORMED, "high", 0, 30, 30, _I, "reference figures",
    ),
    Metric(
        "phrase_run", "times",
        "Most back-to-back occurrences of any phrase of 1 to 5 tokens, as they stand.",
        _MALFORMED, "high", 0, 30, 30, _I, "reference figures",
    ),
)  # fmt: skip

BY_NAME = {metric.name: metric for metric in METRICS}
assert len(BY_NAME) == len(METRICS), "metric names are unique"
