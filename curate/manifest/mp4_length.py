"""How long the audio of an MP4 file (m4a) is, by its boxes.

libsndfile reads no MP4; the length shows whether segments end behind the audio. Source:
ISO/IEC 14496-12, sections 4.2 (boxes), 8.4 (media) and 8.6.6 (edit lists, by which encoders state
their delay).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from curate.manifest.headers import Length, lengths

_LARGEST = 64 << 20
"""Bytes of the box that describes the file; ten hours of AAC take seven million."""
_NO_MEDIA = -1
"""The media time of an edit that is a pause."""


def stated_seconds(paths: Sequence[str]) -> Iterator[float | None]:
    """How long each file says that it is, MP4 too, whose audio is not read here; None where it does
    not say it.
    """
    for path, length in zip(paths, lengths(paths), strict=True):
        yield length.seconds if isinstance(length, Length) else mp4_seconds(path)


class _Box(NamedTuple):
    """What is in a box: its name, and where its content begins and ends."""

    name: bytes
    start: int
    end: int


def mp4_seconds(path: str) -> float | None:
    """Seconds of the first audio track of a regular file; None of what is no MP4, has no audio, or
    does not give its length (as fragmented files do not).
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        movie = _movie(descriptor)
        return None if movie is None else _seconds(movie)
    except struct.error:  # a box that is cut off
        return None
    finally:
        os.close(descriptor)


def _movie(descriptor: int) -> bytes | None:
    """The content of the box `moov`; None where there is none."""
    size, at = os.fstat(descriptor).st_size, 0
    while at + 8 <= size:
        head = os.pread(descriptor, 16, at)
        box = _box(head, 0, size - at)
        if not at and box.name != b"ftyp":
            return None
        if box.name == b"moov" and box.end - box.start <= _LARGEST:
            return os.pread(descriptor, box.end - box.start, at + box.start)
        at += box.end
    return None


def _box(data: bytes, at: int, most: int) -> _Box:
    """The box at a place of data, of which `most` bytes are left."""
    length, name = struct.unpack_from(">I4s", data, at)
    header = 8
    if length == 1:
        (length,) = struct.unpack_from(">Q", data, at + 8)
        header = 16
    length = length or most
    if length < header or length > most:
        raise struct.error("a box is longer than what holds it")
    return _Box(name, at + header, at + length)


def _boxes(data: bytes, start: int, end: int) -> Iterator[_Box]:
    while start + 8 <= end:
        box = _box(data, start, end - start)
        yield box
        start = box.end


def _find(data: bytes, within: _Box, *names: bytes) -> _Box | None:
    """The first box of this path of names."""
    box: _Box | None = within
    for name in names:
        if box is None:
            return None
        box = next((each for each in _boxes(data, box.start, box.end) if each.name == name), None)
    return box


def _seconds(movie: bytes) -> float | None:
    whole = _Box(b"moov", 0, len(movie))
    for track in (each for each in _boxes(movie, 0, len(movie)) if each.name == b"trak"):
        handler = _find(movie, track, b"mdia", b"hdlr")
        if handler is None or movie[handler.start + 8 : handler.start + 12] != b"soun":
            continue
        edits = _find(movie, track, b"edts", b"elst")
        scale, _ = _times(movie, _find(movie, whole, b"mvhd"))
        edited = 0 if edits is None else _edited(movie, edits)
        if edited and scale:
            return edited / scale
        scale, length = _times(movie, _find(movie, track, b"mdia", b"mdhd"))
        return length / scale if length and scale else None
    return None


def _times(data: bytes, header: _Box | None) -> tuple[int, int]:
    """Units a second and length of `mvhd` or `mdhd`; zeros where there is none."""
    if header is None:
        return 0, 0
    is_long = data[header.start : header.start + 1] == b"\1"
    form, at = (">IQ", 20) if is_long else (">II", 12)
    scale, length = struct.unpack_from(form, data, header.start + at)
    unknown = (1 << (64 if is_long else 32)) - 1
    return scale, 0 if length == unknown else length


def _edited(data: bytes, edits: _Box) -> int:
    """The length of all edits but pauses, in units of the movie."""
    is_long = data[edits.start : edits.start + 1] == b"\1"
    form = struct.Struct(">Qq4x" if is_long else ">Ii4x")
    (count,) = struct.unpack_from(">I", data, edits.start + 4)
    end = edits.start + 8 + min(count, (edits.end - edits.start) // form.size) * form.size
    entries = form.iter_unpack(data[edits.start + 8 : end])
    return sum(length for length, start in entries if start != _NO_MEDIA)
