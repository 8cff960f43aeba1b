"""What stays frozen in a fit, and until when, whatever Lightning and NeMo switch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from nemo.collections.asr.parts.submodules.jasper import SqueezeExcite
from torch import nn

from train.config import AdapterConfig, FreezeConfig
from train.config.parts import DECODER_PARTS, SUBSAMPLING, FrozenPart
from train.nemo.adapters import train_adapter_only

BATCHNORM = (nn.BatchNorm1d, nn.BatchNorm2d, nn.SyncBatchNorm)
ADAPTING = (*BATCHNORM, SqueezeExcite)


def enable_bn_se(module: nn.Module) -> None:
    """Let BatchNorm and squeeze-excite adapt to new data in a frozen model (`model.apply` it).

    NeMo's tutorials define it in the notebook; it is in no package.
    """
    if isinstance(module, ADAPTING):
        module.train()
        for parameter in module.parameters():
            parameter.requires_grad_(True)


class Freezing(Callback):
    """Keeps the frozen parts frozen, each through the whole fit or until its step.

    `requires_grad` is not enough: a frozen part in training mode still drops out, and its
    BatchNorm still drifts. Modes are set again before every batch, since Lightning and NeMo switch
    whole models between modes around validation.

    What is trained later has gradients from the start, which are dropped: several devices agree
    on the parameters to exchange once, at the start.
    """

    def __init__(self, freeze: FreezeConfig, adapter: AdapterConfig | None = None) -> None:
        self._freeze = freeze
        self._adapter = adapter
        self._later: list[nn.Parameter] = []

    def apply(self, model: nn.Module, step: int = 0) -> None:
        """Freeze what the configuration says at this step, then wake BatchNorm where it says so."""
        if self._adapter:
            train_adapter_only(model, self._adapter.name)
            return
        frozen = self._freeze.frozen_at(step)
        for part in self._parts(model, self._freeze.parts - frozen):
            part.train()
        self._later = []
        for name in sorted(frozen):
            for part in self._parts(model, {name}):
                self._freeze_part(part, is_final=name not in self._freeze.unfreeze_at)
        if self._freeze.batchnorm == "eval":
            _hold_batchnorm(model)

    def _freeze_part(self, part: nn.Module, *, is_final: bool) -> None:
        part.eval()
        if is_final:
            part.requires_grad_(False)
        adapts = self._freeze.batchnorm == "train"
        if adapts:
            part.apply(enable_bn_se)
        if not is_final:
            adapting = {id(p) for p in _adapting(part)} if adapts else set()
            self._later += [p for p in part.parameters() if id(p) not in adapting]

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        self.apply(pl_module, trainer.global_step)

    def on_after_backward(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Drop the gradients of what is trained later; the optimiser passes over what has none."""
        for parameter in self._later:
            parameter.grad = None

    def _parts(
        self, model: nn.Module, names: frozenset[FrozenPart] | set[FrozenPart]
    ) -> Iterator[nn.Module]:
        for name in names:
            yield from modules_of(model, name, self._freeze.encoder_layers)


def modules_of(model: nn.Module, part: FrozenPart, layers: int) -> Iterator[nn.Module]:
    """The modules of a part; of the encoder's first layers also what comes before them."""
    if part == "encoder_layers":
        modules = [getattr(model.encoder, SUBSAMPLING, None), *model.encoder.layers[:layers]]
    else:
        names = DECODER_PARTS if part == "decoder" else ("encoder",)
        modules = [getattr(model, name, None) for name in names]
    yield from (each for each in modules if isinstance(each, nn.Module))


def _adapting(part: nn.Module) -> Iterator[nn.Parameter]:
    for module in part.modules():
        if isinstance(module, ADAPTING):
            yield from module.parameters()


def _hold_batchnorm(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, BATCHNORM):
            module.eval()
            module.requires_grad_(False)
