"""Files to chunks of whole lines: opened safely, decompressed, never cut inside a line."""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Protocol

import zstandard

from curate.errors import InputError
from curate.errors.nearest import absent
from curate.files.missing import MANIFEST_HINT
from curate.manifest.spool import located

CHUNK_BYTES = 8 << 20
LONGEST_LINE = 256 << 20
"""A line beyond this is not a record of anybody's, and would fill the memory."""

MOST_LINES = 1 << 18
"""Lines in one chunk; a manifest's own are a tenth of this."""

_SAMPLES, _SAMPLE = 64, 1024
"""Places of a chunk, and bytes there, that tell whether its lines need counting."""

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_STEP = 1 << 10
"""Compressed bytes taken at once; four of them can stand for 128 KiB."""

UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def _gzip_reader() -> tuple[Any, type[Exception]]:
    """What reads gzip, and its error: isal where it is installed (three times as fast)."""
    try:
        reader, fault = import_module("isal.igzip"), import_module("isal.isal_zlib").error
    except ImportError:
        return gzip.GzipFile, zlib.error
    return reader.IGzipFile, fault


_GzipReader, _GzipFault = _gzip_reader()


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
        descriptor = os.open(located(source), os.O_RDONLY | os.O_NONBLOCK)
    except ValueError:
        raise InputError.of(repr(source), "is not a file name (it holds a NUL character)") from None
    except FileNotFoundError:
        raise InputError(absent(Path(source), MANIFEST_HINT)) from None
    except OSError as error:
        raise InputError.of(
            source, f"cannot be opened: {error.strerror}", "name a manifest"
        ) from None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise InputError.of(
            source, "is a directory", f"name its manifests, for example {Path(source) / '*.jsonl'}"
        )
    raise InputError.of(source, "is not a regular file (a device, pipe or socket)")


@contextmanager
def _unchanged(source: str, descriptor: int) -> Iterator[None]:
    """Raise where the file was written to while it was read: counts would be of neither state."""
    before = os.fstat(descriptor)
    yield
    after = os.fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise InputError.of(source, "changed while it was read", "run again when it is complete")


def read_chunks(source: str, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """Yield the manifest as chunks of whole lines, in order.

    gzip and zstd are recognised by their first bytes. A UTF-8 byte order mark is skipped. Raises
    InputError for what cannot be read whole.
    """
    descriptor = open_manifest(source)
    with os.fdopen(descriptor, "rb", buffering=0) as raw, _unchanged(source, descriptor):
        head = raw.read(4)
        raw.seek(0)
        if head.startswith(UTF16_MARKS):
            raise InputError.of(source, "is UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8")
        with _decompressed(raw, head) as plain:
            yield from _cut_lines(source, plain, chunk_bytes)


def read_whole(source: str, most_bytes: int = LONGEST_LINE) -> bytes:
    """All of a file's (decompressed) content, marks of its encoding included.

    InputError for what cannot be read whole, or holds more than `most_bytes`.
    """
    descriptor = open_manifest(source)
    blocks: list[bytes] = []
    with os.fdopen(descriptor, "rb", buffering=0) as raw, _unchanged(source, descriptor):
        head = raw.read(4)
        raw.seek(0)
        with _decompressed(raw, head) as plain:
            for block in _blocks(source, plain, CHUNK_BYTES):
                blocks.append(block)
                if sum(map(len, blocks)) > most_bytes:
                    what = f"holds more than {most_bytes >> 20} MiB, and is read as a whole"
                    raise InputError.of(source, what, "divide it into smaller files")
    return b"".join(blocks)


def read_head(source: str, size: int = 1 << 16) -> bytes:
    """The first bytes of a file's (decompressed) content; what damaged data still give."""
    with os.fdopen(open_manifest(source), "rb", buffering=0) as raw:
        head = raw.read(4)
        raw.seek(0)
        try:
            with _decompressed(raw, head) as plain:
                start = (plain.read(size) or b"")[:size]
        except (OSError, EOFError, zlib.error, _GzipFault, zstandard.ZstdError):
            return b""
    return start.removeprefix(UTF8_MARK)


def is_compressed(head: bytes) -> bool:
    """Whether a file that begins so is gzip or zstd."""
    return head.startswith((_GZIP_MAGIC, _ZSTD_MAGIC))


@contextmanager
def _decompressed(raw: IO[bytes], head: bytes) -> Iterator[_Readable]:
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


def _cut_lines(source: str, stream: _Readable, chunk_bytes: int) -> Iterator[Chunk]:
    offset = held = 0
    pending: list[bytes] = []
    for block in _blocks(source, stream, chunk_bytes):
        if offset == 0 and not pending and block.startswith(UTF8_MARK):
            offset = len(UTF8_MARK)
            block = block[offset:]
        cut = block.rfind(b"\n") + 1
        if not cut:
            pending.append(block)
            held += len(block)
            if held > LONGEST_LINE:
                raise InputError.of(
                    source,
                    f"the line at byte {offset} is longer than {LONGEST_LINE >> 20} MiB",
                    "this is not a manifest of lines",
                )
            continue
        data = b"".join([*pending, block[:cut]])
        for part in _not_too_many(data):
            yield Chunk(source, offset, part)
            offset += len(part)
        pending = [block[cut:]] if cut < len(block) else []
        held = len(block) - cut
    if rest := b"".join(pending):
        yield Chunk(source, offset, rest)


def _not_too_many(data: bytes) -> Iterator[bytes]:
    """Whole lines as they are, or in smaller parts where they are next to empty.

    What is held of each line would otherwise outgrow the lines by far.
    """
    step = len(data) // _SAMPLES + 1
    seen = sum(data.count(b"\n", at, at + _SAMPLE) for at in range(0, len(data), step))
    if seen * 64 <= _SAMPLES * _SAMPLE or data.count(b"\n") <= MOST_LINES:
        yield data
        return
    first = 0
    while first < len(data):
        last = data.rfind(b"\n", first, first + MOST_LINES) + 1 or data.find(b"\n", first) + 1
        yield data[first:last]
        first = last


def _blocks(source: str, stream: _Readable, chunk_bytes: int) -> Iterator[bytes]:
    try:
        while block := stream.read(chunk_bytes):
            yield block
    except (
        EOFError,
        gzip.BadGzipFile,
        zlib.error,
        _GzipFault,
        zstandard.ZstdError,
    ) as error:
        raise InputError.of(
            source, f"the compressed data are damaged: {error}", "get the file again"
        ) from None
    except OSError as error:
        raise InputError.of(source, f"cannot be read: {error.strerror}") from None
