"""Clips to measured frames: every metric of METRICS, for every row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np
import polars as pl

from curate.artifacts.columns import (
    DETECTED_LANG,
    LANG_CODE,
    MALFORMED,
    NEAR_KEYS,
    NORMAL_KEY,
    SCRIPT,
    TEXT_KEY,
    TRANSLATION,
    described,
    has_audio,
)
from curate.artifacts.frames import Clips, Languages
from curate.audio.options import AudioOptions
from curate.metrics import chosen
from curate.metrics.compute.batch import Batch
from curate.metrics.compute.phrases import Phrases, known_phrases
from curate.metrics.compute.tokens import Tokenizer
from curate.text.languages import language_code
from curate.text.normaliser import Normaliser


@dataclass(frozen=True, slots=True)
class Settings:
    """What is measured beside what always is: opt-in groups, the phrases to look for, whose tokens
    are counted (the group `tokens`; null without a tokenizer), where and of which records the
    audio is analysed, and what is done to texts before their edits are counted.
    """

    groups: frozenset[str] = frozenset()
    phrases: Phrases = field(default_factory=known_phrases)
    tokenizer: Tokenizer | None = None
    audio: AudioOptions = field(default_factory=AudioOptions)
    normaliser: Normaliser = field(default_factory=Normaliser)


def measure(clips: Clips, settings: Settings | None = None) -> pl.DataFrame:
    """The clips' frame with DESCRIBED and every metric; null where it cannot be computed.

    Metrics without a `compute` (whole input, audio) are null as yet.
    """
    batch = Batch(clips, settings or Settings())
    metrics = chosen(batch.settings.groups)
    computed = dict(_described(batch))
    for metric in metrics:
        values = None if metric.compute is None else metric.compute(batch)
        if values is not None:
            computed[metric.name] = pl.Series(values)
    frame = clips.frame
    if frame[MALFORMED.name].null_count() < frame.height:
        textless = {LANG_CODE.name, *(metric.name for metric in metrics if not metric.needs_text)}
        recorded = frame.select(has_audio()).to_series()
        transcribed = frame[MALFORMED.name].is_null()
        computed = {
            name: series.zip_with(
                recorded if name in textless else transcribed, _nulls(1, series.dtype)
            )
            for name, series in computed.items()
        }
    # Assembled column by column: a lazy plan for each chunk would cost more than the measuring.
    columns = {column.name: column for column in frame.get_columns()} | computed
    added = {c.name: c.dtype for c in described(batch.settings.groups)}
    added |= {metric.name: metric.dtype for metric in metrics}
    nulls = cache(partial(_nulls, frame.height))
    for name in added.keys() - columns.keys():
        columns[name] = nulls(added[name])
    own = [name for name in frame.columns if name not in added]
    # Of a dictionary's columns Polars examines each, which takes three times as long.
    return pl.DataFrame([columns[name].alias(name) for name in (*own, *added)])


def _described(batch: Batch) -> Mapping[str, pl.Series]:
    """What is known of a text beside its metrics."""
    clips, groups = batch.clips, batch.settings.groups
    translated = clips.translation
    columns = {
        TEXT_KEY.name: pl.Series(batch.text_key),
        NORMAL_KEY.name: pl.Series(batch.normal_key),
        SCRIPT.name: batch.script,
        TRANSLATION.name: pl.Series(
            np.zeros(clips.frame.height, np.bool_) if translated is None else translated
        ),
        LANG_CODE.name: _codes(batch.languages),
    }
    if "near_duplicates" in groups:
        columns[NEAR_KEYS.name] = batch.near_keys
    if "lid" in groups:
        columns[DETECTED_LANG.name] = batch.language[DETECTED_LANG.name]
    return columns


def _nulls(rows: int, dtype: pl.DataType) -> pl.Series:
    return pl.Series([None], dtype=dtype).new_from_index(0, rows)


def _codes(languages: Languages) -> pl.Series:
    """The code of each row's language; each name is looked up once."""
    codes = [language_code(name) for name in languages.names]
    return pl.Series(codes, dtype=pl.String)[languages.of]
