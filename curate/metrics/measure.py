"""Clips to measured frames: every metric of METRICS, for every row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import (
    LANG,
    LANG_CODE,
    MALFORMED,
    NORMAL_KEY,
    SCRIPT,
    TEXT_KEY,
    TRANSLATION,
    described,
)
from curate.artifacts.frames import Clips, by_language
from curate.audio.options import AudioWish
from curate.metrics import METRICS, chosen
from curate.metrics.agreement import agreement
from curate.metrics.opt_in import further
from curate.metrics.phrases import (
    Phrases,
    known_phrases,
    phrase_metrics,
    remark_metrics,
)
from curate.metrics.tokens import Tokenizer
from curate.text import kernel
from curate.text.damage import damaged_chars
from curate.text.languages import language_code
from curate.text.markup import markup_chars
from curate.text.normaliser import Normaliser
from curate.text.numerals import writing
from curate.text.scripts import SCRIPTS, expected_scripts
from curate.text.words import count_codes

COUNTED: Mapping[str, int] = {
    "chars": kernel.CHARS,
    "words": kernel.WORDS,
    "letters": kernel.LETTERS,
    "longest_token": kernel.LONGEST_TOKEN,
    "repetitions": kernel.REPETITIONS,
    "word_run": kernel.WORD_RUN,
    "phrase_run": kernel.PHRASE_RUN,
    "char_run": kernel.CHAR_RUN,
    "has_punctuation": kernel.HAS_STOP,
    "hidden_chars": kernel.HIDDEN_CHARS,
}
"""Metrics that the text kernel counts, and where it puts them."""

RATES: Mapping[str, int] = {
    "char_rate": kernel.CHARS,
    "char_rate_nospace": kernel.CHARS_NOSPACE,
    "word_rate": kernel.WORDS,
}
"""Metrics that are counts over duration."""

SHARES: Mapping[str, tuple[int, int]] = {
    "digits_share": (kernel.DIGITS, kernel.CHARS_NOSPACE),
    "upper_share": (kernel.UPPERS, kernel.CASED),
    "distinct_words": (kernel.DISTINCT, kernel.WORDS),
    "foreign_share": (kernel.FOREIGN, kernel.LETTERS),
}
"""Metrics that are a count over another; null where that is 0, or a count not applicable."""

Counts = npt.NDArray[np.int32]
Columns = dict[str, pl.Series]


@dataclass(frozen=True, slots=True)
class Settings:
    """What is measured beside what always is: opt-in groups, the phrases to look for, whose tokens
    are counted (the group `tokens`; null without a tokenizer), where and of which records the
    audio is looked at, and what is done to texts before their edits are counted.
    """

    groups: frozenset[str] = frozenset()
    phrases: Phrases = field(default_factory=known_phrases)
    tokenizer: Tokenizer | None = None
    audio: AudioWish = field(default_factory=AudioWish)
    normaliser: Normaliser = field(default_factory=Normaliser)


def measure(clips: Clips, settings: Settings | None = None) -> pl.DataFrame:
    """The clips' frame with DESCRIBED and every metric; null where it cannot be computed.

    Metrics that need the whole input (`copies`, `near_copies`) or the audio are null as yet.
    """
    settings = settings or Settings()
    texts = clips.texts
    lang = clips.frame[LANG.name]
    counts, keys = kernel.measure_spans(
        texts.data, texts.start, texts.length, _expected(lang), by_language(lang, writing, np.uint8)
    )
    markup = markup_chars(texts.data, texts.start, texts.length)
    found: Columns = {
        TEXT_KEY.name: pl.Series(keys[kernel.TEXT_HASH]),
        NORMAL_KEY.name: pl.Series(keys[kernel.NORMAL_HASH]),
        SCRIPT.name: pl.Series(SCRIPTS, dtype=pl.String).gather(counts[kernel.SCRIPT]),
        TRANSLATION.name: pl.Series(
            np.zeros(texts.start.size, np.bool_) if clips.translation is None else clips.translation
        ),
        LANG_CODE.name: _codes(lang),
        **_transcript(clips.frame["duration_s"], counts),
        "markup_chars": pl.Series(markup),
        "damaged_chars": pl.Series(damaged_chars(texts.data, texts.start, texts.length)),
        **remark_metrics(texts, counts[kernel.LETTERS], markup, settings.phrases),
        **phrase_metrics(texts, keys[kernel.NORMAL_HASH], settings.phrases),
        "offset_fault": _flags(clips, clips.offset_fault),
        "rate_beside_offset": _flags(clips, clips.rate_beside_offset),
        **_agreement(clips, counts, settings.normaliser),
        **_translation(clips, counts),
        **further(clips, counts, settings.groups, settings.tokenizer),
    }
    return _framed(clips.frame, found, settings)


def _framed(frame: pl.DataFrame, found: Columns, settings: Settings) -> pl.DataFrame:
    """The frame with what was found in place; nothing is known of malformed rows."""
    metrics = chosen(settings.groups)
    if frame[MALFORMED.name].null_count() < frame.height:
        broken = frame[MALFORMED.name].is_not_null()
        found = {
            name: series.zip_with(~broken, _nothing(1, series.dtype))
            for name, series in found.items()
        }
    # Assembled column by column: a lazy plan for each chunk would cost more than the measuring.
    columns = {column.name: column for column in frame.get_columns()} | found
    for metric in metrics:
        if metric.name not in columns:
            columns[metric.name] = _nothing(frame.height, metric.dtype)
    kept = [name for name in frame.columns if name != "duration_s"]
    beside = described(settings.groups)
    for column in beside:
        if column.name not in columns:
            columns[column.name] = _nothing(frame.height, column.dtype)
    order = [*kept, *(column.name for column in beside), *(metric.name for metric in metrics)]
    return pl.DataFrame({name: columns[name] for name in order})


def _nothing(rows: int, dtype: pl.DataType) -> pl.Series:
    return pl.Series([None], dtype=dtype).new_from_index(0, rows)


def _expected(lang: pl.Series) -> npt.NDArray[np.uint64]:
    """The scripts that each row's language is written in, as `measure_spans` takes them."""
    return by_language(lang, expected_scripts, np.uint64)


