"""What makes a record the one that was decided about: its audio segment, and its content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import AUDIO_KEY, DURATION_US, MALFORMED, TEXT_KEY
from curate.manifest.examples import clips_of
from curate.rules.overrides.decision import Decision
from curate.text.words import hash_bytes

Keys = npt.NDArray[np.uint64]

_SHIFT = np.uint64(29)
_ODD = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def content_of(record: Mapping[str, object]) -> str | None:
    """16 hexadecimal digits for the audio segment, duration and text of a record, as its manifest
    has it; None for what is no record. Other fields may change without changing it.

    >>> content_of({"audio_filepath": "a.wav", "duration": 2.0, "text": "so"})
    'd572ef0dc9e0caa9'
    """
    (content,) = contents_of([record])
    return content


def contents_of(records: Sequence[Mapping[str, object]]) -> list[str | None]:
    """`content_of` each of some records."""
    if not records:
        return []
    clips = clips_of(records)
    text = clips.texts  # measuring it would load the tables of all characters for one hash
    places = zip(text.start.tolist(), text.length.tolist(), strict=True)
    text_keys = [hash_bytes(text.data, start, length) for start, length in places]
    hashed = pl.Series(TEXT_KEY.name, text_keys, dtype=TEXT_KEY.dtype)
    valid = clips.frame[MALFORMED.name].is_null()
    pairs = zip(contents(clips.frame.with_columns(hashed)), valid, strict=True)
    return [shown(content) if is_valid else None for content, is_valid in pairs]


def shown(content: np.uint64) -> str:
    """A content as the log writes it."""
    return f"{int(content):016x}"


def contents(measured: pl.DataFrame) -> Keys:
    """The content of every row of a measured frame; 0 for malformed rows."""
    columns = (AUDIO_KEY.name, TEXT_KEY.name, DURATION_US.name)
    mixed = np.zeros(measured.height, np.uint64)
    with np.errstate(over="ignore"):
        for name, odd in zip(columns, _ODD, strict=True):
            part = measured[name].fill_null(0).cast(pl.UInt64, wrap_numerical=True).to_numpy()
            mixed = (mixed ^ part) * odd
            mixed ^= mixed >> _SHIFT
    mixed[measured[MALFORMED.name].is_not_null().to_numpy()] = 0
    return mixed


def audio_keys(decisions: Sequence[Decision]) -> list[tuple[int, ...]]:
    """The keys that a decision's audio segment has in records; without offset is at offset 0."""
    records = [
        {"audio_filepath": each.audio_filepath or "-", "duration": 1.0, "text": "", **offset}
        for each in decisions
        for offset in ({}, {"offset": each.offset or 0.0})
    ]
    if not records:
        return []
    keys = clips_of(records).frame[AUDIO_KEY.name].to_list()
    pairs = zip(keys[::2], keys[1::2], decisions, strict=True)
    return [(with_none, at) if not each.offset else (at,) for with_none, at, each in pairs]
