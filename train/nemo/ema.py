"""The exponential moving average of the weights, validated and saved in their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer


class WeightAverage(Callback):
    """Averages the trained weights after each step, and lends them to the model for validation.

    NeMo's EMA callback wraps the optimiser and writes further checkpoints; here `last.ckpt` has
    weights and average, and the best checkpoints (`in_place_of`) the average only. It comes behind
    the callback that writes `last.ckpt` before a validation. The average has 32 bits: in 16 most of
    its changes would be rounded away.
    """

    def __init__(self, decay: float) -> None:
        self._decay = decay
        self._average: dict[str, torch.Tensor] = {}
        self._weights: dict[str, torch.Tensor] = {}
        self._step = 0

    def state_dict(self) -> dict[str, Any]:
        """The average, on the CPU."""
        return {"average": {name: value.cpu() for name, value in self._average.items()}}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the average of a checkpoint."""
        self._average = dict(state_dict["average"])

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin with the weights as they are, or go on with the average of the checkpoint."""
        self._step = trainer.global_step
        for name, weight in _trained(pl_module).items():
            before = self._average.get(name, weight)
            self._average[name] = before.detach().to(weight.device, torch.float32, copy=True)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Move the average towards the weights, where a step has changed them."""
        if trainer.global_step == self._step:  # gradients are being accumulated
            return
        self._step = trainer.global_step
        weights = _trained(pl_module)
        for name, average in self._average.items():
            average.lerp_(weights[name].detach().float(), 1 - self._decay)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Put the average in the place of the weights."""
        weights = _trained(pl_module)
        self._weights = {name: weights[name].detach().clone() for name in self._average}
        self.write_to(pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Give the weights their place again."""
        _write(self._weights, pl_module)
        self._weights = {}

    def write_to(self, model: torch.nn.Module) -> None:
        """Replace the model's weights by their average."""
        _write(self._average, model)

    def in_place_of(self, weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Weights for a checkpoint, with the average where there is one."""
        averages = {name: self._average[name] for name in weights if name in self._average}
        return {**weights, **{n: value.to(weights[n].dtype) for n, value in averages.items()}}


def _trained(model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """Trained weights by all of their names: the head shares one with the embedding."""
    named = model.named_parameters(remove_duplicate=False)
    return {name: weight for name, weight in named if weight.requires_grad}


def _write(values: Mapping[str, torch.Tensor], model: torch.nn.Module) -> None:
    own = dict(model.named_parameters(remove_duplicate=False))
    with torch.no_grad():
        for name, value in values.items():
            own[name].copy_(value)
