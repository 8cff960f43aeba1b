"""Whether a FLAC file is whole, by its own checksums: eight times quicker than decoding it.

Each frame begins with a header that has a CRC-8 and a number, and ends with a CRC-16 over all of
it. Where frame follows frame, all checksums hold, and their samples add up to what STREAMINFO
promises, nothing is missing and nothing was changed. Source: RFC 9639, sections 8.1 and 9.
"""

from __future__ import annotations

import numpy as np

from curate.arrays import Bytes, Int, Int32s
from curate.arrays.compiled import borrowing

_SLICES, _LONGEST_HEADER = 8, 16


def _remainders(polynomial: int, bits: int) -> Int32s:
    """[k, b]: the remainder of byte b with k zero bytes behind it, most significant bit first."""
    top, mask = 1 << (bits - 1), (1 << bits) - 1
    tables = np.zeros((_SLICES, 256), dtype=np.int32)
    for byte in range(256):
        rest = byte << (bits - 8)
        for slice in range(_SLICES):
            for _ in range(8):
                rest = ((rest << 1) ^ (polynomial if rest & top else 0)) & mask
            tables[slice, byte] = rest
    return tables


_CRC_8, _CRC_16 = _remainders(0x07, 8)[0].copy(), _remainders(0x8005, 16)


def is_whole(data: bytes, samples: int) -> bool:
    """Whether a FLAC file's frames are all there, `samples` in them, and nothing behind them.

    False says only that a decoder has to look: tags behind the audio are harmless.
    """
    first = _first_frame(data)
    if not first:
        return False
    padded = np.frombuffer(data + bytes(_LONGEST_HEADER), dtype=np.uint8)
    return bool(_walk(padded, len(data), first, _CRC_8, _CRC_16) == samples)


def _first_frame(data: bytes) -> int:
    """Where the metadata blocks end; 0 where they do not."""
    at, last = 4, data[:4] != b"fLaC"
    while not last and at + 4 <= len(data):
        last = bool(data[at] & 0x80)
        at += 4 + int.from_bytes(data[at + 1 : at + 4], "big")
        if last and at < len(data):
            return at
    return 0


@borrowing
def _walk(data: Bytes, size: Int, first: Int, crc_8: Int32s, crc_16: Int32s) -> Int:
    """Samples in the frames of data[first:size]; -1 where one is broken. Zeros follow the data."""
    samples = frames = np.int64(0)
    at = first
    while at < size:
        block = _header(data, at, frames, samples, crc_8)
        if block == 0:
            return -1
        end = _end_of_frame(data, size, at, frames + 1, samples + block, crc_8, crc_16)
        if end == 0:
            return -1
        at, samples, frames = end, samples + block, frames + 1
    return samples


@borrowing
def _end_of_frame(
    data: Bytes, size: Int, at: Int, frames: Int, samples: Int, crc_8: Int32s, crc_16: Int32s
) -> Int:
    """Where the next frame begins, or the data ends, with a checksum that holds; 0 if nowhere."""
    rest, done = np.int64(0), at
    for here in range(at + 2, size + 1):
        ends = here == size
        if not ends and (data[here] != 0xFF or data[here + 1] >> 1 != 124):
            continue
        rest = _checksum(data, done, here, rest, crc_16)
        done = here
        if rest == 0 and (ends or _header(data, here, frames, samples, crc_8)):
            return here
    return 0


@borrowing
def _checksum(data: Bytes, first: Int, end: Int, rest: Int, tables: Int32s) -> Int:
    """CRC-16 carried on over data[first:end], eight bytes at a time."""
    at = first
    while at + 8 <= end:
        rest = np.int64(
            tables[7, np.int64(data[at]) ^ (rest >> 8)]
            ^ tables[6, np.int64(data[at + 1]) ^ (rest & 0xFF)]
            ^ tables[5, data[at + 2]]
            ^ tables[4, data[at + 3]]
            ^ tables[3, data[at + 4]]
            ^ tables[2, data[at + 5]]
            ^ tables[1, data[at + 6]]
            ^ tables[0, data[at + 7]]
        )
        at += 8
    while at < end:
        rest = ((rest << 8) & 0xFFFF) ^ np.int64(tables[0, np.int64(data[at]) ^ (rest >> 8)])
        at += 1
    return rest


@borrowing
def _header(data: Bytes, at: Int, frames: Int, samples: Int, crc_8: Int32s) -> Int:
    """Samples in the frame whose header stands at `at`; 0 where there is none.

    Its number must be `frames` where frames are of one size, else `samples`: those before it.
    """
    if data[at] != 0xFF or data[at + 1] >> 1 != 124:
        return np.int64(0)
    number, length = _coded_number(data, at + 4)
    expected = samples if data[at + 1] & 1 else frames
    if length == 0 or number != expected:
        return np.int64(0)
    end = at + 4 + length
    code, rate = np.int64(data[at + 2]) >> 4, np.int64(data[at + 2]) & 15
    size = np.int64(0)
    if code == 1:
        size = np.int64(192)
    elif 2 <= code <= 5:
        size = np.int64(576) << (code - 2)
    elif code == 6:
        size, end = np.int64(data[end]) + 1, end + 1
    elif code == 7:
        size, end = np.int64(data[end]) * 256 + np.int64(data[end + 1]) + 1, end + 2
    elif code >= 8:
        size = np.int64(256) << (code - 8)
    if rate == 12:
        end += 1
    elif rate == 13 or rate == 14:
        end += 2
    rest = np.int64(0)
    for k in range(at, end):
        rest = np.int64(crc_8[rest ^ np.int64(data[k])])
    return size if rest == data[end] else np.int64(0)


@borrowing
def _coded_number(data: Bytes, at: Int) -> tuple[Int, Int]:
    """(number, bytes) of a number coded as UTF-8 codes characters, of up to 36 bits."""
    lead = np.int64(data[at])
    if lead < 0x80:
        return lead, 1
    length = 0
    while length < 8 and lead & (0x80 >> length):
        length += 1
    if length < 2 or length > 7:
        return np.int64(0), 0
    number = lead & (0x7F >> length)
    for k in range(1, length):
        number = (number << 6) | (np.int64(data[at + k]) & 0x3F)
    return number, length
