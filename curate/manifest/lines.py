"""The original bytes of lines: looked up by place, or streamed in order for copying."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

from curate.errors import InputError
from curate.manifest.chunks import Chunk, open_manifest, read_chunks
from curate.manifest.nemo import chunk_digest

Place = tuple[int, int]
"""(byte_offset, byte_length) of a line in the decompressed manifest."""


def fetch_lines(source: str, places: Sequence[Place]) -> Mapping[Place, bytes]:
    """The bytes of a few lines. Plain files are asked directly, compressed ones read through."""
    wanted = sorted(set(places))
    if not wanted:
        return {}
    descriptor = open_manifest(source)
    try:
        if os.pread(descriptor, 2, 0) != b"\x1f\x8b":
            return {place: os.pread(descriptor, place[1], place[0]) for place in wanted}
    finally:
        os.close(descriptor)
    return dict(_from_chunks(read_chunks(source), wanted))


def _from_chunks(chunks: Iterable[Chunk], wanted: Sequence[Place]) -> Iterator[tuple[Place, bytes]]:
    at = 0
    for chunk in chunks:
        end = chunk.byte_offset + len(chunk.data)
        while at < len(wanted) and wanted[at][0] < end:
            offset, length = wanted[at]
            first = offset - chunk.byte_offset
            yield wanted[at], chunk.data[first : first + length]
            at += 1
        if at == len(wanted):
            return


def fingerprint(digests: Iterable[int]) -> str:
    """One name for a manifest's content, from its chunks' digests in order."""
    whole = hashlib.blake2b(digest_size=16)
    for digest in digests:
        whole.update(digest.to_bytes(8, "little"))
    return whole.hexdigest()


def unchanged_chunks(source: str, expected: str) -> Iterator[Chunk]:
    """The manifest's chunks, and at their end an InputError where it is not the one profiled."""
    digests: list[int] = []
    for chunk in read_chunks(source):
        digests.append(chunk_digest(chunk.data))
        yield chunk
    if fingerprint(digests) != expected:
        raise InputError.of(source, "has changed since it was profiled", "profile it again")
