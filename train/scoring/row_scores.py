"""What a model says of a record: the hypothesis, and numbers on how far it believes the text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from curate.artifacts.score_fields import (
    SCORE_FIELD,
    SCORE_REASON,
    SCORE_VALUES,
    VOICE_REASON,
    VOICE_VALUES,
)
from train.data.rows import Row
from train.scoring.scoring import Supports

DECIMALS = 4
"""Of the numbers: what lies behind differs with the batch that a row is in."""
HYPOTHESIS = "pred_text"
AUDIO = "audio_filepath"
OF_VOICE = frozenset({*VOICE_VALUES, VOICE_REASON})
"""What of a score is of the voice, whatever the model says of the text."""


@dataclass(frozen=True, slots=True)
class RowScore:
    """`values` are of SCORE_VALUES, those that are known; `reason` says why others are not, or why
    there is no hypothesis.
    """

    hypothesis: str | None
    values: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""

    def as_fields(self) -> dict[str, Any]:
        """What is added to a record."""
        numbers = {name: _rounded(self.values.get(name)) for name in SCORE_VALUES}
        reason = {SCORE_REASON: self.reason} if self.reason else {}
        return {HYPOTHESIS: self.hypothesis, SCORE_FIELD: {**numbers, **reason}}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)


class ScoresRows(Supports, Protocol):
    """A model that scores rows."""

    def score(self, rows: Sequence[Mapping[str, Any]], batch_size: int) -> list[RowScore]:
        """The score of each row, in the order given, fewer where audio could not be read;
        NotTranscribed where a row stops the model.
        """
        ...


def scored_line(row: Row, score: RowScore, path: str | None = None) -> str:
    """The row's line with its score (see `line_with`); that of its voice stays as it was."""
    added = score.as_fields()
    voice = {name: value for name, value in score_of(row).items() if name in OF_VOICE}
    added[SCORE_FIELD] |= voice
    return line_with(row, added, path)


def score_of(row: Row) -> Mapping[str, Any]:
    """The object of scores that the row has; empty where it has none."""
    given = row.fields.get(SCORE_FIELD)
    return given if isinstance(given, dict) else {}


def line_with(row: Row, added: Mapping[str, Any], path: str | None = None) -> str:
    """The row's line with these fields; the rest stays as it was written, to the byte, unless it
    has one of them, or `path` takes the place of the audio's.
    """
    moved = {} if path is None else {AUDIO: path}
    if added.keys().isdisjoint(row.fields) and not moved:
        return f"{row.raw[:-1].rstrip()}, {json.dumps(added, ensure_ascii=False)[1:]}\n"
    return json.dumps({**row.fields, **moved, **added}, ensure_ascii=False) + "\n"


def moved_path(row: Row) -> str | None:
    """The audio's path in another folder, where the row's own is relative to the manifest's."""
    return None if Path(str(row.fields[AUDIO])).is_absolute() else str(row.audio.absolute())
