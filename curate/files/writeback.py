"""Bytes on their way to the disk while others are written, so that the last sync waits for few."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

_BEGIN = 2  # SYNC_FILE_RANGE_WRITE


def begin_writeback(descriptor: int, start: int, size: int) -> None:
    """Have the system begin to write these bytes of a file to the disk, where it can; wait for
    nothing. Only after `fsync` are they known to be on the disk.
    """
    if (call := _sync_file_range()) is not None:
        call(descriptor, start, size, _BEGIN)  # a file system that cannot writes them later


@cache
def _sync_file_range() -> Callable[[int, int, int, int], int] | None:
    call = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if call is not None:
        call.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
    return call
