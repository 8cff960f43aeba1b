"""Records as artifacts show them to people, and amounts of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.artifacts.base import Model

Number = int | float
"""A value of a metric: a whole number where the metric counts something."""


class VerdictAmount(Model):
    """Rows and hours of one verdict."""

    verdict: str
    rows: int
    hours: float


class CorpusAmount(Model):
    """A profile whose stored records were read: where it lies, its rows and hours."""

    path: str
    rows: int
    hours: float


class Mark(Model):
    """A part of a text: what it is, and its first and last (excluded) character."""

    what: str
    span: tuple[int, int]


class ShownRecord(Model):
    """A record with its text.

    `text` is null where the manifest could not be read again; `marks` are parts of it. `pred_text`
    is null where the record has none; `duration_s`, `lang`, `speaker` and `audio_filepath` are null
    where the record does not state them.
    """

    id: str
    text: str | None
    marks: tuple[Mark, ...]
    pred_text: str | None
    duration_s: float | None
    lang: str | None
    speaker: str | None
    audio_filepath: str | None


class ProfiledRecord(Model):
    """A record of a profile as `curate head --json` and `curate sample --json` list it: its verdict
    with tags and reason, its metrics (null where one is unknown), and the line's own fields.
    """

    id: str
    verdict: str
    tags: tuple[str, ...]
    reason: str | None
    lang: str | None
    speaker: str | None
    metrics: Mapping[str, Any]
    record: Mapping[str, Any]


class MeasuredRecord(ShownRecord):
    """A record that is shown for its `value` of a metric, null where the metric is unknown."""

    value: Number | None
    verdict: str


class TaggedRecord(MeasuredRecord):
    """The same with the tags that rules gave it."""

    tags: tuple[str, ...]
