"""The device that a run will use on this machine, as the plan's estimates take it."""

from __future__ import annotations

from dataclasses import replace

from curate.environment.memory import usable_memory_bytes
from train.plan.demand import CPU, GIB, GPUS, Gpu
from train.runs.runtime import choose_precision


def this_machine(accelerator: str) -> Gpu:
    """The first GPU, or the CPU where there is none or `accelerator` is cpu.

    A GPU that is not in GPUS has no known peak, so no time is estimated for it.
    """
    if accelerator != "cpu":
        import torch

        if torch.cuda.is_available():
            device = torch.cuda.get_device_properties(0)
            gpu = Gpu(device.name, device.total_memory / GIB, peak_of(device.name))
            return replace(gpu, at_hand=True, precision=choose_precision(accelerator))
    memory = usable_memory_bytes()
    gib = None if memory is None else memory / GIB
    return Gpu(CPU, gib, None, at_hand=True, precision=choose_precision("cpu"))


def peak_of(device: str) -> float | None:
    """The dense bf16 peak of a device by the name that its driver gives; None if unknown.

    >>> peak_of("NVIDIA H100 80GB HBM3"), peak_of("NVIDIA L40S")
    (989, None)
    """
    words = device.lower().replace("-", " ").split()
    return next((gpu.peak_tflops for gpu in GPUS if gpu.name in words), None)
