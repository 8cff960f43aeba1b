"""A record of what happens in a fit: losses, validations, speed, and what is shown of them."""

from __future__ import annotations

import math
import time
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from train.artifacts.run import LossPoint, ValidationPoint
from train.artifacts.validation import FULL
from train.config import Monitor, RunConfig
from train.nemo.full import FullValidation
from train.nemo.loader import Loader
from train.runs.job import Observer, Progress

MOST_POINTS = 500
"""A curve needs no more, and a run of a million steps must not make a run.json of as many."""


RANK = "val_rank"
"""The figure by which checkpoints are compared: the monitored one, and of equal ones the loss."""

TIE_BREAK = 1e-9
"""Weight of the loss: below the smallest difference between two error rates of a billion words."""

FORGETTING = 0.02
SHOWN_EVERY_S = 0.5


class Recorder(Callback):
    """What happened in a fit: losses, validations and times.

    `step_seconds` is from the end of one batch to the end of the next where no validation ran
    between, `compute_seconds` the part of it in which the model worked; the rest was waiting for
    data. At most about `MOST_POINTS` losses are recorded; every `log_every_n_steps` one is logged.
    """

    def __init__(
        self, run: RunConfig, loader: Loader, observer: Observer, full: FullValidation
    ) -> None:
        self.loss: list[LossPoint] = []
        self.validation: list[ValidationPoint] = []
        self.baseline: ValidationPoint | None = None
        self.step_seconds: list[float] = []
        self.compute_seconds: list[float] = []
        self.resumed_at: list[int] = []
        self._every = -(-run.trainer.max_steps // MOST_POINTS)
        self._log_every = run.trainer.log_every_n_steps
        self._also = tuple(run.validation_ds.also)
        self._full = full
        self._monitor = run.checkpoints.monitor
        self._loader = loader
        self._observer = observer
        self._throughput = _Throughput()
        self._last_step = 0
        self._began: float | None = None
        self._ended: float | None = None

    def state_dict(self) -> dict[str, Any]:
        return {
            "loss": [point.as_json() for point in self.loss],
            "validation": [point.as_json() for point in self.validation],
            "baseline": self.baseline and self.baseline.as_json(),
            "resumed_at": self.resumed_at,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.loss = [LossPoint(**point) for point in state_dict["loss"]]
        self.validation = [ValidationPoint(**point) for point in state_dict["validation"]]
        baseline = state_dict["baseline"]
        self.baseline = baseline and ValidationPoint(**baseline)
        self.resumed_at = state_dict["resumed_at"]

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._last_step = trainer.global_step
        if trainer.global_step:
            self.resumed_at = [*self.resumed_at, trainer.global_step]

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        self._began = time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._note_time(self._loader.current.speech_s * trainer.world_size)
        step = trainer.global_step
        if step == self._last_step:  # gradients are being accumulated
            return
        self._last_step = step
        if step % self._every == 0 or step in (1, trainer.max_steps):
            rate = trainer.optimizers[0].param_groups[0]["lr"]
            self.loss.append(
                LossPoint(step=step, train_loss=_finite(outputs["loss"]), lr=float(rate))
            )
        if step % self._log_every == 0 and trainer.is_global_zero:
            self._observer.log(
                f"step {step} of {trainer.max_steps}: loss {float(outputs['loss']):.3f}"
            )
            for logger in trainer.loggers:
                logger.log_metrics(self._throughput.figures, step - 1)
        if trainer.is_global_zero and self._throughput.is_due():
            self._observer.show(self._progress(trainer, float(outputs["loss"])))

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._ended = None  # the time of a validation is nobody's step

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not trainer.sanity_checking:
            metrics = trainer.callback_metrics
            loss, wer = (_finite(metrics.get(name)) for name in ("val_loss", "val_wer"))
            names = (*self._also, *([FULL] if self._full.due else []))
            also = {name: _finite(metrics.get(f"{name}_val_wer")) for name in names}
            point = ValidationPoint(step=trainer.global_step, val_loss=loss, val_wer=wer, also=also)
            metrics[RANK] = torch.tensor(rank_of(point, self._monitor), dtype=torch.float64)
            self._keep(point)
            if trainer.is_global_zero:
                figures = f"loss {_figure(loss)}, WER {_figure(wer)}"
                more = "".join(f", {name} {_figure(figure)}" for name, figure in also.items())
                when = f"step {point.step}" if point.step else "before step 1"
                self._observer.log(f"{when}: validation {figures}{more}")

    def _keep(self, point: ValidationPoint) -> None:
        if not point.step:
            self.baseline = point
            return
        earlier = [each for each in self.validation if each.step != point.step]
        self.validation = [*earlier, point]

    def _note_time(self, speech_s: float) -> None:
        now = time.monotonic()
        if self._ended is not None and self._began is not None:
            self.step_seconds.append(now - self._ended)
            self.compute_seconds.append(now - self._began)
            self._throughput.note(speech_s, now - self._ended, now - self._began)
        self._ended = now

    def _progress(self, trainer: Trainer, loss: float) -> Progress:
        step, left = trainer.global_step, trainer.max_steps - trainer.global_step
        wers = [point.val_wer for point in self.validation if point.val_wer is not None]
        batches = trainer.accumulate_grad_batches
        return Progress(
            step=step,
            max_steps=trainer.max_steps,
            loss=loss,
            val_wer=wers[-1] if wers else None,
            hours_per_s=self._throughput.figures["audio_hours_per_s"],
            waiting_share=self._throughput.figures["waiting_share"],
            left_s=left * batches * self._throughput.batch_s,
        )


class _Throughput:
    """Speed and waiting, as means that forget: a batch counts half after some thirty more."""

    def __init__(self) -> None:
        self.batch_s = 0.0
        self._computing_s = 0.0
        self._speech_s = 0.0
        self._shown = 0.0

    def note(self, speech_s: float, whole_s: float, computing_s: float) -> None:
        """A batch is done."""
        weight = FORGETTING if self.batch_s else 1.0
        self.batch_s += weight * (whole_s - self.batch_s)
        self._computing_s += weight * (computing_s - self._computing_s)
        self._speech_s += weight * (speech_s - self._speech_s)

    @property
    def figures(self) -> dict[str, float]:
        """For the loggers; zeros before the first batch."""
        whole = self.batch_s or 1.0
        waiting = (self.batch_s - self._computing_s) / whole
        return {"audio_hours_per_s": self._speech_s / 3600 / whole, "waiting_share": waiting}

    def is_due(self) -> bool:
        """Whether to show it again; the loss is fetched from the GPU for it, so not always."""
        now = time.monotonic()
        due = now - self._shown > SHOWN_EVERY_S
        self._shown = now if due else self._shown
        return due


def rank_of(point: ValidationPoint, monitor: Monitor) -> float:
    """The point's place among others, lower is better; NaN where it has no figure."""
    figure = point.val_wer if monitor == "val_wer" else point.val_loss
    if figure is None or point.val_loss is None:
        return math.nan if figure is None else figure
    return figure + TIE_BREAK * point.val_loss / (1 + abs(point.val_loss))


def _finite(value: torch.Tensor | None) -> float | None:
    number = math.nan if value is None else float(value)
    return number if math.isfinite(number) else None


def _figure(value: float | None) -> str:
    return "not a number" if value is None else f"{value:.3f}"
