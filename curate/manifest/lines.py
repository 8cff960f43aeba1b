"""The original bytes of lines: looked up by place, or streamed in order for copying."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from curate.arrays import Int64s
from curate.errors import InputError
from curate.manifest.chunks import Chunk, open_manifest, read_chunks, read_head
from curate.manifest.decompressed import is_compressed
from curate.manifest.nemo import chunk_digest
from curate.manifest.origin import Origin, Portion
from curate.manifest.origins import as_origin, format_named

Place = tuple[int, int]
"""(byte_offset, byte_length) of a line in the decompressed manifest."""
_GAP = 1024
"""Bytes between two lines that cost less to read than another read."""


def fetch_lines(
    source: str | Origin, places: Sequence[Place], numbers: Sequence[int] = ()
) -> Mapping[Place, bytes]:
    """The records at a few places, as NeMo lines. Plain files are read at these places, others
    from the start; of tables only these rows become lines where `numbers` has the line of each.

    Places are those of the original records; a plain name is a NeMo manifest. InputError where a
    converted source has no record at one of them any more.
    """
    return dict(iter_lines(source, places, numbers))


def iter_lines(
    source: str | Origin, places: Sequence[Place], numbers: Sequence[int] = ()
) -> Iterator[tuple[Place, bytes]]:
    """The same one by one, in the order of their places, each once: for many of them."""
    sorted_places = sorted(set(places))
    if not sorted_places:
        return
    origin = as_origin(source)
    format = format_named(origin.format)
    if format.read_rows is not None and numbers and not is_compressed(read_head(origin.name)):
        rows = sorted(dict(zip(numbers, places, strict=True)).items())
        looked_up = _from_rows(format.read_rows(origin, rows), [place for _, place in rows])
        if looked_up is not None:
            yield from looked_up
            return
    if format.converted:
        left = set(sorted_places)
        for place, line in _from_portions(format.read(origin), sorted_places):
            left.discard(place)
            yield place, line
        if left:
            raise _changed(origin)
        return
    descriptor = open_manifest(origin.name)
    try:
        if not is_compressed(os.pread(descriptor, 4, 0)):
            for place in sorted_places:
                yield place, os.pread(descriptor, place[1], place[0])
            return
    finally:
        os.close(descriptor)
    yield from _from_chunks(read_chunks(origin.name), sorted_places)


def is_plain(origin: Origin) -> bool:
    """Whether single lines of it can be read: a file that is neither compressed nor converted."""
    if format_named(origin.format).converted:
        return False
    descriptor = open_manifest(origin.name)
    try:
        return not is_compressed(os.pread(descriptor, 4, 0))
    finally:
        os.close(descriptor)


def lines_at(origin: Origin, offsets: Int64s, lengths: Int64s) -> tuple[bytes, Int64s]:
    """Bytes of a plain file that have the lines at these places, and where in them each begins.

    Places are in the order of their offsets. Lines that are near each other are read at once, with
    what is between them. InputError where the file has become too short for that.
    """
    ends = np.maximum.accumulate(offsets + lengths)
    first = np.flatnonzero(np.concatenate([[True], offsets[1:] > ends[:-1] + _GAP]))
    last = np.concatenate([first[1:], [offsets.size]]) - 1
    sizes = ends[last] - offsets[first]
    descriptor = open_manifest(origin.name)
    try:
        stretches = zip(sizes.tolist(), offsets[first].tolist(), strict=True)
        data = b"".join([os.pread(descriptor, size, offset) for size, offset in stretches])
    finally:
        os.close(descriptor)
    if len(data) != int(sizes.sum()):
        raise _changed(origin)
    shift = np.cumsum(sizes) - sizes - offsets[first]
    return data, offsets + np.repeat(shift, last - first + 1)


def iter_unchanged(
    origin: Origin, expected: str, places: Sequence[Place]
) -> Iterator[tuple[Place, bytes]]:
    """The same, all of the manifest read: at the end an InputError where it has changed."""
    portions = unchanged_portions(origin, expected)
    if format_named(origin.format).converted:
        yield from _from_portions(portions, sorted(set(places)))
    else:
        yield from _from_chunks((each.chunk for each in portions), sorted(set(places)))
    for _ in portions:
        pass


def _from_rows(
    portions: Iterable[Portion], places: Sequence[Place]
) -> Sequence[tuple[Place, bytes]] | None:
    """The lines of portions that have these records only; None where some are not as long as they
    were: the table has changed, or a row says another thing by itself (a quotation mark that an
    earlier one left open).
    """
    lines: list[bytes] = []
    sizes: list[int] = []
    for portion in portions:
        assert portion.places is not None
        at = portion.places
        ends = (at.start + at.length).tolist()
        lines += [
            portion.chunk.data[one:two] for one, two in zip(at.start.tolist(), ends, strict=True)
        ]
        sizes += at.byte_length.tolist()
    if sizes != [length for _, length in places]:
        return None
    return list(zip(places, lines, strict=True))


def _from_portions(
    portions: Iterable[Portion], places: Sequence[Place]
) -> Iterator[tuple[Place, bytes]]:
    left = set(places)
    for portion in portions:
        assert portion.places is not None
        at = portion.places
        for row, place in enumerate(
            zip(at.byte_offset.tolist(), at.byte_length.tolist(), strict=True)
        ):
            if place in left:
                left.remove(place)
                first = int(at.start[row])
                yield place, portion.chunk.data[first : first + int(at.length[row])]
        if not left:
            return


def _from_chunks(chunks: Iterable[Chunk], places: Sequence[Place]) -> Iterator[tuple[Place, bytes]]:
    at = 0
    for chunk in chunks:
        end = chunk.byte_offset + len(chunk.data)
        while at < len(places) and places[at][0] < end:
            offset, length = places[at]
            first = offset - chunk.byte_offset
            yield places[at], chunk.data[first : first + length]
            at += 1
        if at == len(places):
            return


def fingerprint(digests: Iterable[int]) -> str:
    """One name for a manifest's content, from its chunks' digests in order."""
    whole = hashlib.blake2b(digest_size=16)
    for digest in digests:
        whole.update(digest.to_bytes(8, "little"))
    return whole.hexdigest()


def unchanged_portions(source: str | Origin, expected: str) -> Iterator[Portion]:
    """The origin's portions, and at their end an InputError where they are not those profiled."""
    origin = as_origin(source)
    digests: list[int] = []
    for portion in format_named(origin.format).read(origin):
        digests.append(
            chunk_digest(portion.chunk.data) if portion.places is None else portion.digest
        )
        yield portion
    if fingerprint(digests) != expected:
        raise _changed(origin)


def _changed(origin: Origin) -> InputError:
    return InputError.of(origin.name, "has changed since it was profiled", "profile it again")
