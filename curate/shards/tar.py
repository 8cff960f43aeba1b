"""A tar file that is the same each time, hashed while it is written."""

from __future__ import annotations

import hashlib
import os
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from curate.files.on_disk import OnDisk

_LARGEST = 8**11  # bytes of a member
_EMPTY = tarfile.TarInfo("").tobuf(tarfile.USTAR_FORMAT)
_MODE, _TIMES, _REST = _EMPTY[:124], _EMPTY[135:148], _EMPTY[156:]
"""What stands before the size, behind it, and behind the checksum, which counts as blanks itself.
"""
_CHECKED = sum(_MODE) + sum(_TIMES) + sum(_REST) + 8 * ord(" ")
_NO_BYTES = bytes(tarfile.BLOCKSIZE)
_COPIED = 1 << 15
"""Bytes up to which a member is copied beside its header: larger ones are written where they are.
"""


@dataclass(frozen=True, slots=True)
class Written:
    """A file as it was written: its size, and its sha256 as hex digits."""

    bytes: int
    sha256: str


@dataclass(slots=True)
class HashedFile:
    """A file open for writing that knows its size and hash at the end."""

    file: IO[bytes]
    size: int = 0
    _on_disk: OnDisk | None = None
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256)

    @classmethod
    def create(cls, path: Path) -> HashedFile:
        """Open a new file."""
        return cls(path.open("wb", buffering=1 << 15))  # larger pieces go by it, uncopied

    def write(self, data: bytes | bytearray) -> None:
        """Append bytes."""
        self.file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def write_both(self, small: bytes | bytearray, large: bytes) -> None:
        """Append both in one call of the system, where they are."""
        self.file.flush()
        on_disk = self._on_disk = self._on_disk or OnDisk(self.file.fileno())
        on_disk.reserve(self.size + len(small) + len(large))
        written = os.writev(self.file.fileno(), (small, large))
        if written < len(small) + len(large):  # a full disk raises at the next byte
            self.file.write((bytes(small) + large)[written:])
        self._hash.update(small)
        self._hash.update(large)
        self.size += len(small) + len(large)
        on_disk.bring(self.size)

    def flush(self) -> None:
        """Hand on what is buffered; `gzip` requires it."""
        self.file.flush()

    def close(self) -> Written:
        """Close, and say what was written."""
        with self.file:
            self.file.flush()
            if self._on_disk is not None:
                self._on_disk.end(self.size)
        return Written(self.size, self._hash.hexdigest())


@dataclass(slots=True)
class TarFile:
    """A tar file (ustar) of plain members without time or owner.

    What is small is gathered, and goes with the next large member: a call for each.
    """

    out: HashedFile
    _gathered: bytearray = field(default_factory=bytearray)

    def add(self, name: str, data: bytes) -> None:
        """Append a member."""
        self._gathered += _header(name, len(data))
        if len(data) > _COPIED:
            self.out.write_both(self._gathered, data)
            self._gathered.clear()
        else:
            self._gathered += data
        self._gathered += _NO_BYTES[: -len(data) % tarfile.BLOCKSIZE]
        if len(self._gathered) > _COPIED:
            self._write_gathered()

    def close(self) -> Written:
        """End the archive as tar does: two empty blocks, filled up to a record."""
        self._write_gathered()
        end = 2 * tarfile.BLOCKSIZE
        end += -(self.out.size + end) % tarfile.RECORDSIZE
        self.out.write(bytes(end))
        return self.out.close()

    def _write_gathered(self) -> None:
        self.out.write(self._gathered)
        self._gathered.clear()


def _header(name: str, size: int) -> bytes:
    """A member's header: what `tarfile` writes in ustar format, ten times as fast."""
    named = name.encode("ascii")
    assert len(named) <= tarfile.LENGTH_NAME, "ustar has no longer names"
    assert size < _LARGEST, "ustar has no larger members"
    octal = b"%011o" % size
    checked = b"%06o\0 " % (_CHECKED + sum(named) + sum(octal))
    return b"".join((named, _MODE[len(named) :], octal, _TIMES, checked, _REST))
