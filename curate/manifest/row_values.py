"""Values of some lines, which are copied only where they must be: mostly all lines are records."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from curate.arrays import Bools, Int64s

Number = TypeVar("Number", bound=np.generic)


def taken(values: npt.NDArray[Number], rows: Int64s) -> npt.NDArray[Number]:
    """The values of some lines, their numbers ascending; not copied where these are all."""
    return values if rows.size == values.shape[-1] else values[..., rows]


def without(values: npt.NDArray[Number], rows: Bools, nothing: float) -> npt.NDArray[Number]:
    """The values with `nothing` in these rows; not copied where there are none."""
    return np.where(rows, values.dtype.type(nothing), values) if rows.any() else values
