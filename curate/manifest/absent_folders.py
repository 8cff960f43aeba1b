"""Keys of directories in ones that are not on this machine: nothing is looked up for these.

The key is that of the path as it is compared. A first batch may have thousands of them, where the
audio is elsewhere: they are hashed together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from curate.arrays import Bools, Bytes, Int64s, UInt64s
from curate.manifest.syntax import STRING
from curate.manifest.values import Interner
from curate.native import kernel


class Folders(NamedTuple):
    """Directories as paths begin with them, up to a slash, and where their names begin.

    `is_plain` holds of names in plain ASCII behind a slash, without a dot in front.
    """

    data: Bytes
    start: Int64s
    name: Int64s
    end: Int64s
    is_plain: Bools

    @classmethod
    def of(cls, data: Bytes, start: Int64s, length: Int64s) -> Folders:
        """Of what paths have up to their last slash, nothing included."""
        above, wide = np.zeros(start.size, np.int64), np.zeros(start.size, np.bool_)
        size = np.maximum(length - 1, 0)
        cut(data, start, size, above, wide)
        name, end = start + above, start + size
        is_plain = ~wide & (name < end) & (above > 0)
        is_plain[is_plain] = data[name[is_plain]] != ord(".")
        return cls(data, start, name, end, is_plain)


def keys_of_absent(
    folders: Folders, of: Int64s, prefix: Callable[[str, int], str | None]
) -> tuple[Int64s, UInt64s]:
    """Which directories have names in plain ASCII and are in ones that are not there; their keys.

    `prefix` gives the path of one that is not there as it is compared, up to the name in it, by
    how it is written and by `of`; None for any other.
    """
    interner = Interner()
    plain = np.full(folders.start.size, STRING, np.uint8)
    codes = interner.codes(folders.data, plain, folders.start, folders.name - folders.start)
    written = interner.strings().to_list()
    pairs, own = np.unique(of * len(written) + codes, return_inverse=True)
    places = zip(*(part.tolist() for part in np.divmod(pairs, len(written))), strict=True)
    prefixes = [prefix(written[code], base) for base, code in places]
    rows = np.flatnonzero(folders.is_plain & np.array([each is not None for each in prefixes])[own])
    above = [(each or "").encode(errors="surrogateescape") for each in prefixes]
    bounds = np.cumsum([0, *map(len, above)])
    name, keys = folders.name[rows], np.empty(rows.size, np.uint64)
    _hash(
        folders.data, name, folders.end[rows] - name, own[rows],
        np.frombuffer(b"".join(above), np.uint8), bounds, keys,
    )  # fmt: skip
    return rows, keys


@kernel("relative_paths")
def cut(data: Bytes, start: Int64s, length: Int64s, head: Int64s, wide: Bools) -> None:
    """Length of each path up to its last slash, and whether its name is not plain ASCII."""
    raise NotImplementedError


@kernel("absent_folders")
def _hash(
    data: Bytes,
    start: Int64s,
    length: Int64s,
    of: Int64s,
    above: Bytes,
    bounds: Int64s,
    keys: UInt64s,
) -> None:
    raise NotImplementedError
