"""Beam search in validation, with greedy decoding in training and in the saved model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from omegaconf import OmegaConf, open_dict

from train.nemo.model import search


class BeamValidation(Callback):
    """Decodes by beam search while a validation runs.

    NeMo decodes a batch of training now and then too, which would take as many times longer.
    """

    def __init__(self, beam: int, where: Path) -> None:
        self._beam = beam
        self._where = where
        self._decoding: Any = None

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Exchange the model's own decoding."""
        self._decoding = OmegaConf.to_container(pl_module.cfg.decoding, resolve=True)
        search(pl_module, self._beam, self._where)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Give the model its own decoding again, without the defaults that NeMo writes into it."""
        pl_module.change_decoding_strategy(OmegaConf.create(self._decoding))
        with open_dict(pl_module.cfg):
            pl_module.cfg.decoding = OmegaConf.create(self._decoding)
