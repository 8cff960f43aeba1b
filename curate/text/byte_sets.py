"""Which texts have a byte without which there is no markup, damage or remark in them: one pass
before three that look closer.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from curate.arrays import Bytes, Int64s
from curate.native import kernel

MARKUP: Final = 1
DAMAGE: Final = 2
REMARKS: Final = 4
"""Bits of sets of bytes."""


def _sets_of_byte() -> Bytes:
    sets = np.zeros(256, np.uint8)
    sets[list(b"<{[&:>\\_\xe2\xf0")] |= MARKUP
    sets[list(b"?\xc3")] |= DAMAGE
    sets[list(b"(*\xe2\xe3\xef\xf0")] |= REMARKS
    return sets


_SETS: Final = _sets_of_byte()


def byte_sets(data: Bytes, start: Int64s, length: Int64s) -> Bytes:
    """The sets that each text (`length[i]` bytes of UTF-8 from `start[i]`) has a byte of."""
    sets = np.empty(start.size, np.uint8)
    _find(data, start, length, _SETS, sets)
    return sets


@kernel("byte_sets")
def _find(data: Bytes, start: Int64s, length: Int64s, sets_of_byte: Bytes, sets: Bytes) -> None:
    raise NotImplementedError
