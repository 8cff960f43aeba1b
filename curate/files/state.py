"""What tells a file from what it was: what the disk says of it, and the digest of its bytes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
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


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
