"""A fixed pseudo-random order of numbers: the same on every machine and in every release."""

from __future__ import annotations

import numpy as np

from curate.arrays import UInt64s
from curate.native import kernel

GOLDEN = 0x9E3779B97F4A7C15
"""splitmix64 steps by it from one number to the next."""


def splitmix64(keys: UInt64s) -> UInt64s:
    """Each key, mixed by the end of splitmix64: equal keys stay equal, and no two others meet."""
    mixed = np.empty(keys.size, np.uint64)
    _mix(np.ascontiguousarray(keys), mixed)
    return mixed


@kernel("splitmix")
def _mix(keys: UInt64s, mixed: UInt64s) -> None:
    raise NotImplementedError
