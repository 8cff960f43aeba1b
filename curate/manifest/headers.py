"""How long an audio file is, by its header: WAV, FLAC and Vorbis here, others by libsndfile.

libsndfile takes 50 to 90 us to open a WAV file, and reads some formats whole; most corpora are WAV
and FLAC, whose length is in the first bytes. What is odd in such a header goes to libsndfile too,
so that lengths are those that readers load. Sources: RFC 9639, section 8.2 (STREAMINFO); Microsoft,
Multimedia Programming Interface 1.0 (RIFF WAVE).
"""

from __future__ import annotations

import io
import os
import stat
import struct
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import chain, islice
from typing import NamedTuple

from curate.environment.cores import thread_count
from curate.files.state import FileState, state_of
from curate.files.unicode_forms import form_on_disk
from curate.manifest.strict import Malformed
from curate.manifest.vorbis_length import HEAD, TAIL, vorbis_frames
from curate.nemo.ffmpeg_kinds import CONVERT, ffmpeg_kind

NOT_MEASURED = "its audio has no header that can be read"
"""Begins the reason why the length of a file is not known."""
NO_FILE = "its audio file is missing (no such file)"
"""The reason where no file has the path."""
_HEAD = 4096
"""Bytes that are read; the samples of most WAV files begin behind 44, some behind 1 KiB of tags."""
_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_SAMPLED = frozenset({_PCM, _FLOAT, _ALAW, _MULAW})
"""WAV encodings of which every sample takes the same number of bytes."""
_TOGETHER = 256
"""Files that one thread measures at one go."""


class Length(NamedTuple):
    """Frames of an audio file (samples of one channel), their rate, and its channels."""

    frames: int
    rate: int
    channels: int

    @property
    def seconds(self) -> float:
        """Rounded to nanoseconds."""
        return round(self.frames / self.rate, 9)

    def seconds_from(self, offset: object) -> float:
        """Seconds behind an offset, if it is a number."""
        return round(self.seconds - (offset if isinstance(offset, int | float) else 0), 9)


def lengths(paths: Iterable[str], threads: int | None = None) -> Iterator[Length | str]:
    """The length of each file, or the reason why it is not known, in their order.

    Files are opened by several threads, since disks and networks answer several at once.
    """
    waiting = iter(paths)
    batches = iter(lambda: list(islice(waiting, _TOGETHER)), [])
    with ThreadPoolExecutor(threads or thread_count()) as pool:
        yield from chain.from_iterable(pool.map(_measure_all, batches))


def _measure_all(paths: list[str]) -> list[Length | str]:
    return [measured(path) for path in paths]


def measured(path: str) -> Length | str:
    """The length of a file, or the reason why it is not known."""
    try:
        return length_of(path)
    except Malformed as fault:
        return str(fault)


def length_of(path: str) -> Length:
    """The length of a regular file by its header, in whatever Unicode form (NFC, NFD) its name is
    on disk; Malformed where it has none.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        if path and isinstance(error, FileNotFoundError):
            if (there := form_on_disk(path)) is not None:
                return length_of(there)
            raise Malformed(NO_FILE) from None
        what = getattr(error, "strerror", None) or "no file name"
        raise Malformed(f"{NOT_MEASURED} ({what})") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Malformed(f"{NOT_MEASURED} (not a regular file)")
        head = os.pread(descriptor, _HEAD, 0)
        reader = _READERS.get(head[:4])
        length = None if reader is None else reader(head, status.st_size)
        if head.startswith(_OGG):
            length = _vorbis(descriptor, status.st_size)
        return _by_libsndfile(path, state_of(status), head[:16]) if length is None else length
    finally:
        os.close(descriptor)


def length_of_bytes(data: bytes) -> Length:
    """The length of a file by its content; Malformed where it has no header that can be read."""
    reader = _READERS.get(data[:4])
    length = None if reader is None else reader(data[:_HEAD], len(data))
    if length is not None:
        return length
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            return _checked(int(sound.frames), int(sound.samplerate), int(sound.channels))
    except (RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, Malformed):
            raise
        what = _no_header(data[:16])
        raise Malformed(f"{NOT_MEASURED} ({what})") from None


def _no_header(head: bytes) -> str:
    """Why a file that begins so is not measured, and what to do about it."""
    if kind := ffmpeg_kind(head):
        return f"{kind}, none that libsndfile reads; {CONVERT}"
    return "none that libsndfile reads" if head else "empty"


def _checked(frames: int, rate: int, channels: int) -> Length:
    """The length, if libsndfile knows it."""
    if not 0 < frames < 1 << 62:
        raise Malformed(f"{NOT_MEASURED} (it does not give the length)")
    return Length(frames, rate, channels)


def _wav(head: bytes, size: int) -> Length | None:
    """By the chunks `fmt ` and `data`; None where they are not plain, or not both in the head."""
    if head[8:12] != b"WAVE":
        return None
    at, rate, channels, block = 12, 0, 0, 0
    while at + 8 <= len(head):
        name, length = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if name == b"data":
            is_plain = rate and block and at + 8 + length <= size and length % block == 0
            return Length(length // block, rate, channels) if is_plain and length else None
        if name == b"fmt " and at + 24 <= len(head):
            kind, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", head, at + 8)
            if kind == _EXTENSIBLE and at + 34 <= len(head):
                kind = int.from_bytes(head[at + 32 : at + 34], "little")
            if kind not in _SAMPLED or block != channels * ((bits + 7) // 8):
                return None
        at += 8 + length + length % 2
    return None


def _flac(head: bytes, _size: int) -> Length | None:
    """By STREAMINFO; None where it does not give the number of samples."""
    if len(head) < 26 or head[4] & 0x7F:
        return None
    packed = int.from_bytes(head[18:26], "big")
    rate, channels, frames = packed >> 44, (packed >> 41 & 7) + 1, packed & (1 << 36) - 1
    return Length(frames, rate, channels) if rate and frames else None


def _vorbis(descriptor: int, size: int) -> Length | None:
    """By the first and the last page of an Ogg file; None where they do not say it for sure."""
    head = os.pread(descriptor, HEAD, 0)
    tail = head if size <= HEAD else os.pread(descriptor, TAIL, max(0, size - TAIL))
    length = vorbis_frames(head, tail)
    return None if length is None else Length(*length)


_OGG = b"OggS"
_READERS: dict[bytes, Callable[[bytes, int], Length | None]] = {b"RIFF": _wav, b"fLaC": _flac}


@lru_cache(1 << 16)
def _by_libsndfile(path: str, state: FileState, head: bytes) -> Length:
    """The length of a file in this state, which begins with `head`, as libsndfile has it."""
    import soundfile

    try:
        with (
            os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file,
            soundfile.SoundFile(file.fileno(), closefd=False) as sound,
        ):
            frames, rate, channels = int(sound.frames), int(sound.samplerate), int(sound.channels)
    except (OSError, soundfile.SoundFileError):
        raise Malformed(f"{NOT_MEASURED} ({_no_header(head if state.size else b'')})") from None
    return _checked(frames, rate, channels)
