"""NeMo lines as they are, each with its place, for what changes some of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from curate.manifest.chunks import Chunk, read_chunks
from curate.manifest.origin import PORTION_BYTES, Origin, Places, Portion
from curate.manifest.scan import BLANK, scan
from curate.text.words import digest_bytes


def read_placed(origin: Origin) -> Iterator[Portion]:
    """Portions of the lines of a manifest; blank ones are counted and left out."""
    number = 0
    for chunk in read_chunks(origin.name, PORTION_BYTES):
        made, lines = _placed(chunk, number)
        number += lines
        yield made


def _placed(chunk: Chunk, before: int) -> tuple[Portion, int]:
    """The portion of a chunk behind so many lines, and its lines."""
    data = np.frombuffer(chunk.data, np.uint8)
    scanned = scan(data, ("text",))
    blank = scanned.status == BLANK
    rows = np.flatnonzero(~blank)
    begin, length = scanned.line_start[rows], scanned.line_length[rows]
    if not blank.any() and chunk.data.endswith(b"\n"):
        written, start = chunk.data, begin
    else:
        pairs = zip(begin.tolist(), (begin + length).tolist(), strict=True)
        written = b"".join(chunk.data[first:end] + b"\n" for first, end in pairs)
        start = np.cumsum(length + 1) - length - 1
    places = Places(
        line=before + rows + 1,
        byte_offset=chunk.byte_offset + begin,
        byte_length=length,
        start=start,
        length=length,
    )
    made = Portion(
        Chunk(chunk.source, 0, written),
        len(chunk.data),
        None,
        places,
        {},
        int(blank.sum()),
        int(scanned.line_length[blank].sum()),
        int(digest_bytes(data)),
    )
    return made, scanned.status.size
