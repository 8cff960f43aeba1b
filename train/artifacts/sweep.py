"""sweep.json: trials of a sweep on the same data, and which of them is better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from curate.artifacts.base import CommandArtifact, Model, SchemaId
from train.artifacts.wer import Change


class TrialWer(Model):
    """The WER of a trial and its interval; null without reference words."""

    wer: float | None
    wer_low: float | None
    wer_high: float | None


class TrialResult(Model):
    """A trial: its settings, its WER, and its change against the best trial; null for the best."""

    name: str
    settings: Mapping[str, Any]
    wer: TrialWer
    against_best: Change | None


class Sweep(CommandArtifact):
    """sweep.json. `winner` is the best trial where every other one is surely worse."""

    file: ClassVar[str] = "sweep.json"
    made_by: ClassVar[str] = "train sweep"

    schema_id: SchemaId[Literal["train.sweep/1"]] = "train.sweep/1"
    winner: str
    best: str
    no_worse_than_best: tuple[str, ...]
    utterances: int
    trials: tuple[TrialResult, ...]
