"""What tells a file from what it was, without reading it."""

from __future__ import annotations

import os
from typing import NamedTuple


class FileState(NamedTuple):
    """A file as the disk has it: of equal states the content is equal."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


def state_of(status: os.stat_result) -> FileState:
    """The state that `os.stat` or `os.fstat` reports."""
    return FileState(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
