"""The texts of NeMo lines and nothing else: for passes that look at no other field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from curate.artifacts.frames import Spans
from curate.environment.cores import thread_count
from curate.manifest import in_order
from curate.manifest.chunks import Chunk, read_chunks
from curate.manifest.fields import span_of
from curate.manifest.scan import BLANK, OK, scan
from curate.manifest.strict import Malformed, parse_line
from curate.manifest.syntax import ESCAPED, STRING
from curate.manifest.values import unescape

Result = TypeVar("Result")
Places = npt.NDArray[np.int64]


def read_texts(path: Path, work: Callable[[Spans], Result]) -> Iterator[Result]:
    """`work` over the texts of a file of lines, a chunk at a time, in order; blank lines aside.

    It runs on worker threads. A line that is no record has an empty text.
    """
    return in_order(lambda chunk: work(texts_of(chunk)), read_chunks(str(path)), thread_count())


def texts_of(chunk: Chunk) -> Spans:
    """The text of each line of a chunk that is not blank."""
    data = np.frombuffer(chunk.data, np.uint8)
    lines = scan(data, ("text",))
    rows = np.flatnonzero(lines.status != BLANK)
    kind, start, length = span_of(lines, 0, rows)
    data, start, length = unescape(data, kind, start, length)
    plain = (kind == STRING) | (kind == ESCAPED)
    length = np.where(plain, length, 0)
    doubtful = np.flatnonzero(lines.status[rows] != OK)
    if not doubtful.size:
        return Spans(data, start, length)
    read = Spans.of(
        [_strict(chunk, lines.line_start, lines.line_length, r) for r in rows[doubtful]]
    )
    start[doubtful], length[doubtful] = read.start + data.size, read.length
    return Spans(np.concatenate([data, read.data]), start, length)


def _strict(chunk: Chunk, starts: Places, lengths: Places, row: int) -> str:
    first = int(starts[row])
    try:
        text = parse_line(chunk.data[first : first + int(lengths[row])]).get("text")
    except Malformed:
        return ""
    return text if isinstance(text, str) else ""
