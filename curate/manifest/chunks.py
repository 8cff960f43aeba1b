"""Files to chunks of whole lines: opened safely, decompressed, never cut inside a line."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from curate.errors import InputError
from curate.errors.nearest import absent
from curate.files.missing import MANIFEST_HINT
from curate.manifest.decompressed import DAMAGED, Readable, decompressed, is_compressed
from curate.manifest.spool import located

CHUNK_BYTES = 8 << 20
LONGEST_LINE = 256 << 20
"""A line beyond this is not a record of anybody's, and would fill the memory."""

MOST_LINES = 1 << 18
"""Lines in one chunk; a manifest's own are a tenth of this."""

_SAMPLES, _SAMPLE = 64, 1024
"""Places of a chunk, and bytes there, that tell whether its lines need counting."""

_WINDOW = 1 << 15
"""Bytes in which the end of a line is looked for at once."""

UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Chunk(NamedTuple):
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
        raise _changed(source)


def _changed(source: str) -> InputError:
    return InputError.of(source, "changed while it was read", "run again when it is complete")


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
            command = f"iconv -f UTF-16 -t UTF-8 {shlex.quote(source)} > NEW"
            raise InputError.of(source, "is UTF-16 text", f"convert it: {command}")
        if not is_compressed(head):
            yield from _cut_plain(source, descriptor, chunk_bytes, head)
            return
        with decompressed(raw, head) as plain:
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
        with decompressed(raw, head) as plain:
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
            with decompressed(raw, head) as plain:
                start = (plain.read(size) or b"")[:size]
        except OSError:
            return b""
        except DAMAGED:
            return b""
    return start.removeprefix(UTF8_MARK)


def _cut_plain(source: str, descriptor: int, chunk_bytes: int, head: bytes) -> Iterator[Chunk]:
    """The chunks of `_cut_lines` of a plain file, each read where it ends, so that nothing is
    copied.
    """
    offset = len(UTF8_MARK) if head.startswith(UTF8_MARK) else 0
    size = os.fstat(descriptor).st_size
    for first in range(0, size, chunk_bytes):
        last = min(first + chunk_bytes, size)
        end = _line_end(source, descriptor, max(first, offset), last)
        if end is None:
            _refuse_long_line(source, offset, last - offset)
            continue
        for part in _not_too_many(_read_at(source, descriptor, offset, end)):
            yield Chunk(source, offset, part)
            offset += len(part)
    if offset < size:
        yield Chunk(source, offset, _read_at(source, descriptor, offset, size))


def _line_end(source: str, descriptor: int, first: int, last: int) -> int | None:
    """Behind the last newline between these places."""
    while last > first:
        start = max(first, last - _WINDOW)
        newline = _read_at(source, descriptor, start, last).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        last = start
    return None


def _read_at(source: str, descriptor: int, first: int, last: int) -> bytes:
    """The bytes between these places, all of them."""
    try:
        data = os.pread(descriptor, last - first, first)
        while len(data) < last - first and (
            more := os.pread(descriptor, last - first - len(data), first + len(data))
        ):
            data += more
    except OSError as error:
        raise InputError.of(source, f"cannot be read: {error.strerror}") from None
    if len(data) < last - first:
        raise _changed(source)
    return data


def _refuse_long_line(source: str, offset: int, size: int) -> None:
    if size > LONGEST_LINE:
        what = f"the line at byte {offset} is longer than {LONGEST_LINE >> 20} MiB"
        raise InputError.of(source, what, "this is not a manifest of lines")


def _cut_lines(source: str, stream: Readable, chunk_bytes: int) -> Iterator[Chunk]:
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
            _refuse_long_line(source, offset, held)
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


def _blocks(source: str, stream: Readable, chunk_bytes: int) -> Iterator[bytes]:
    try:
        while block := stream.read(chunk_bytes):
            yield block
    except DAMAGED as error:
        raise InputError.of(
            source, f"the compressed data are damaged: {error}", "get the file again"
        ) from None
    except OSError as error:
        raise InputError.of(source, f"cannot be read: {error.strerror}") from None
