"""What must not go on: gradients that are no numbers, audio that is not there, a full GPU."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from curate.errors import ConfigError, CurateError, GateFailed
from curate.formatting.units import plural
from train.artifacts.run import SkippedStep
from train.config import FaultsConfig, RunConfig
from train.nemo.callbacks import BATCHNORM
from train.nemo.checkpoints import Continuity
from train.nemo.loader import MOST_NAMED, BatchInfo, Loader

FEW = 10
"""So many record ids are in a message; run.json has them all."""

ENOUGH = 100
"""A share of so few recordings means nothing: the first ones are counted as if they were so
many.
"""

SMALLER = 0.8
"""Of the batch that did not fit: attention's memory grows with the square of a length."""


class FiniteSteps(Callback):
    """Clips gradients, and leaves out a step whose gradients are not finite numbers.

    Such a step changes nothing: no weight, no moment of the optimiser, no running statistic of
    BatchNorm, which by then has seen the batch. The schedule goes on. The records of the batch are
    kept in `skipped`. Under 16-bit floats this is the business of the gradient scaler.
    """

    def __init__(self, run: RunConfig, continuity: Continuity) -> None:
        self.skipped: list[SkippedStep] = []
        self._clip = run.trainer.gradient_clip_val
        self._faults: FaultsConfig = run.faults
        self._idle = run.trainer.precision == "16-mixed"
        self._continuity = continuity
        self._statistics: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._ids: list[str] = []
        self._in_a_row = 0

    def state_dict(self) -> dict[str, Any]:
        return {"skipped": [step.as_json() for step in self.skipped]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.skipped = [
            SkippedStep(step=each["step"], ids=tuple(each["ids"])) for each in state_dict["skipped"]
        ]

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if batch_idx % trainer.accumulate_grad_batches == 0:
            self._remember(pl_module)
            self._ids = []
        self._ids += self._continuity.loader.current.ids

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: Any
    ) -> None:
        norm = torch.nn.utils.clip_grad_norm_(pl_module.parameters(), self._clip or math.inf)
        if self._idle or bool(torch.isfinite(norm)):
            self._in_a_row = 0
            return
        self._in_a_row += 1
        self._leave_out(trainer, pl_module)

    def _leave_out(self, trainer: Trainer, model: LightningModule) -> None:
        for parameter in model.parameters():
            parameter.grad = None  # the optimiser passes over what has none
        for own, before in self._statistics:
            own.copy_(before)
        step = SkippedStep(step=trainer.global_step + 1, ids=tuple(self._ids[:MOST_NAMED]))
        self.skipped.append(step)
        if self._faults.nonfinite == "stop" or self._in_a_row >= self._faults.most_skipped:
            raise _diverged(step, self._in_a_row)

    def _remember(self, model: LightningModule) -> None:
        if not self._statistics:
            self._statistics = [(own, own.clone()) for own in running_statistics(model)]
        for own, before in self._statistics:
            before.copy_(own)


def running_statistics(model: torch.nn.Module) -> Iterator[torch.Tensor]:
    """The buffers of every BatchNorm: a forward pass already changes them."""
    for module in model.modules():
        if isinstance(module, BATCHNORM):
            yield from module.buffers(recurse=False)


def _diverged(step: SkippedStep, in_a_row: int) -> CurateError:
    what = f"the gradients were no finite numbers in {plural(in_a_row, 'step')} in a row, "
    what += f"the last of these records: {named(step.ids)}"
    hint = "lower optim.lr or check these records; --resume continues from the last checkpoint"
    return GateFailed.of(f"step {step.step}", what, hint)


def unreadable(loader: Loader, most: float) -> CurateError | None:
    """The error where a larger share than `most` of the audio drawn cannot be read."""
    if loader.lost <= most * max(loader.drawn, ENOUGH):
        return None
    what = f"the audio of {loader.lost} of {loader.drawn} recordings drawn cannot be read: "
    hint = f"`curate shard --verify`; to let more than {most:.1%} pass: --max-missing"
    return GateFailed.of("train_ds", what + named(loader.lost_ids), hint)


def out_of_memory(run: RunConfig, note: BatchInfo, *, validating: bool) -> CurateError:
    """The batch that did not fit, and a plan that is smaller."""
    if validating:
        size = max(1, run.validation_ds.batch_size // 2)
        what = f"the GPU is full in validation, by a batch of {run.validation_ds.batch_size}"
        return ConfigError.of("validation_ds.batch_size", what, f"--set {_BATCH_SIZE}={size}")
    what = f"the GPU is full by a batch of {note.shape}, {note.speech_s:.0f} s of speech in all"
    if run.train_ds.batch_sizes is not None:
        hint = "`train calibrate --memory SIZE` with less memory than before"
        return ConfigError.of(run.train_ds.batch_sizes, what, hint)
    fits = min(run.train_ds.batch_duration, note.speech_s or run.train_ds.batch_duration) * SMALLER
    smaller = [f"--set train_ds.batch_duration={max(1, round(fits))}"]
    if run.train_ds.quadratic_duration is None and len(note.ids) < FEW:
        smaller.append(f"--set train_ds.quadratic_duration={max(1, round(note.longest_s / 2))}")
    if fits < run.train_ds.max_duration:
        smaller.append(f"--set train_ds.max_duration={max(1, round(fits))}")
    hint = f"{' '.join(smaller)}, and trainer.accumulate_grad_batches for the same step"
    if not run.trainer.gradient_checkpointing:
        hint = f"--set trainer.gradient_checkpointing=true --resume, or {hint}"
    return ConfigError.of("train_ds.batch_duration", what, hint)


@contextmanager
def lost_process_as_error() -> Iterator[None]:
    """Say in plain words that the process of another device has ended: CurateError."""
    try:
        yield
    except RuntimeError as error:
        if not _is_of_connection(error):
            raise
        reason = str(error).split("\n", maxsplit=1)[0]
        what = f"the process of another device has ended: {reason}"
        hint = "its own error comes first; --resume continues from the last checkpoint"
        raise CurateError.of("train run", what, hint) from error


def _is_of_connection(error: RuntimeError) -> bool:
    """Whether the connection of the devices' processes broke; Gloo has no error of its own."""
    return isinstance(error, torch.distributed.DistError) or "gloo" in str(error)


_BATCH_SIZE = "validation_ds.batch_size"


def named(ids: Iterable[str]) -> str:
    """The first ids for a message, and how many more there are."""
    names = list(ids)
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return ", ".join(names[:FEW]) + more
