"""Append-only logs, one JSON object a line, that several programs read and add to at once.

A line is added under an exclusive lock and is on disk, or nothing of it is, when `append` returns.
Readers take the same lock, shared, so that they never see half of a line. Whoever must look at the
log before adding to it does both under one lock: `exclusive`.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from curate.artifacts.outputs import sync
from curate.artifacts.written import note
from curate.errors import ConfigError, CurateError, InputError
from curate.files.lock import NO_LOCKS, open_locked, open_regular
from curate.files.state import FileState, state_of

MAX_BYTES = 1 << 30

CUT_SHORT = "the line was cut short while it was written, and was never confirmed as saved"
"""The hint for a last line that has no end and cannot be read."""


class OpenLog(NamedTuple):
    """A log that only this program may append to, as long as the block of `exclusive` runs."""

    path: Path
    descriptor: int

    @property
    def state(self) -> FileState:
        """The state of the log now."""
        return state_of(os.fstat(self.descriptor))

    def read(self) -> bytes:
        """All that is in the log. InputError where that is too much."""
        return _read(self.path, self.descriptor)

    def append(self, *lines: bytes) -> None:
        """Add lines, on disk when this returns; where they cannot be written, ConfigError, and no
        byte of them is there.

        A last line without an end is ended first, so that it spoils no other.
        """
        assert not any(b"\n" in line for line in lines), "each is one line"
        size = os.fstat(self.descriptor).st_size
        torn = size > 0 and os.pread(self.descriptor, 1, size - 1) != b"\n"
        whole = b"\n" * torn + b"".join(line + b"\n" for line in lines)
        try:
            if os.write(self.descriptor, whole) < len(whole):  # the disk is nearly full
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self.descriptor)
            note(self.path)
        except OSError as error:
            os.ftruncate(self.descriptor, size)
            raise _unwritable(self.path, error) from None


@contextmanager
def exclusive(path: str | Path) -> Iterator[OpenLog]:
    """The log, made where there is none, while nobody else reads or adds to it.

    ConfigError where it cannot be written.
    """
    path = Path(path)
    descriptor = _locked(path)
    try:
        yield OpenLog(path, descriptor)
    finally:
        os.close(descriptor)


def append(path: str | Path, line: bytes) -> None:
    """Add one line to the log, whatever is in it; on disk when this returns."""
    with exclusive(path) as log:
        log.append(line)


def read(path: str | Path, hint: str = "") -> bytes:
    """All that is in the log. InputError, with `hint`, where it cannot be read."""
    try:
        descriptor = open_regular(Path(path), os.O_RDONLY)
    except OSError as error:
        raise _unreadable(path, error, hint) from None
    try:
        _share(descriptor)
        return _read(Path(path), descriptor)
    except OSError as error:
        raise _unreadable(path, error, hint) from None
    finally:
        os.close(descriptor)


def log_state(path: str | Path) -> FileState | None:
    """The state of the log now; None where there is none."""
    try:
        return state_of(Path(path).stat())
    except FileNotFoundError:
        return None


def numbered_lines(content: bytes, first: int = 1) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers; the first one has the number `first`."""
    for number, line in enumerate(content.split(b"\n"), first):
        if line.strip():
            yield number, line


def is_cut_short(content: bytes, number: int) -> bool:
    """Whether this line is the last one, and has no end."""
    return not content.endswith(b"\n") and number == content.count(b"\n") + 1


def check_writable(path: str | Path) -> None:
    """ConfigError where lines could not be added to the log; makes none, and changes none."""
    path = Path(path)
    try:
        if path.exists():
            os.close(open_regular(path, os.O_RDWR | os.O_APPEND))
        elif not os.access(path.parent, os.W_OK | os.X_OK):
            path.parent.stat()
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise _unwritable(path, error) from None


def _locked(path: Path) -> int:
    """An open descriptor of the file at the path, locked."""
    try:
        new = not path.exists()
        descriptor = open_locked(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, wait=True)
        if new:
            sync(path.resolve().parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    return descriptor


def _share(descriptor: int) -> None:
    with suppress(OSError):  # a file system without locks: one that is only read needs none
        fcntl.flock(descriptor, fcntl.LOCK_SH)


def _read(path: Path, descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    if size > MAX_BYTES:
        raise InputError.of(path, f"cannot be read: larger than {MAX_BYTES:,} bytes")
    parts, at = [], 0
    while part := os.pread(descriptor, max(size - at, 1 << 16), at):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def _unreadable(path: str | Path, error: OSError, hint: str) -> CurateError:
    return InputError.of(path, f"cannot be read: {str(error.strerror).lower()}", hint)


def _unwritable(path: Path, error: OSError) -> CurateError:
    hint = "name a file in a directory that you may write to"
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        hint = "make room on its disk"
    elif error.errno in NO_LOCKS:
        hint = "name a file on a file system with locks (flock), which several writers need"
    return ConfigError.of(path, f"cannot be written: {str(error.strerror).lower()}", hint)
