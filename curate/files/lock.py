"""Advisory locks, which end with their process, however that ends."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from curate.errors import ConfigError

NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""What a file system without `flock` answers, such as Lustre or NFS as some clusters mount them."""

UNLOCKED = "let no second command write it at the same time"

_log = logging.getLogger(__name__)

_HELD: set[int] = set()
"""Descriptors of the locks that this process holds."""


def _release_in_child() -> None:
    """A forked process, such as a data worker, would hold the locks of a parent that was killed."""
    while _HELD:
        os.close(_HELD.pop())


os.register_at_fork(after_in_child=_release_in_child)


@contextmanager
def held(lock: Path, out: Path) -> Iterator[None]:
    """Hold the file `lock`, made for it and then removed, while only this process writes `out`.

    ConfigError where another process holds it; who does is written in the file. Where the file
    system has no locks a warning is logged, and nothing is held.
    """
    try:
        descriptor = open_locked(lock, os.O_RDWR | os.O_CREAT, wait=False)
    except BlockingIOError:
        what = f"is in use by {_holder(lock)}"
        raise ConfigError.of(out, what, "wait for it, or name another directory") from None
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        lock.unlink(missing_ok=True)
        _log.warning("warning: %s is on a file system without locks: %s", out, UNLOCKED)
        yield
        return
    _HELD.add(descriptor)
    try:
        with suppress(OSError):  # no room on the disk: the lock holds all the same
            os.truncate(descriptor, 0)
            os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield
    finally:
        if descriptor in _HELD:  # not in a forked process
            _HELD.remove(descriptor)
            lock.unlink(missing_ok=True)
            os.close(descriptor)


def _holder(lock: Path) -> str:
    with suppress(OSError):
        return lock.read_text(encoding="utf-8", errors="replace") or "another process"
    return "another process"


def open_locked(path: Path, flags: int, *, wait: bool) -> int:
    """A descriptor of the file at `path`, locked.

    BlockingIOError where another process has it locked and this one is not to `wait`; OSError where
    it cannot be opened or is not a file.
    """
    while True:
        descriptor = open_regular(path, flags)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if _is_at(path, descriptor):
                return descriptor
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)  # it was removed or replaced between its opening and its locking


def open_regular(path: Path, flags: int) -> int:
    """A descriptor of a file; OSError for a pipe, which would wait for ever, and for a device."""
    descriptor = os.open(path, flags | os.O_NONBLOCK, 0o644)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a file")
    return descriptor


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
