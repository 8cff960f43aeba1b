"""Types of NumPy arrays by their elements."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Int = Any
"""An integer of Python or of NumPy."""
Word = np.uint64
"""Eight bytes of text, or a hash."""

Bytes = npt.NDArray[np.uint8]
UInt16s = npt.NDArray[np.uint16]
UInt32s = npt.NDArray[np.uint32]
UInt64s = npt.NDArray[np.uint64]
Int8s = npt.NDArray[np.int8]
Int16s = npt.NDArray[np.int16]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Float32s = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ByteTable = Bytes
Int16Table = Int16s
UInt32Table = UInt32s
UInt64Table = UInt64s
Int32Table = Int32s
Int64Table = Int64s
FloatTable = Floats
"""The same with rows and columns."""
