"""What run.json holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from reports.contracts.base import Artefact, Model


class TrainModel(Model):
    """What was trained, and how much of it was loaded."""

    source: str | None = None
    class_name: str | None = Field(default=None, alias="class")
    recipe: str | None = None
    parameters: int | None = None
    matched_parameters: int | None = None


class TrainData(Model):
    """What it was trained on."""

    shards: str | None = None
    train_hours: float | None = None
    train_cuts: int | None = None
    eval_hours: float | None = None
    eval_rows: int | None = None


class LossPoint(Model):
    """Training loss and learning rate at a step."""

    step: int
    train_loss: float | None = None
    lr: float | None = None


class ValidationPoint(Model):
    """Validation at a step."""

    step: int
    val_loss: float | None = None
    val_wer: float | None = None
    also: Mapping[str, float | None] = Field(default_factory=dict)


class SkippedStep(Model):
    """A step that was left out, and the records of its batch."""

    step: int
    ids: tuple[str, ...] = ()


class Recordings(Model):
    """Recordings drawn, and those whose audio could not be read."""

    drawn: int | None = None
    lost: int = 0
    lost_ids: tuple[str, ...] = ()


class Best(Model):
    """The best validation."""

    step: int | None = None
    val_wer: float | None = None
    checkpoint: str | None = None


class Finding(Model):
    """Something the run has to say."""

    level: str | None = None
    what: str | None = None


class Trap(Model):
    """An inherited setting that was replaced, and why."""

    key: str | None = None
    inherited: Any = None
    used: Any = None
    why: str | None = None


class Run(Artefact):
    """run.json."""

    contract = "train.run/1"

    model: TrainModel = TrainModel()
    data: TrainData = TrainData()
    trainer: Mapping[str, Any] = Field(default_factory=dict)
    steps: int | None = None
    seconds: float | None = None
    audio_hours_seen: float | None = None
    step_seconds_p50: float | None = None
    loss: tuple[LossPoint, ...] = ()
    validation: tuple[ValidationPoint, ...] = ()
    best: Best = Best()
    findings: tuple[Finding, ...] = ()
    traps: tuple[Trap, ...] = ()
    resumed_at: tuple[int, ...] = ()
    skipped_steps: tuple[SkippedStep, ...] = ()
    recordings: Recordings = Recordings()
    waiting_share: float | None = None
