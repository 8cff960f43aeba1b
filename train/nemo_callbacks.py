"""What we hang on Lightning's loop: what must stay frozen, and a record of what happened."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from nemo.collections.asr.parts.submodules.jasper import SqueezeExcite
from torch import nn

from train.config import FreezeConfig
from train.nemo_loader import Loader
from train.outcome import LossPoint, ValidationPoint

BATCHNORM = (nn.BatchNorm1d, nn.BatchNorm2d, nn.SyncBatchNorm)

ENCODER_PARTS = ("encoder",)
DECODER_PARTS = ("transf_decoder", "log_softmax", "decoder", "joint", "ctc_decoder")
"""Each model has some of these; log_softmax shares its weight with the decoder's embedding."""


def enable_bn_se(module: nn.Module) -> None:
    """Let BatchNorm and squeeze-excite adapt to new data in a frozen model (`model.apply` it).

    NeMo's tutorials define it in the notebook; it is in no package.
    """
    if isinstance(module, (*BATCHNORM, SqueezeExcite)):
        module.train()
        for parameter in module.parameters():
            parameter.requires_grad_(True)


class Freezing(Callback):  # type: ignore[misc]
    """Keeps the frozen parts frozen through the whole fit.

    `requires_grad` alone is not enough: a frozen part in training mode still drops out, and its
    BatchNorm still drifts. Modes are set anew before every batch, since Lightning and NeMo switch
    whole models between modes around validation.
    """

    def __init__(self, freeze: FreezeConfig) -> None:
        self._freeze = freeze

    def apply(self, model: nn.Module) -> None:
        """Freeze what the configuration says, then wake BatchNorm where it says so."""
        for part in self._frozen(model):
            part.requires_grad_(False)
            part.eval()
            if self._freeze.batchnorm == "train":
                part.apply(enable_bn_se)
        if self._freeze.batchnorm == "eval":
            _hold_batchnorm(model)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        self.apply(pl_module)

    def _frozen(self, model: nn.Module) -> Iterator[nn.Module]:
        names = ENCODER_PARTS * self._freeze.encoder + DECODER_PARTS * self._freeze.decoder
        parts = (getattr(model, name, None) for name in names)
        return (part for part in parts if isinstance(part, nn.Module))


def _hold_batchnorm(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, BATCHNORM):
            module.eval()
            module.requires_grad_(False)


MOST_POINTS = 500
"""A curve needs no more, and a run of a million steps must not make a run.json of as many."""


class Recorder(Callback):  # type: ignore[misc]
    """What happened in a fit: losses, validations, times, and how much speech went by.

    `step_seconds` is from the end of one batch to the end of the next where no validation lay
    between, `compute_seconds` the part of it in which the model worked; the rest was waiting for
    data. At most about `MOST_POINTS` losses are kept; every `tell_every` steps one is told.
    """

    def __init__(
        self, max_steps: int, tell_every: int, loader: Loader, tell: Callable[[str], None]
    ) -> None:
        self.loss: list[LossPoint] = []
        self.validation: list[ValidationPoint] = []
        self.step_seconds: list[float] = []
        self.compute_seconds: list[float] = []
        self.speech_s = 0.0
        self.resumed_at: list[int] = []
        self._every = -(-max_steps // MOST_POINTS)
        self._tell_every = tell_every
        self._loader = loader
        self._tell = tell
        self._last_step = 0
        self._began: float | None = None
        self._ended: float | None = None

    def state_dict(self) -> dict[str, Any]:
        return {
            "loss": [asdict(point) for point in self.loss],
            "validation": [asdict(point) for point in self.validation],
            "speech_s": self.speech_s,
            "resumed_at": self.resumed_at,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.loss = [LossPoint(**point) for point in state_dict["loss"]]
        self.validation = [ValidationPoint(**point) for point in state_dict["validation"]]
        self.speech_s = state_dict["speech_s"]
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
        self._note_time()
        self.speech_s += self._loader.current.speech_s * trainer.world_size
        step = trainer.global_step
        if step == self._last_step:  # gradients are being accumulated
            return
        self._last_step = step
        if step % self._every == 0 or step in (1, trainer.max_steps):
            rate = trainer.optimizers[0].param_groups[0]["lr"]
            self.loss.append(LossPoint(step, _finite(outputs["loss"]), float(rate)))
        if step % self._tell_every == 0 and trainer.is_global_zero:
            self._tell(f"step {step} of {trainer.max_steps}: loss {float(outputs['loss']):.3f}")

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._ended = None  # the time of a validation is nobody's step

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not trainer.sanity_checking:
            metrics = trainer.callback_metrics
            loss, wer = (_finite(metrics.get(name)) for name in ("val_loss", "val_wer"))
            point = ValidationPoint(trainer.global_step, loss, wer)
            self.validation = [*(it for it in self.validation if it.step != point.step), point]
            if trainer.is_global_zero:
                figures = f"loss {_figure(loss)}, WER {_figure(wer)}"
                self._tell(f"step {point.step}: validation {figures}")

    def _note_time(self) -> None:
        now = time.monotonic()
        if self._ended is not None and self._began is not None:
            self.step_seconds.append(now - self._ended)
            self.compute_seconds.append(now - self._began)
        self._ended = now


def _finite(value: torch.Tensor | None) -> float | None:
    number = math.nan if value is None else float(value)
    return number if math.isfinite(number) else None


def _figure(value: float | None) -> str:
    return "not a number" if value is None else f"{value:.3f}"
