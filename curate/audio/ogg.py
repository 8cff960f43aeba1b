"""Ogg pages: a stream gets the same serial number each time; whether an Opus file is whole.

libsndfile draws the serial of a new Ogg stream from the clock, and each page has a checksum over
it. To prove an Opus file by its checksums is a hundred times quicker than to decode it. Sources:
RFC 3533, section 6 (pages); RFC 7845 (Opus in Ogg); RFC 6716, section 3.1 (a packet's length).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

_MAGIC = b"OggS"
_FLAGS, _GRANULE, _SERIAL, _NUMBER, _CHECKSUM, _SEGMENTS = 5, 6, 14, 18, 22, 26
"""Offsets in a page's header."""
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def with_serial(data: bytes, serial: int) -> bytes:
    """The stream `data` (one logical stream) with `serial` on every page, checksums recomputed."""
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


class Page(NamedTuple):
    """A page whose checksum holds: flags, position, serial and sequence number, segments, body."""

    flags: int
    granule: int
    serial: int
    number: int
    segments: bytes
    body: bytes


def pages(data: bytes) -> Iterator[Page]:
    """The pages from the first byte on, as long as they follow one another unbroken."""
    at = 0
    while data[at : at + 5] == _MAGIC + b"\0" and at + _SEGMENTS < len(data):
        body = at + _SEGMENTS + 1 + data[at + _SEGMENTS]
        segments = data[at + _SEGMENTS + 1 : body]
        end = body + sum(segments)
        page = data[at:end]
        bare = page[:_CHECKSUM] + bytes(4) + page[_CHECKSUM + 4 :]
        if end > len(data) or _number(page, _CHECKSUM) != page_checksum(bare):
            return
        granule = int.from_bytes(page[_GRANULE:_SERIAL], "little", signed=True)
        serial, number = _number(page, _SERIAL), _number(page, _NUMBER)
        yield Page(page[_FLAGS], granule, serial, number, segments, data[body:end])
        at = end


def _number(page: bytes, at: int) -> int:
    return int.from_bytes(page[at : at + 4], "little")


def opus_is_whole(data: bytes, samples: int, rate: int) -> bool:
    """Whether an Opus file's pages are all there, with packets for `samples` at `rate` Hz.

    One stream of whole pages from the first to the last, and nothing behind them. False says only
    that a decoder has to look.
    """
    ogg_pages = list(pages(data))
    size = sum(_SEGMENTS + 1 + len(page.segments) + len(page.body) for page in ogg_pages)
    if size != len(data) or len(ogg_pages) < 3 or not _is_one_stream(ogg_pages):
        return False
    head, *packets = _packets(ogg_pages)
    if head[:8] != b"OpusHead" or len(head) < 19:
        return False
    length = sum(map(_packet_length, packets[1:]))  # behind OpusTags
    skipped, end = int.from_bytes(head[10:12], "little"), ogg_pages[-1].granule
    promised = skipped + round(samples * _CLOCK / rate)
    return abs(promised - end) <= _CLOCK // rate and end <= length


_CLOCK = 48_000
"""Opus counts its samples at this rate, whatever the rate of what was encoded."""


def _is_one_stream(ogg_pages: list[Page]) -> bool:
    """First and last page say that they are, serials are one, numbers and positions go up."""
    first = ogg_pages[0]
    ends = [(page.flags & _FIRST, page.flags & _LAST) for page in ogg_pages]
    inner = [(0, 0)] * (len(ogg_pages) - 2)
    return (
        ends == [(_FIRST, 0), *inner, (0, _LAST)]
        and all(page.serial == first.serial for page in ogg_pages)
        and [page.number for page in ogg_pages]
        == list(range(first.number, first.number + len(ogg_pages)))
    )


def _packets(ogg_pages: list[Page]) -> list[bytes]:
    """The packets: a segment of 255 bytes goes on in the next, on the next page too."""
    packets, rest = [], b""
    for page in ogg_pages:
        at = 0
        for size in page.segments:
            rest += page.body[at : at + size]
            at += size
            if size < 255:
                packets.append(rest)
                rest = b""
    return packets


_SILK, _HYBRID, _CELT = (480, 960, 1920, 2880), (480, 960), (120, 240, 480, 960)


def _packet_length(packet: bytes) -> int:
    """Samples of a packet at 48 kHz, by its first two bytes; 0 for one that is none."""
    if not packet:
        return 0
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame = _SILK[config % 4]
    else:
        frame = _HYBRID[config % 2] if config < 16 else _CELT[config % 4]
    if code < 3:
        return frame * (1 if code == 0 else 2)
    return frame * (packet[1] & 63) if len(packet) > 1 else 0
