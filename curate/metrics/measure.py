"""Clips to measured frames: every metric of METRICS, for every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np
import polars as pl

from curate.artifacts.alike import alike, null_columns
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
from curate.artifacts.frames import Clips
from curate.audio.options import AudioOptions
from curate.metrics import chosen
from curate.metrics.compute.batch import Batch
from curate.metrics.compute.phrases import Phrases, known_phrases
from curate.metrics.compute.tokens import Tokenizer
from curate.metrics.declare import Values
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
    layout = _layout(batch.settings.groups)
    computed = dict(_described(batch))
    for name, compute in layout.computed.items():
        values = compute(batch)
        if values is not None:
            computed[name] = pl.Series(values) if isinstance(values, np.ndarray) else values
    frame = clips.frame
    columns = dict(zip(frame.columns, frame.get_columns(), strict=True))
    malformed = columns[MALFORMED.name]
    if malformed.null_count() < frame.height:
        recorded, transcribed = frame.select(has_audio()).to_series(), malformed.is_null()
        computed = {
            name: series.zip_with(
                recorded if name in layout.textless else transcribed, alike(None, 1, series.dtype)
            )
            for name, series in computed.items()
        }
    # Assembled column by column: a lazy plan for each chunk would cost more than the measuring.
    columns |= {name: series.alias(name) for name, series in computed.items()}
    own = [columns[name] for name in frame.columns if name not in layout.added]
    missing = tuple(item for item in layout.added.items() if item[0] not in columns)
    columns |= {null.name: null for null in null_columns(missing, frame.height)}
    return pl.DataFrame(own).hstack([columns[name] for name in layout.added])


class _Layout(NamedTuple):
    """What is the same for all batches: the columns that are added, the functions of those that
    are computed of a batch, and the names of those that need no text.
    """

    added: Mapping[str, pl.DataType]
    computed: Mapping[str, Callable[[Batch], Values]]
    textless: frozenset[str]


@cache
def _layout(groups: frozenset[str]) -> _Layout:
    metrics = chosen(groups)
    added = {column.name: column.dtype for column in described(groups)}
    added |= {metric.name: metric.dtype for metric in metrics}
    computed = {each.name: each.compute for each in metrics if each.compute is not None}
    textless = {LANG_CODE.name, *(each.name for each in metrics if not each.needs_text)}
    return _Layout(added, computed, frozenset(textless))


def _described(batch: Batch) -> Mapping[str, pl.Series]:
    """What is known of a text beside its metrics."""
    clips, groups = batch.clips, batch.settings.groups
    translated = clips.translation
    columns = {
        TEXT_KEY.name: pl.Series(batch.text_key),
        NORMAL_KEY.name: pl.Series(batch.normal_key),
        SCRIPT.name: batch.script,
        TRANSLATION.name: (
            alike(False, clips.frame.height, pl.Boolean())
            if translated is None
            else pl.Series(translated)
        ),
        LANG_CODE.name: _codes(batch),
    }
    if "near_duplicates" in groups:
        columns[NEAR_KEYS.name] = batch.near_keys
    if "lid" in groups:
        columns[DETECTED_LANG.name] = batch.language[DETECTED_LANG.name]
    return columns


def _codes(batch: Batch) -> pl.Series:
    """The code of each row's language; each name is looked up once."""
    names, of = batch.languages
    codes = [language_code(name) for name in names]
    return batch.lang if codes == list(names) else pl.Series(codes, dtype=pl.String)[of]
