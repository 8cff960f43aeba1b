"""Checkpoints that are whole or absent, and a fit that goes on where it was stopped.

`last.ckpt` is written before every validation and when a signal requests an end: always between
two steps of the optimiser, where nothing is half done. What resuming gives back exactly, and what
it cannot, is in docs/adr/0014.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.plugins.io import TorchCheckpointIO
from omegaconf import OmegaConf

from curate.artifacts.outputs import whole_file
from curate.errors import ConfigError, CurateError, GateFailed, InputError
from train.nemo.ema import WeightAverage
from train.nemo.loader import Loader, random_state, set_random_state
from train.runs.signals import Interrupted, StopRequest

FaultOf = Callable[[Loader], CurateError | None]
"""What is wrong with the data used so far; None: nothing."""

LAST = "last.ckpt"

FAULT = 1_000
"""Above every signal's number: a device found a fault."""

UNWRITTEN = "no checkpoint was written; the previous one is intact"


class WholeCheckpoints(TorchCheckpointIO):
    """Files that appear whole or not at all, on any mount, and hold nothing that is not finite.

    Lightning writes in place of the old file where the folder lies on another mount than the
    temporary folder, and a full disk then costs both. Only plain values are stored, so that
    `torch.load` needs no code from the file.
    """

    def __init__(self, average: WeightAverage | None = None) -> None:
        super().__init__()
        self._average = average

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None
    ) -> None:
        """Write beside, sync, rename; of weights without an optimiser their average, if any."""
        if self._average and "optimizer_states" not in checkpoint:
            weights = self._average.in_place_of(checkpoint["state_dict"])
            checkpoint = {**checkpoint, "state_dict": weights}
        refuse_not_finite(checkpoint["state_dict"])
        plain = {key: _plain(value) for key, value in checkpoint.items() if key != "hparams_type"}
        try:
            with whole_file(Path(path)) as beside:
                torch.save(plain, beside)
        except (OSError, RuntimeError) as error:  # torch's writer raises RuntimeError on ENOSPC
            reason = str(error).split("\n", maxsplit=1)[0]
            what = f"cannot be written: {reason}; the previous checkpoint is intact"
            hint = "make room, then the same command with --resume"
            raise ConfigError.of(path, what, hint) from error

    def load_checkpoint(self, path: Any, map_location: Any = "cpu") -> dict[str, Any]:
        """Read a checkpoint of `train run`: tensors and plain values, no code."""
        try:
            checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # whatever zipfile, pickle and torch raise on damaged files
            reason = str(error).split(".")[0][:200]
            raise InputError.of(path, f"cannot be read as a checkpoint: {reason}") from error
        return dict(checkpoint)


def refuse_not_finite(weights: dict[str, Any]) -> None:
    """Raise where a weight or a running statistic is not finite: it is never a last good one."""
    tensors = {name: value for name, value in weights.items() if value.is_floating_point()}
    broken = [name for name, value in tensors.items() if not bool(value.isfinite().all())]
    if broken:
        what = f"{broken[0]} and {len(broken) - 1} more weights are not finite numbers: {UNWRITTEN}"
        raise GateFailed.of("train run", what, "lower optim.lr, then begin again with --resume")


def _plain(value: Any) -> Any:
    if OmegaConf.is_config(value):
        return OmegaConf.to_container(value, enum_to_str=True)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


class Continuity(Callback):
    """Writes `last.ckpt`, ends the fit on request, and puts a continued one in its old place.

    It comes first among the callbacks: what a batch is made of is known from here on.
    """

    def __init__(self, folder: Path, loader: Loader, stop: StopRequest, fault: FaultOf) -> None:
        self.loader = loader
        self._fault_of = fault
        self._path = folder / LAST
        self._stop = stop
        self._random: list[dict[str, Any]] | None = None
        self._saved_at = -1
        self._control: Any = None

    def state_dict(self) -> dict[str, Any]:
        return {
            "loaders": on_all_ranks(self.loader.state()),
            "random": on_all_ranks(_random_numbers()),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        states = state_dict["loaders"]
        self.loader.restore(states[min(_rank(), len(states) - 1)])
        self._random = state_dict["random"]

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        # Lightning counts the batch that has begun, and would validate a step early ever after.
        total = checkpoint["loops"]["fit_loop"]["epoch_loop.batch_progress"]["total"]
        total.update(dict.fromkeys(total, total["completed"]))

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._stop.install()
        if trainer.world_size > 1:  # a group on the CPU: no GPU waits
            self._control = torch.distributed.new_group(backend="gloo")

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        self._recall(trainer)
        if batch_idx % trainer.accumulate_grad_batches == 0:
            self._end_if_asked(trainer)
        self.loader.take()
        # The next batch is drawn behind this step; several devices must agree before they end.
        whole = (batch_idx + 1) % trainer.accumulate_grad_batches == 0 and trainer.world_size == 1
        self.loader.end_between_steps = partial(self._end_if_asked, trainer) if whole else None

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._recall(trainer)
        self.save(trainer)

    def on_validation_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, *batch: Any
    ) -> None:
        if self._stop.number is not None and trainer.world_size == 1:
            self._stop.dismiss_workers()
            raise Interrupted(self._stop.number, trainer.global_step)

    def _end_if_asked(self, trainer: Trainer) -> None:
        """End on all devices at the same step, behind a checkpoint; the first tells why."""
        fault = self._fault_of(self.loader)
        number = self._agreed(FAULT if fault else self._stop.number or 0)
        if not number:
            return
        if self._saved_at != trainer.global_step:  # else before the validation of this step
            self.save(trainer)
        self._stop.dismiss_workers()
        if not trainer.is_global_zero:  # Lightning kills the first process if another fails
            raise SystemExit(0)
        raise (fault or _elsewhere()) if number == FAULT else Interrupted(number, self._saved_at)

    def save(self, trainer: Trainer) -> None:
        """Write `last.ckpt`."""
        trainer.save_checkpoint(self._path)
        self._saved_at = trainer.global_step

    def _recall(self, trainer: Trainer) -> None:
        """Continue the random numbers of the stopped fit, just before the first draw."""
        if self._random is not None and len(self._random) == trainer.world_size:
            _continue_random_numbers(self._random[trainer.global_rank])
        self._random = None

    def _agreed(self, number: int) -> int:
        """The largest number that any device has."""
        if self._control is None:
            return number
        largest = torch.tensor(number)
        torch.distributed.all_reduce(largest, torch.distributed.ReduceOp.MAX, self._control)
        return int(largest)


def _elsewhere() -> CurateError:
    what = "too much audio cannot be read on another device"
    return GateFailed.of("train_ds", what, "`curate shard --verify`, or --max-missing")


def _random_numbers() -> dict[str, Any]:
    """The states of all generators, as plain values."""
    python, numpy, cpu = random_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    name, keys, *rest = numpy
    return {
        "python": python,
        "numpy": [name, torch.from_numpy(keys.astype(np.int64)), *rest],
        "cpu": cpu,
        "cuda": cuda,
    }


def _continue_random_numbers(state: dict[str, Any]) -> None:
    name, keys, *rest = state["numpy"]
    numpy = (name, keys.numpy().astype(np.uint32), *rest)
    set_random_state((state["python"], numpy, state["cpu"]))
    if len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])


def _rank() -> int:
    is_spread = torch.distributed.is_available() and torch.distributed.is_initialized()
    return torch.distributed.get_rank() if is_spread else 0


def on_all_ranks(value: Any) -> list[Any]:
    """The value of every rank, in their order; every rank must call it."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return [value]
    gathered: list[Any] = [None] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(gathered, value)
    return gathered
