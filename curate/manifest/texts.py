"""The texts of NeMo lines and nothing else: for passes that look at no other field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from curate.artifacts.frames import Spans
from curate.environment.cores import thread_count
from curate.manifest.read import in_order
from curate.manifest.scan import BLANK, OK, scan, span_of
from curate.manifest.strict import Malformed, parse_line
from curate.manifest.syntax import ESCAPED, STRING
from curate.manifest.values import unescape

Result = TypeVar("Result")
Places = npt.NDArray[np.int64]


def read_texts(parts: Iterable[memoryview], work: Callable[[Spans], Result]) -> Iterator[Result]:
    """`work` over the texts of lines, a part at a time, in order; blank lines aside.

    It runs on worker threads. A line that is no record has an empty text.
    """
    return in_order(lambda part: work(texts_of(part)), parts, thread_count())


def texts_of(lines_of_records: bytes | memoryview) -> Spans:
    """The text of each line that is not blank."""
    data = np.frombuffer(lines_of_records, np.uint8)
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
        [
            _strict(lines_of_records, lines.line_start, lines.line_length, row)
            for row in rows[doubtful]
        ]
    )
    start[doubtful], length[doubtful] = read.start + data.size, read.length
    return Spans(np.concatenate([data, read.data]), start, length)


def _strict(data: bytes | memoryview, starts: Places, lengths: Places, row: int) -> str:
    first = int(starts[row])
    try:
        text = parse_line(bytes(data[first : first + int(lengths[row])])).get("text")
    except Malformed:
        return ""
    return text if isinstance(text, str) else ""
