"""How many parameters the run trains, counted from the names and shapes of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from curate.nemo.archive import Archive
from curate.nemo.weights import Weight, count, normalised_modules, parameters_of, read_weights
from train.artifacts.plan import PlanTrainable
from train.config import AdapterConfig, FreezeConfig, RunConfig
from train.config.parts import is_of_part


@dataclass(frozen=True, slots=True)
class Trainable:
    """Parameters in all, and those that are trained at the start and at the end."""

    parameters: int
    at_start: int
    at_end: int

    @property
    def frozen(self) -> int:
        """Parameters that are never trained."""
        return self.parameters - self.at_end

    def record(self) -> PlanTrainable:
        """The counts for plan.json."""
        return PlanTrainable(parameters=self.parameters, at_start=self.at_start, at_end=self.at_end)


def count_trainable(archive: Archive, run: RunConfig) -> Trainable | None:
    """Count the parameters; None where the weights are of another format."""
    weights = read_weights(archive)
    if weights is None:
        return None
    if run.adapter:
        added = _adapter_size(archive, run.adapter)
        return Trainable(count(parameters_of(weights)) + added, added, added)
    at_start, at_end = (
        count(_trained(weights, run.freeze, step)) for step in (0, run.trainer.max_steps - 1)
    )
    return Trainable(count(parameters_of(weights)), at_start, at_end)


def _adapter_size(archive: Archive, adapter: AdapterConfig) -> int:
    """Two matrices, and the weight and bias of a LayerNorm, in each layer of the encoder."""
    width, layers = (int(archive.value(f"encoder.{name}", 0)) for name in ("d_model", "n_layers"))
    return layers * (2 * width * adapter.dim + 2 * width)


def _trained(weights: Mapping[str, Weight], freeze: FreezeConfig, step: int) -> dict[str, Weight]:
    """The weights that are trained after so many steps."""
    frozen, normalised = freeze.frozen_at(step), normalised_modules(weights)

    def is_trained(name: str) -> bool:
        if name.rpartition(".")[0] in normalised:
            return freeze.batchnorm == "train"
        return not any(is_of_part(name, part, freeze.encoder_layers) for part in frozen)

    return {name: each for name, each in parameters_of(weights).items() if is_trained(name)}
