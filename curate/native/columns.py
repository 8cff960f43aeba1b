"""Columns of numbers as they lie in memory, for loops that read them a block of rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from curate.arrays import Bytes, UInt64s

_KINDS = {np.dtype(np.float64): 0, np.dtype(np.int32): 1}
"""Types of numbers that the loops read."""


class Columns(NamedTuple):
    """Where each column's numbers begin, what kind they are, and how many rows there are."""

    at: UInt64s
    kind: Bytes
    rows: int


def as_readable(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same numbers as the loops read them: floats, unless they are so already."""
    return array if _is_readable(array) else np.array(array, np.float64)


def _is_readable(array: npt.NDArray[Any]) -> bool:
    return array.dtype in _KINDS and array.flags.c_contiguous and array.flags.aligned


def columns_of(arrays: Sequence[npt.NDArray[Any]], rows: int) -> Columns:
    """Columns of so many rows, as long as the arrays live, which are as `as_readable` has them."""
    assert all(_is_readable(array) and array.shape == (rows,) for array in arrays)
    at = np.array([array.ctypes.data for array in arrays], np.uint64)
    return Columns(at, np.array([_KINDS[array.dtype] for array in arrays], np.uint8), rows)
