"""The device that a run will use on this machine, as the plan's estimates take it."""

from __future__ import annotations

from dataclasses import replace

from curate.environment.memory import usable_memory_bytes
from curate.errors import ConfigError
from curate.formatting.units import plural
from train.config import TrainerConfig
from train.plan.demand import CPU, GIB, GPUS, Gpu
from train.runs.runtime import choose_precision


def this_machine(trainer: TrainerConfig) -> Gpu:
    """The first GPU, or the CPU where there is none or `accelerator` is cpu.

    A GPU that is not in GPUS has no known peak, so no time is estimated for it. ConfigError where
    the run needs a GPU, or more of them, than there are.
    """
    if trainer.accelerator != "cpu":
        import torch

        present = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if not torch.backends.mps.is_available():
            check_gpus(trainer, present)
        if present:
            device = torch.cuda.get_device_properties(0)
            gpu = Gpu(device.name, device.total_memory / GIB, peak_of(device.name))
            return replace(gpu, at_hand=True, precision=choose_precision(trainer.accelerator))
    memory = usable_memory_bytes()
    gib = None if memory is None else memory / GIB
    return Gpu(CPU, gib, None, at_hand=True, precision=choose_precision("cpu"))


def check_gpus(trainer: TrainerConfig, present: int) -> None:
    """ConfigError where the run needs GPUs of which this machine has fewer."""
    if trainer.accelerator == "gpu" and not present:
        hint = "run on a machine with one, or --set trainer.accelerator=cpu"
        raise ConfigError.of("trainer.accelerator", "is gpu, and torch finds no GPU here", hint)
    if 0 < present < trainer.devices:
        what = f"is {trainer.devices}, and this machine has {plural(present, 'GPU')}"
        raise ConfigError.of("trainer.devices", what, f"--set trainer.devices={present}")


def peak_of(device: str) -> float | None:
    """The dense bf16 peak of a device by the name that its driver gives; None if unknown.

    >>> peak_of("NVIDIA H100 80GB HBM3"), peak_of("NVIDIA L40S")
    (989, None)
    """
    words = device.lower().replace("-", " ").split()
    return next((gpu.peak_tflops for gpu in GPUS if gpu.name in words), None)
