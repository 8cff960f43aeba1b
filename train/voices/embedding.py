"""Voices of manifest lines, made by a model in pieces or read from a file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from curate.arrays import Float32s
from train.data.rows import Row
from train.runs.lines import ReadableRow, readable
from train.runs.pieces import Line, Work, record_of
from train.scoring.voices import unit_vectors
from train.voices.audio import read_segment
from train.voices.campplus import DIMENSIONS, RATE
from train.voices.given import read_embeddings

NO_EMBEDDING = "no embedding is given"


class Embeds(Protocol):
    """A speaker model."""

    def embed(self, samples: Float32s) -> Float32s:
        """The voice of samples at RATE, a vector of length 1."""
        ...


@dataclass(frozen=True, slots=True)
class Embedded:
    """A voice of length 1 for each line, NaN where there is none and `reasons` says why; `model`
    made them, or is the file that they are from.
    """

    voices: Float32s
    reasons: Sequence[str]
    model: str

    @classmethod
    def given(cls, path: Path, lines: Sequence[Line]) -> Embedded:
        """The voices of a file."""
        voices = unit_vectors(read_embeddings(path, len(lines)))
        reasons = [NO_EMBEDDING if missing else "" for missing in np.isnan(voices[:, 0]).tolist()]
        return cls(voices, reasons, str(path))

    @classmethod
    def of_pieces(cls, paths: Sequence[Path], model: str) -> Embedded:
        """The voices that `piece_of` made."""
        voices, reasons = [], []
        for path in paths:
            with np.load(path, allow_pickle=False) as piece:
                voices.append(piece["voices"])
                reasons += piece["reasons"].tolist()
        return cls(np.concatenate(voices), reasons, model)


def piece_of(model: Embeds) -> Work:
    """What makes the content of a piece: the voices of its lines, and why some have none."""

    def embed(lines: Sequence[Line]) -> bytes:
        voices = np.full((len(lines), DIMENSIONS), np.nan, np.float32)
        reasons = [""] * len(lines)
        for at, line in enumerate(lines):
            if isinstance(record_of(line), Row):  # one at a time: a piece has hours of audio
                with readable([line], None) as [each]:
                    voice, reasons[at] = _embedded(model, each)
                if voice is not None:
                    voices[at] = voice
        content = io.BytesIO()
        np.savez(content, voices=voices, reasons=np.array(reasons, np.str_))
        return content.getvalue()

    return embed


def _embedded(model: Embeds, source: ReadableRow) -> tuple[Float32s | None, str]:
    """The voice of a record, or None and why it has none."""
    samples, reason = read_segment(source.row, RATE)
    if samples is None:
        return None, source.named(reason)
    return model.embed(samples), ""
