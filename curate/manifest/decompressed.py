"""The content of compressed manifests: gzip and zstd, known by their first bytes."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import IO, Any, Protocol

import zstandard

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_STEP = 1 << 10
"""Compressed bytes taken at once; four of them can stand for 128 KiB."""


def _gzip_reader() -> tuple[Any, type[Exception]]:
    """What reads gzip, and its error: isal where it is installed (three times as fast)."""
    try:
        reader, fault = import_module("isal.igzip"), import_module("isal.isal_zlib").error
    except ImportError:
        return gzip.GzipFile, zlib.error
    return reader.IGzipFile, fault


_GzipReader, _GzipFault = _gzip_reader()


DAMAGED: tuple[type[Exception], ...] = (
    EOFError, gzip.BadGzipFile, zlib.error, _GzipFault, zstandard.ZstdError,
)  # fmt: skip
"""What reading damaged content raises."""


class Readable(Protocol):
    """What is read from."""

    def read(self, size: int, /) -> bytes | None:
        """At most `size` bytes; empty at the end."""


def is_compressed(head: bytes) -> bool:
    """Whether a file that begins so is gzip or zstd."""
    return head.startswith((_GZIP_MAGIC, _ZSTD_MAGIC))


@contextmanager
def decompressed(raw: IO[bytes], head: bytes) -> Iterator[Readable]:
    """The content of a file that begins with `head`."""
    if head.startswith(_GZIP_MAGIC):
        with _GzipReader(fileobj=raw) as plain:
            yield plain
    elif head.startswith(_ZSTD_MAGIC):
        yield _Frames(raw)
    else:
        yield raw


class _Frames:
    """The content of zstd frames, one after the other; EOFError where the last one is cut."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._open: Any = zstandard.ZstdDecompressor().decompressobj()
        self._rest = b""

    def read(self, size: int) -> bytes:
        """About `size` bytes (a block expands to as much as it does); empty at the end."""
        blocks: list[bytes] = []
        held = 0
        while held < size:
            block = self._rest or self._raw.read(_ZSTD_STEP)
            self._rest = b""
            if not block:
                if self._open is not None:
                    raise EOFError("the zstd frame ended too early")
                break
            if self._open is None:
                self._open = zstandard.ZstdDecompressor().decompressobj()
            blocks.append(self._open.decompress(block))
            held += len(blocks[-1])
            if self._open.eof:
                self._rest = self._open.unused_data
                self._open = None
        return b"".join(blocks)
