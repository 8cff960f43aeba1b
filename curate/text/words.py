"""Hashes and counts of bytes, eight at a time."""

from __future__ import annotations

import numpy as np

from curate.arrays import Bytes, Int32s, Int64s, Word
from curate.native import kernel


@kernel("words")
def hash_bytes(data: Bytes, start: int, length: int) -> Word:
    """64-bit hash of a span, eight bytes a step. Own code, so stable across library versions."""
    raise NotImplementedError


def count_codes(data: Bytes, starts: Int64s, lengths: Int64s) -> Int32s:
    """Code points of each span (valid UTF-8); 0 for what has no length."""
    counts = np.zeros(starts.size, np.int32)
    _count_codes(data, starts, lengths, counts)
    return counts


@kernel("words")
def _count_codes(data: Bytes, starts: Int64s, lengths: Int64s, counts: Int32s) -> None:
    raise NotImplementedError


@kernel("words")
def digest_bytes(data: Bytes) -> Word:
    """64-bit hash of a whole buffer, in four lanes, so that it is nearly free to have."""
    raise NotImplementedError
