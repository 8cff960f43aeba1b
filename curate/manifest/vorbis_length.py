"""How long an Ogg Vorbis file is: by its last page, where the first shows that it begins at 0.

libsndfile builds the decoder's tables to tell, which takes 0.4 ms a file. No checksum is proven:
what is damaged inside shows once it is decoded. Sources: RFC 3533, section 6 (pages); Vorbis I,
sections 1.3 (blocks), 4.2 (headers) and A.2 (positions in Ogg).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

HEAD, TAIL = 16_384, 65_536
"""Bytes of both ends that are read: three headers with the first audio, and the largest page."""
_HEADER = struct.Struct("<4sBBqIII")
_FIRST, _LAST, _CONTINUED = 2, 4, 1
_MODE_BITS = (1, 16, 16, 8)
"""Of a mode at the end of the setup header: long or short, window, transform, mapping."""


class _Page(NamedTuple):
    flags: int
    granule: int
    serial: int
    segments: bytes
    body: int
    end: int


def _page(data: bytes, at: int) -> _Page | None:
    """The page at a place; None where there is none, or not all of it."""
    if at < 0 or at + 27 > len(data):
        return None
    magic, version, flags, granule, serial, _, _ = _HEADER.unpack_from(data, at)
    segments = data[at + 27 : at + 27 + data[at + 26]]
    body = at + 27 + data[at + 26]
    end = body + sum(segments)
    is_whole = magic == b"OggS" and not version and end <= len(data)
    return _Page(flags, granule, serial, segments, body, end) if is_whole else None


def vorbis_frames(head: bytes, tail: bytes) -> tuple[int, int, int] | None:
    """Frames, rate and channels by the first HEAD and the last TAIL bytes of a file.

    None for what is no Vorbis, and for a stream that does not begin at 0, is joined to another, has
    no last page at its end, or is so short that its first page is the last.
    """
    first = _page(head, 0)
    if first is None or first.flags != _FIRST or head[first.body :][:7] != b"\x01vorbis":
        return None
    channels, rate = struct.unpack_from("<BI", head, first.body + 11)
    sizes = 1 << (head[first.body + 28] & 15), 1 << (head[first.body + 28] >> 4)
    last = _page(tail, tail.rfind(b"OggS"))
    if last is None or last.end != len(tail) or not last.flags & _LAST:
        return None
    if last.serial != first.serial or not rate or not channels or not _begins(head, first, sizes):
        return None
    return (last.granule, rate, channels) if last.granule > 0 else None


def _begins(head: bytes, first: _Page, sizes: Sequence[int]) -> bool:
    """Whether the first page of audio ends as many samples behind 0 as its blocks make."""
    lacing = data = b""
    at = first.end
    while (page := _page(head, at)) is not None and page.serial == first.serial:
        if page.granule > 0:
            headers = list(_packets(lacing, data))
            if len(headers) != 2 or page.flags & (_CONTINUED | _LAST):
                return False
            audio = _packets(page.segments, head[page.body : page.end])
            return _samples(audio, sizes, _blocks(headers[1])) == page.granule
        lacing, data = lacing + page.segments, data + head[page.body : page.end]
        at = page.end
    return False


def _packets(lacing: bytes, data: bytes) -> Iterator[bytes]:
    """The packets that end in these segments."""
    start = end = 0
    for size in lacing:
        end += size
        if size < 255:
            yield data[start:end]
            start = end


def _samples(packets: Iterable[bytes], sizes: Sequence[int], blocks: Sequence[int]) -> int:
    """Samples that packets make: half of each block overlaps the one before; -1 for no audio."""
    total = before = 0
    bits = max(len(blocks) - 1, 0).bit_length()
    for packet in packets:
        mode = packet[0] >> 1 & (1 << bits) - 1 if packet and not packet[0] & 1 else len(blocks)
        if mode >= len(blocks):
            return -1
        size = sizes[blocks[mode]]
        total += (before + size) // 4 if before else 0
        before = size
    return total


@lru_cache(maxsize=256)
def _blocks(setup: bytes) -> Sequence[int]:
    """Of each mode, whether its blocks are long; empty where the setup header ends otherwise.

    The modes stand last, behind six bits of their number and before a bit that is set: they are
    read from the end, since all before takes a decoder to read.
    """
    bits = int.from_bytes(setup, "little")
    at = bits.bit_length() - 1
    modes: list[int] = []
    counted: list[int] = []
    while at > 6 + sum(_MODE_BITS) and len(modes) < 64:
        mapping, transform, window = (
            bits >> at - 8 & 0xFF, bits >> at - 24 & 0xFFFF, bits >> at - 40 & 0xFFFF,
        )  # fmt: skip
        if mapping > 63 or transform or window:
            break
        at -= sum(_MODE_BITS)
        modes.append(bits >> at & 1)
        if (bits >> at - 6 & 63) + 1 == len(modes):
            counted = modes[::-1]
    return tuple(counted)
