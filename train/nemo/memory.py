"""A limit on memory that a training step keeps or breaks: on a GPU by CUDA's allocator, on a CPU
by the bytes of tensors. Both raise `torch.OutOfMemoryError` in the middle of the step.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch.utils._python_dispatch import TorchDispatchMode

FULL = (
    "CUFFT_INTERNAL_ERROR", "CUFFT_ALLOC_FAILED", "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED", "CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED",
)  # fmt: skip
"""What CUDA's libraries report where they get no memory; torch raises a RuntimeError with it."""


class Memory(Protocol):
    """Memory with a limit."""

    def limited(self) -> Any:
        """A context in which the limit holds, and `peak_bytes` is counted from its start."""

    @property
    def peak_bytes(self) -> int:
        """The most memory held at once in the last context."""

    def release(self) -> None:
        """Give back what a failed step has left behind."""


class GpuMemory:
    """A CUDA device of which this process may hold `budget_bytes`."""

    def __init__(self, device: torch.device, budget_bytes: int) -> None:
        self._device = device
        self._budget_bytes = budget_bytes
        whole = torch.cuda.get_device_properties(device).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, budget_bytes / whole), device)

    @contextmanager
    def limited(self) -> Iterator[None]:
        """The allocator holds the limit at all times; the peak is that of this context."""
        torch.cuda.reset_peak_memory_stats(self._device)
        yield
        torch.cuda.synchronize(self._device)  # an error of a kernel comes here, not a step later
        if self.peak_bytes > self._budget_bytes:  # expandable segments are not held to the fraction
            raise _exceeded(self.peak_bytes, self._budget_bytes)

    @property
    def peak_bytes(self) -> int:
        """What the allocator gave out at most."""
        return int(torch.cuda.max_memory_allocated(self._device))

    def release(self) -> None:
        """Free what nothing refers to any more, and the allocator's cache."""
        gc.collect()  # NeMo and Lightning hold modules in cycles, and with them the graph
        torch.cuda.empty_cache()


class TensorMemory(TorchDispatchMode):
    """Counts the bytes of all tensors that are alive, each storage once, against a budget.

    Storages that were there before are counted by `hold`. Buffers that an operation allocates and
    frees within itself are not seen, nor is anything but tensors.
    """

    def __init__(self, budget_bytes: int) -> None:
        super().__init__()
        self.peak_bytes = 0
        self._budget_bytes = budget_bytes
        self._live_bytes = 0
        self._alive: set[int] = set()

    def hold(self, tensors: Iterable[torch.Tensor]) -> None:
        """Count tensors that exist already."""
        for tensor in tensors:
            self._note(tensor)

    @contextmanager
    def limited(self) -> Iterator[None]:
        """Count and limit what operations allocate within."""
        self.peak_bytes = self._live_bytes
        with self:
            yield

    def release(self) -> None:
        """Free what nothing refers to any more."""
        gc.collect()

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for each in result if isinstance(result, tuple | list) else (result,):
            if isinstance(each, torch.Tensor):
                self._note(each)
        if self._live_bytes > self._budget_bytes:
            raise _exceeded(self._live_bytes, self._budget_bytes)
        return result

    def _note(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        key, size = storage.data_ptr(), storage.nbytes()
        if key in self._alive or not size:
            return
        self._alive.add(key)
        self._live_bytes += size
        self.peak_bytes = max(self.peak_bytes, self._live_bytes)
        weakref.finalize(storage, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self._alive.discard(key)
        self._live_bytes -= size


def _exceeded(held_bytes: int, budget_bytes: int) -> torch.OutOfMemoryError:
    return torch.OutOfMemoryError(f"{held_bytes:,} bytes exceed the {budget_bytes:,} allowed")


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether the error comes of a lack of memory; CUDA's libraries say so in words."""
    return isinstance(error, torch.OutOfMemoryError) or any(name in str(error) for name in FULL)
