"""A long file on its way to the disk while it is written: the system reserves room for it in large
pieces, and brings its bytes there before the last sync has to wait for all of them.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import FileIO

_KEEP_SIZE = 1  # FALLOC_FL_KEEP_SIZE
_BEGIN = 2  # SYNC_FILE_RANGE_WRITE

_RESERVED = 1 << 24
"""Bytes that are reserved at once, which takes less than reserving each block as it is written."""
_BROUGHT = 1 << 23
"""Bytes that are written before they are brought to the disk: the system would wait for seconds."""


@dataclass(slots=True)
class OnDisk:
    """A file that grows: how much of it has room on the disk, and how much is on its way there.

    Only after `fsync` are its bytes known to be there. Where the system, or its file system, has
    no such calls, nothing is done: a full disk is met by the next write.
    """

    descriptor: int
    reserved: int = 0
    brought: int = 0

    def reserve(self, size: int) -> None:
        """Have room for the file, that is to grow to this size."""
        if size > self.reserved and (call := _call("fallocate")) is not None:
            more = max(_RESERVED, size - self.reserved)
            call(self.descriptor, _KEEP_SIZE, self.reserved, more)
            self.reserved += more

    def bring(self, size: int) -> None:
        """Begin to bring the file, that has grown to this size, to the disk; wait for nothing."""
        more = size - self.brought
        if more > _BROUGHT and (call := _call("sync_file_range")) is not None:
            call(self.descriptor, self.brought, more, _BEGIN)
            self.brought = size

    def end(self, size: int) -> None:
        """Release the room that the file, of this size, has left."""
        if self.reserved > size:
            os.ftruncate(self.descriptor, size)


def forget_read(file: FileIO, first: int, size: int) -> None:
    """Let the system use the memory again in which it holds these bytes of a file that was read:
    what is written of them then takes no more. Bytes that are not on the disk yet stay.
    """
    if hasattr(os, "posix_fadvise"):  # not on macOS
        os.posix_fadvise(file.fileno(), first, size, os.POSIX_FADV_DONTNEED)


@cache
def _call(name: str) -> Callable[[int, int, int, int], int] | None:
    call = getattr(ctypes.CDLL(None), name, None)
    if call is not None:
        types = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
        last = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
        call.argtypes = types if name == "fallocate" else last
    return call
