"""Texts put back as they were before text rules changed them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from curate.manifest.members import encoded
from curate.manifest.origin import Portion, with_lines
from curate.manifest.scan import OK, scan
from curate.manifest.strict import Malformed, parse_line
from curate.manifest.syntax import ESCAPED, MISSING, STRING
from curate.manifest.text_fields import BEFORE_NAMES, BEFORE_ORIGINAL, CHANGED_BY, ORIGINAL, TEXT
from curate.manifest.text_marks import EARLIER, without_marks


def restored(portion: Portion) -> Portion:
    """The portion with each text as it was before rules changed it, byte for byte where the line
    was scanned, and without the fields that tell of it.
    """
    lines = portion.chunk.data.split(b"\n")[:-1]
    portion, lines = _without_marks(portion, lines)
    data = np.frombuffer(portion.chunk.data, np.uint8)
    scanned = scan(data, (TEXT, ORIGINAL, CHANGED_BY))
    known = scanned.kind[:, 1] != MISSING
    known |= scanned.status != OK
    known[list(portion.reasons)] = False
    rows = np.flatnonzero(known)
    if not rows.size:
        return portion
    is_text = (scanned.kind == STRING) | (scanned.kind == ESCAPED)
    is_plain = (scanned.status == OK) & is_text[:, 0] & is_text[:, 1]
    start = (scanned.start - scanned.line_start[:, None]).tolist()
    end = (scanned.start + scanned.length - scanned.line_start[:, None]).tolist()
    for row in rows.tolist():
        line = lines[row]
        spans = list(zip(start[row], end[row], strict=True))
        behind = _as_written(line, spans) if is_plain[row] else None
        lines[row] = _parsed_back(line) if behind is None else behind
    return with_lines(portion, lines, portion.reasons)


def _without_marks(portion: Portion, lines: list[bytes]) -> tuple[Portion, list[bytes]]:
    """The portion and its lines with the fields that rules set beside the text as they were."""
    scanned = scan(np.frombuffer(portion.chunk.data, np.uint8), EARLIER)
    rows = np.flatnonzero((scanned.kind != MISSING).any(axis=1) & (scanned.status == OK)).tolist()
    if not rows:
        return portion, lines
    for row in rows:
        lines[row] = without_marks(lines[row])
    return with_lines(portion, lines, portion.reasons), lines


def _as_written(line: bytes, spans: Sequence[tuple[int, int]]) -> bytes | None:
    """The line before `_changed` wrote it; None where its members stand in another order.

    `spans` are those of TEXT, ORIGINAL and CHANGED_BY, without quotes.
    """
    (text, text_end), (original, original_end), (names, names_end) = spans
    key = original - 1 - len(BEFORE_ORIGINAL)
    if line[key : original - 1] != BEFORE_ORIGINAL or not text_end < key:
        return None
    if line[original_end + 1 : names] != BEFORE_NAMES:
        return None
    return b"".join(
        (line[:text], line[original:original_end], line[text_end:key], line[names_end:])
    )


def _parsed_back(line: bytes) -> bytes:
    """The same of any line, written again from its members."""
    try:
        record = parse_line(line)
    except Malformed:
        return line
    if not isinstance(record.get(ORIGINAL), str):
        return line
    text = record[ORIGINAL]
    rest = {name: value for name, value in record.items() if name not in (ORIGINAL, CHANGED_BY)}
    return encoded({**rest, TEXT: text})
