"""How much of a text its most repeated phrase of 2, 3 or 4 words covers, compiled.

Words are what str.split() cuts, as they are; they are compared by 64-bit hashes.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np

from curate.arrays import Bytes, Int32s, Int32Table, Int64s, UInt16s, UInt64s
from curate.native import kernel
from curate.text.unicode import tables

SIZES: Final = (2, 3, 4)
"""Words of a phrase, as Gopher's rules have them (Rae et al. 2021, table A1)."""
LONGEST_BYTES: Final = 1 << 20
"""A longer text is no segment of speech: nothing is counted of it."""


def define(text: str, size: int) -> int:
    """Characters that the phrase of `size` words covering most covers; 0 where none repeats.

    In plain Python: what the compiled count must equal. Overlapping occurrences all count.

    >>> define("no way no way out", 2)  # "no way", twice
    10
    """
    words = text.split()
    counts = Counter(zip(*(words[k:] for k in range(size)), strict=False))
    return max((n * sum(map(len, phrase)) for phrase, n in counts.items() if n > 1), default=0)


@kernel("ngrams")
def _count_all(
    data: Bytes,
    starts: Int64s,
    lengths: Int64s,
    flags: UInt16s,
    hashes: UInt64s,
    sizes: Int32s,
    keys: UInt64s,
    counts: Int32s,
    shares: Int32Table,
) -> None:
    raise NotImplementedError


def covered(data: Bytes, starts: Int64s, lengths: Int64s) -> Int32s:
    """`define` of every text span (valid UTF-8) for each of SIZES: int32 [sizes, rows].

    NOT_COUNTED for texts beyond LONGEST_BYTES.
    """
    longest = min(int(lengths.max(initial=0)), LONGEST_BYTES) // 2 + 1
    room = max(8, 1 << (2 * longest - 1).bit_length())
    shares = np.zeros((len(SIZES), starts.size), np.int32)
    _count_all(
        data, starts, lengths, tables().flags, np.empty(longest, np.uint64),
        np.empty(longest, np.int32), np.empty(room, np.uint64), np.zeros(room, np.int32), shares,
    )  # fmt: skip
    return shares
