"""Ogg pages, as far as to give a stream the same serial number each time it is encoded.

libsndfile draws the serial of a new Ogg stream from the clock, and each page has a checksum over
it. Source: RFC 3533, section 6.
"""

from __future__ import annotations

import zlib

_MAGIC = b"OggS"
_SERIAL, _CHECKSUM, _SEGMENTS = 14, 22, 26  # offsets in a page's header
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def with_serial(data: bytes, serial: int) -> bytes:
    """The stream `data` (one logical stream) with `serial` on every page, checksums made anew."""
    stream, at = bytearray(data), 0
    while at < len(stream):
        assert stream[at : at + 4] == _MAGIC, "pages follow one another"
        count = stream[at + _SEGMENTS]
        body = at + _SEGMENTS + 1 + count
        end = body + sum(stream[body - count : body])
        stream[at + _SERIAL : at + _SERIAL + 4] = serial.to_bytes(4, "little")
        stream[at + _CHECKSUM : at + _CHECKSUM + 4] = bytes(4)
        checksum = page_checksum(bytes(stream[at:end]))
        stream[at + _CHECKSUM : at + _CHECKSUM + 4] = checksum.to_bytes(4, "little")
        at = end
    return bytes(stream)


def page_checksum(page: bytes) -> int:
    """CRC-32 of a page whose checksum field is zero: polynomial 04C11DB7, not reflected, from 0.

    zlib's is the same polynomial, reflected: so the bits are turned round before and after.
    """
    reflected = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)
