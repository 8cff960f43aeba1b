"""Validation on the whole eval manifest, at some of the validations on a sample of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from train.config import RunConfig


class FullValidation(Callback):
    """Decides when the last validation set, `full`, is decoded: before step 1, at the end, and
    every `validation_ds.full_every` validations. It comes before the recorder.
    """

    def __init__(self, run: RunConfig) -> None:
        self.due = False
        self._exists = run.trainer.limit_val_batches is not None
        self._every = run.validation_ds.full_every
        self._interval = run.trainer.val_check_interval
        self._max_steps = run.trainer.max_steps

    def attach(self, model: Any) -> None:
        """Let the model's last data loader have batches only where it is due."""
        if self._exists:
            model._validation_dl[-1] = _WhenDue(model._validation_dl[-1], self)

    def is_due(self, step: int) -> bool:
        """Whether the validation at this step is a full one."""
        number, rest = divmod(step, self._interval)
        regular = self._every is not None and not rest and number % self._every == 0
        return self._exists and (regular or not step or step + self._interval > self._max_steps)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Decide whether this validation is a full one."""
        self.due = self.is_due(trainer.global_step)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Hide a set without batches, on which NeMo fails."""
        if self._exists and not self.due:
            pl_module.validation_step_outputs.pop()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Give the set its place again."""
        if self._exists and not self.due:
            pl_module.validation_step_outputs.append([])


class _WhenDue:
    """The batches of a data loader, or none."""

    def __init__(self, loader: Any, full: FullValidation) -> None:
        self._loader = loader
        self._full = full

    def __iter__(self) -> Iterator[Any]:
        return iter(self._loader) if self._full.due else iter(())
