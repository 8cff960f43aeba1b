"""What the header of a whole FLAC or WAV file says, where it is of the plain kind.

Most files of a corpus are, and to open each by libsndfile takes as long as to copy it. Whatever is
not plain gets None here and goes to libsndfile, whose word counts.
"""

from __future__ import annotations

import struct
from typing import NamedTuple


class Header(NamedTuple):
    """Length and shape of the audio, and the extension under which its bytes are stored."""

    frames: int
    rate: int
    channels: int
    extension: str


def plain_header(data: bytes) -> Header | None:
    """The header of a whole file's bytes; None where libsndfile should look.

    Sources: RFC 9639, section 8.2 (STREAMINFO); the RIFF WAVE layout with 16-byte `fmt ` first.
    """
    if data[:4] == b"fLaC":
        return _flac(data)
    return _wav(data) if data[:4] == b"RIFF" else None


def _flac(data: bytes) -> Header | None:
    """STREAMINFO comes first: 20 bits of rate, 3 of channels, 5 of depth, 36 of samples."""
    if len(data) < 64 or data[4] & 0x7F != 0 or data[5:8] != b"\x00\x00\x22":
        return None
    packed = int.from_bytes(data[18:26], "big")
    frames, rate = packed & (1 << 36) - 1, packed >> 44
    return Header(frames, rate, (packed >> 41 & 7) + 1, "flac") if frames and rate else None


def _wav(data: bytes) -> Header | None:
    """44 bytes of header, 16-bit PCM, and as much behind it as it says."""
    if len(data) < 46:
        return None
    _, size, wave, fmt, fmt_size, kind, channels, rate, _, block, bits, chunk, length = (
        struct.unpack_from("<4sI4s4sIHHIIHH4sI", data)
    )
    plain = (wave, fmt, fmt_size, kind, bits, chunk) == (b"WAVE", b"fmt ", 16, 1, 16, b"data")
    if not plain or block != 2 * channels or not rate or size + 8 != len(data):
        return None
    return Header(length // block, rate, channels, "wav") if length + 44 == len(data) else None
