"""Files to chunks of whole lines: opened safely, decompressed, never cut inside a line."""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from curate.errors import InputError

CHUNK_BYTES = 8 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of one manifest; `byte_offset` counts in the decompressed file."""

    source: str
    byte_offset: int
    data: bytes


def open_manifest(source: str) -> int:
    """A descriptor of a regular file, opened without hanging on a pipe; InputError otherwise."""
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise InputError.of(source, "there is no such file") from None
    except OSError as error:
        raise InputError.of(source, f"cannot be opened: {error.strerror}") from None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise InputError.of(
            source, "is a directory", f"name its manifests, for example {Path(source) / '*.jsonl'}"
        )
    raise InputError.of(source, "is no regular file (a device, pipe or socket)")


@contextmanager
def _unchanged(source: str, descriptor: int) -> Iterator[None]:
    """Raise where the file was written to while it was read: counts would be of neither state."""
    before = os.fstat(descriptor)
    yield
    after = os.fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise InputError.of(source, "changed while it was read", "run again when it is complete")


def read_chunks(source: str, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """Yield the manifest as chunks of whole lines, in order; gzip is told by its first bytes.

    A UTF-8 byte order mark is skipped. Raises InputError for what cannot be read whole.
    """
    descriptor = open_manifest(source)
    with os.fdopen(descriptor, "rb", buffering=0) as raw, _unchanged(source, descriptor):
        head = raw.read(4)
        raw.seek(0)
        if head.startswith(_UTF16_MARKS):
            raise InputError.of(source, "is UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8")
        if head.startswith(_GZIP_MAGIC):
            with gzip.open(raw) as plain:
                yield from _cut_lines(source, plain, chunk_bytes)
        else:
            yield from _cut_lines(source, raw, chunk_bytes)


def _cut_lines(source: str, stream: _Readable, chunk_bytes: int) -> Iterator[Chunk]:
    offset = 0
    pending: list[bytes] = []
    for block in _blocks(source, stream, chunk_bytes):
        if offset == 0 and not pending and block.startswith(_UTF8_MARK):
            offset = len(_UTF8_MARK)
            block = block[offset:]
        cut = block.rfind(b"\n") + 1
        if not cut:
            pending.append(block)
            continue
        data = b"".join([*pending, block[:cut]])
        yield Chunk(source, offset, data)
        offset += len(data)
        pending = [block[cut:]] if cut < len(block) else []
    if rest := b"".join(pending):
        yield Chunk(source, offset, rest)


def _blocks(source: str, stream: _Readable, chunk_bytes: int) -> Iterator[bytes]:
    try:
        while block := stream.read(chunk_bytes):
            yield block
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError.of(
            source, f"the compressed data are damaged: {error}", "get the file again; try gzip -t"
        ) from None
    except OSError as error:
        raise InputError.of(source, f"cannot be read: {error.strerror}") from None
