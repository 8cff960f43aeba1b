"""Texts as sets of short stretches of characters, by which near-duplicates are recognised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from curate.arrays import Int64s, UInt32s, UInt64s
from curate.native import kernel

WIDE: Final = 5
"""Characters of a shingle; in scripts without spaces, where one says more, DENSE."""
DENSE: Final = 3


def define(normal: str, width: int) -> set[str]:
    """The shingles of a normal form: all stretches of `width` characters, or all of a shorter one.

    >>> sorted(define("no way", 5))
    ['no wa', 'o way']
    """
    return {normal[k : k + width] for k in range(max(1, len(normal) - width + 1))}


@kernel("shingles")
def _hash_all(
    codes: UInt32s, ends: Int64s, widths: Int64s, bounds: UInt64s, hashes: UInt64s
) -> int:
    raise NotImplementedError


def shingle_hashes(normals: Sequence[str], widths: Int64s) -> tuple[UInt64s, UInt64s]:
    """64-bit hashes of the shingles of each text, one after the other, and where each begins.

    The second array has an entry more than there are texts. An empty text has one shingle.
    """
    codes = np.frombuffer("".join(normals).encode("utf-32-le"), np.uint32)
    ends = np.cumsum([len(text) for text in normals], dtype=np.int64)
    hashes = np.empty(codes.size + len(normals), np.uint64)
    bounds = np.zeros(len(normals) + 1, np.uint64)
    used = _hash_all(codes, ends, widths, bounds, hashes)
    return hashes[:used], bounds
