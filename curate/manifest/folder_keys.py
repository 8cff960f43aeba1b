"""Keys of directories, found by the hash of how a path begins: most paths are in a directory that
a path before them was in, and those need no Python.
"""

from __future__ import annotations

from threading import Lock
from typing import NamedTuple

import numpy as np

from curate.arrays import Bools, Bytes, Int64s, UInt64s
from curate.native import kernel

MOST = 1 << 16
"""Directories that are remembered; with more of them, it starts again."""


class _Table(NamedTuple):
    """Open addressing; 0 is a free place. It is never written to while others may read it."""

    places: UInt64s
    folders: UInt64s
    held: int


class PathParts(NamedTuple):
    """Of each path the hashes of what it has up to its last slash and of its name, and whether that
    is not plain ASCII.
    """

    folders: UInt64s
    names: UInt64s
    wide: Bools

    @classmethod
    def of(cls, data: Bytes, start: Int64s, length: Int64s) -> PathParts:
        """Of spans of `data`."""
        folders, names = np.empty(start.size, np.uint64), np.empty(start.size, np.uint64)
        parts = cls(folders, names, np.empty(start.size, np.bool_))
        _hash(data, start, length, parts)
        return parts

    def replaced(self, rows: Int64s, parts: PathParts) -> PathParts:
        """Those, with other ones in these rows."""
        replaced = PathParts(self.folders.copy(), self.names.copy(), self.wide.copy())
        for own, others in zip(replaced, parts, strict=True):
            own[rows] = others
        return replaced


def _empty(room: int) -> _Table:
    return _Table(np.zeros(room, np.uint64), np.zeros(room, np.uint64), 0)


class FolderKeys:
    """The keys of directories by place: what a path has up to its last slash, hashed, and with it
    where such a path begins.
    """

    def __init__(self) -> None:
        self._table = _empty(1 << 10)
        self._lock = Lock()

    def find(self, paths: PathParts, begins: UInt64s) -> tuple[UInt64s, Int64s]:
        """Keys of the files that paths name, and the rows whose key is not known by them: a
        directory that is not remembered, or a name that is not plain ASCII.

        `begins` is for each path a hash of where it begins.
        """
        table = self._table
        keys, unknown = np.empty(begins.size, np.uint64), np.empty(begins.size, np.bool_)
        _find(paths, begins, table.places, table.folders, keys, unknown)
        return keys, np.flatnonzero(unknown)

    def remember(self, places: UInt64s, folders: UInt64s) -> None:
        """Remember directories, of which names in plain ASCII follow from these keys."""
        with self._lock:
            old = self._table
            if old.held + places.size > MOST:
                old = _empty(1 << 10)
            count = old.held + places.size
            room = max(old.places.size, 1 << (2 * count).bit_length())
            table = _Table(np.zeros(room, np.uint64), np.zeros(room, np.uint64), count)
            _put(table.places, table.folders, old.places, old.folders)
            _put(table.places, table.folders, places, folders)
            self._table = table

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._table = _empty(1 << 10)


@kernel("folder_keys")
def _hash(data: Bytes, start: Int64s, length: Int64s, parts: PathParts) -> None:
    raise NotImplementedError


@kernel("folder_keys")
def _find(
    parts: PathParts,
    begins: UInt64s,
    places: UInt64s,
    folders: UInt64s,
    keys: UInt64s,
    unknown: Bools,
) -> None:
    raise NotImplementedError


@kernel("folder_keys")
def _put(places: UInt64s, folders: UInt64s, more: UInt64s, keys: UInt64s) -> None:
    """Put keys at these places; those that are 0 are none."""
    raise NotImplementedError
