"""What stays frozen in a fit, whatever Lightning and NeMo switch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from nemo.collections.asr.parts.submodules.jasper import SqueezeExcite
from torch import nn

from train.config import FreezeConfig

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


class Freezing(Callback):
    """Keeps the frozen parts frozen through the whole fit.

    `requires_grad` is not enough: a frozen part in training mode still drops out, and its
    BatchNorm still drifts. Modes are set again before every batch, since Lightning and NeMo switch
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
