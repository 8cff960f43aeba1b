"""What a fit did, and what a person should know about it. No NeMo here."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from curate.formatting.units import duration
from train.config import RunConfig
from train.data import ShardSet

USUAL_EPOCHS = 5
STARVED_SHARE = (0.1, 0.3)
"""Of the time of a step: an idle GPU is dear; on a CPU the loader works on the same cores."""
NOISY_VALIDATION_H = 1.0


@dataclass(frozen=True, slots=True)
class LossPoint:
    """The training loss at an optimiser step (None: not a number), and its learning rate."""

    step: int
    train_loss: float | None
    lr: float


@dataclass(frozen=True, slots=True)
class ValidationPoint:
    """What one validation measured; None where it is no finite number.

    `also` is the WER of every further validation set, by its name.
    """

    step: int
    val_loss: float | None
    val_wer: float | None
    also: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a fit stands: hours of audio a second, share of the time that waits for data, [0, 1].

    `left_s` is what the rest takes at this speed, validations aside.
    """

    step: int
    max_steps: int
    loss: float
    val_wer: float | None
    hours_per_s: float
    waiting_share: float
    left_s: float


@dataclass(frozen=True, slots=True)
class SkippedStep:
    """A step that changed nothing, for its gradients were no finite numbers; and its records."""

    step: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """Recordings drawn in training, and those whose audio could not be read (the first by name)."""

    drawn: int = 0
    lost: int = 0
    lost_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trained:
    """What a fit did; `best` is None where no validation gave a finite figure.

    `step_seconds` and `compute_seconds` go step by step; what of the first is not in the second
    was waiting for data.
    """

    parameters: int
    matched_parameters: int
    trainable_parameters: int
    accelerator: str
    precision: str
    steps: int
    seconds: float
    speech_s: float
    step_seconds: tuple[float, ...]
    compute_seconds: tuple[float, ...]
    loss: tuple[LossPoint, ...]
    validation: tuple[ValidationPoint, ...]
    best: ValidationPoint | None
    best_checkpoint: Path | None
    skipped: tuple[SkippedStep, ...] = ()
    heard: Heard = Heard()
    resumed_at: tuple[int, ...] = ()

    @property
    def waiting_share(self) -> float:
        """Share of the time of a step that went by waiting for data."""
        whole = sum(self.step_seconds)
        return (whole - sum(self.compute_seconds)) / whole if whole else 0.0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the run that a person should know."""

    level: Literal["info", "warning"]
    what: str


def findings(config: RunConfig, shards: ShardSet, trained: Trained) -> Iterator[Finding]:
    """What stands out in the run, in the order in which to read it."""
    epochs = trained.speech_s / 3600 / shards.train_hours if shards.train_hours else 0.0
    if epochs > USUAL_EPOCHS:
        what = f"every recording was heard about {epochs:.0f} times; fine-tuning takes 1 to 5"
        yield Finding("info", what)
    if any(point.train_loss is None for point in trained.loss):
        yield Finding("warning", "the training loss was not a number at times: lower optim.lr")
    elif _fell(trained) is False:
        yield Finding("warning", "the training loss did not fall")
    if trained.skipped:
        first, count = trained.skipped[0], len(trained.skipped)
        what = f"{count} step(s) had gradients that were no finite numbers and changed nothing, "
        what += f"first step {first.step}: lower optim.lr, or look at the records in run.json"
        yield Finding("warning", what)
    if heard := trained.heard.lost:
        share = f"{heard} of {trained.heard.drawn} recordings drawn"
        what = f"the audio of {share} could not be read and was left out; run.json names them"
        yield Finding("warning", what)
    if trained.waiting_share > STARVED_SHARE[trained.accelerator == "cpu"]:
        share = f"{trained.waiting_share:.0%} of the time"
        yield Finding("warning", f"{share} went by waiting for data: raise train_ds.num_workers")
    if trained.best is None:
        yield Finding("warning", "no validation gave a figure: model.nemo holds the last weights")
    if rest := trained.steps % config.trainer.val_check_interval:
        yield Finding("info", f"the last {rest} steps were not validated")
    if shards.validation_hours < NOISY_VALIDATION_H:
        length = duration(hours=shards.validation_hours)
        yield Finding("info", f"validation is {length}; below 1 h its WER jumps about")
    if trained.trainable_parameters < trained.parameters:
        share = f"{trained.trainable_parameters / trained.parameters:.1%}"
        yield Finding("info", f"{share} of the parameters were trained, the rest was frozen")


def _fell(trained: Trained) -> bool | None:
    """Whether the later half of the losses is lower than the first; None where it is unknown."""
    losses = [point.train_loss for point in trained.loss if point.train_loss is not None]
    half = len(losses) // 2
    return statistics.median(losses[half:]) < statistics.median(losses[:half]) if half else None
