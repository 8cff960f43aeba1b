"""run.json: what a training run did, as `train run` writes it last of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from curate.artifacts.base import CommandArtifact, Model, SchemaId
from train.artifacts.rows import CheckedSet
from train.artifacts.shared import Pitfall
from train.artifacts.validation import ValidationSet


class RunModel(Model):
    """The model that was trained, and how many of its parameters came from the pretrained one."""

    source: str
    class_name: str = Field(alias="class")
    recipe: Literal["aed", "finetune"]
    parameters: int
    matched_parameters: int
    trainable_parameters: int


class DrawnSource(Model):
    """A source of a blend: its hours, its share of the hours to draw, and what was drawn."""

    name: str
    hours: float
    share: float
    drawn_hours: float
    drawn_share: float


class RunData(Model):
    """What the model was trained and validated on; `sources` where it was drawn as a blend."""

    shards: str
    train_hours: float
    train_cuts: int
    eval_hours: float
    eval_rows: int
    sources: tuple[DrawnSource, ...]


class RunTrainer(Model):
    """Hardware and length of the run, as they turned out."""

    accelerator: str
    devices: int
    precision: str
    max_steps: int
    val_check_interval: int
    seed: int


class SkippedStep(Model):
    """A step that changed nothing because its gradients were not finite, and its records."""

    step: int
    ids: tuple[str, ...]


class Recordings(Model):
    """Recordings drawn in training, and those whose audio could not be read (the first by id)."""

    drawn: int
    lost: int
    lost_ids: tuple[str, ...]


class LossPoint(Model):
    """The training loss at an optimiser step (null: not a number), and its learning rate."""

    step: int
    train_loss: float | None
    lr: float


class ValidationPoint(Model):
    """The figures of one validation; null where one is not a finite number.

    `also` has the WER of every further validation set, by its name.
    """

    step: int
    val_loss: float | None
    val_wer: float | None
    also: Mapping[str, float | None]


class BestValidation(ValidationPoint):
    """The best validation, and its checkpoint in the run's directory."""

    checkpoint: str


class SavedWeights(Model):
    """The weights in model.nemo: of the best validation or the last ones, and their step (0: those
    of the original model). `val_wer` is null where that step was not validated.
    """

    weights: Literal["best", "last"]
    step: int
    val_wer: float | None


class Finding(Model):
    """Something about the run that a reader should know."""

    level: Literal["info", "warning"]
    what: str


class Run(CommandArtifact):
    """run.json.

    `baseline` is the validation before step 1, null where it was not made.
    `step_seconds_p50` is null where no step was timed, `best` where no validation gave a figure,
    `saved` in a run.json from before it was written.
    """

    file: ClassVar[str] = "run.json"
    made_by: ClassVar[str] = "train run"

    schema_id: SchemaId[Literal["train.run/1"]] = "train.run/1"
    model: RunModel
    data: RunData
    rows: tuple[CheckedSet, ...]
    validation_sets: tuple[ValidationSet, ...]
    trainer: RunTrainer
    steps: int
    seconds: float
    resumed_at: tuple[int, ...]
    skipped_steps: tuple[SkippedStep, ...]
    recordings: Recordings
    waiting_share: float
    audio_hours_seen: float
    step_seconds_p50: float | None
    loss: tuple[LossPoint, ...]
    baseline: ValidationPoint | None
    validation: tuple[ValidationPoint, ...]
    best: BestValidation | None
    findings: tuple[Finding, ...]
    pitfalls: tuple[Pitfall, ...]
    saved: SavedWeights | None = None