def _codes(lang: pl.Series) -> pl.Series:
    """The code of each row's language; each name is looked up once."""
    names = [None, *lang.unique().drop_nulls()]
    place = {name: at for at, name in enumerate(names)}
    codes = pl.Series([language_code(name) for name in names], dtype=pl.String)
    at = by_language(lang, place.__getitem__, np.uint32)
    return codes.gather(at)


def _transcript(duration_s: pl.Series, counts: Counts) -> Columns:
    """What the kernel's counts say of texts."""
    spaceless = counts[kernel.WORD_LEN] == kernel.NOT_APPLICABLE
    tokens = np.where(spaceless, counts[kernel.CHARS_NOSPACE], counts[kernel.WORDS])
    longest, second = counts[kernel.LONGEST_TOKEN], counts[kernel.SECOND_TOKEN]
    word_len = pl.Series(counts[kernel.WORD_LEN])
    return {
        **{name: pl.Series(counts[at]) / duration_s for name, at in RATES.items()},
        **{name: pl.Series(counts[at]) for name, at in COUNTED.items()},
        **{name: _share(counts[part], counts[whole]) for name, (part, whole) in SHARES.items()},
        "word_len": word_len.set(pl.Series(spaceless), None) if spaceless.any() else word_len,
        "loop_share": _share(counts[kernel.LOOP_TOKENS], tokens),
        "second_longest_ratio": _share(longest - second, np.where(spaceless, 0, second)),
    }


def _share(part: Counts, whole: Counts) -> pl.Series:
    """Part / whole; null where there is no whole, or the part is not applicable (negative)."""
    known = (whole > 0) & (part >= 0)
    if known.all():
        return pl.Series(part / whole)
    shares = np.divide(part, whole, out=np.full(part.size, np.nan), where=known)
    return pl.Series(shares, nan_to_null=True)


def _agreement(clips: Clips, counts: Counts, normaliser: Normaliser) -> Columns:
    if clips.predicted is None:
        return {}
    words, chars = counts[kernel.WORDS], counts[kernel.CHARS]
    lang = clips.frame[LANG.name]
    return dict(agreement(clips.texts, clips.predicted, words, chars, normaliser, lang))


def _translation(clips: Clips, counts: Counts) -> Columns:
    """How much longer the longer side of a translation is; null without two sides."""
    other = clips.other_side
    if other is None or clips.translation is None:
        return {}
    theirs = count_codes(other.data, other.start, other.length)
    theirs[~clips.translation] = 0
    chars = counts[kernel.CHARS]
    return {
        "translation_ratio": _share(np.maximum(chars, theirs), np.minimum(chars, theirs)),
    }


def _flags(clips: Clips, rows: npt.NDArray[np.bool_] | None) -> pl.Series:
    """1 for these rows, else 0; None is no row."""
    flags = np.zeros(clips.frame.height, np.bool_) if rows is None else rows
    return pl.Series(flags.astype(np.int32))


_KNOWN = {
    "duration_s",
    "offset_fault",
    "rate_beside_offset",
    "second_longest_ratio",
    "loop_share",
    "word_len",
}
_KNOWN |= {"hallucination", "hallucination_share", "credit_share", "remarks_alone"}
_KNOWN |= {"remark_chars", "markup_chars", "damaged_chars", *COUNTED, *RATES, *SHARES}
assert {m.name for m in METRICS if not m.group} == _KNOWN, "every metric is measured"
