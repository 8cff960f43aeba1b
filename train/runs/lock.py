"""One run at a time in a folder: a lock that ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.artifacts.outputs import writable
from curate.errors import ConfigError

LOCK = ".lock"
"""The lock's file in the run folder; who holds it stands in it. Gone when the run has ended."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process; ConfigError where another process holds it."""
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    descriptor = _take(path)
    try:
        os.truncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _take(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise _in_use(path) from error
        if _is_at(path, descriptor):
            return descriptor
        os.close(descriptor)  # it was the file of a run that ended in this moment


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _in_use(path: Path) -> ConfigError:
    holder = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    what = f"is in use by {holder or 'another run'}"
    return ConfigError.of(path.parent, what, "wait for it, or choose another --out")
