"""The rows of a transcript, as its format reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from curate.manifest.formats import BY_NAME
from curate.manifest.origin import Origin
from curate.manifest.read import find_sources
from tests.lines import lines_of

Row = str | Mapping[str, Any]
"""A record without its audio, or the reason why there is none."""


def rows_of(origin: Origin) -> list[tuple[int, bytes, Row]]:
    """(line, bytes in the file, record or reason) of every row; what does not add up fails."""
    source, rows = Path(origin.name).read_bytes(), []
    size = lines = 0
    for portion in BY_NAME[origin.format].read(origin):
        places = portion.places
        assert places is not None
        size += portion.bytes
        lines += portion.blank_lines
        for row, line in enumerate(lines_of(portion.chunk.data)):
            first, length = int(places.byte_offset[row]), int(places.byte_length[row])
            data = source[first : first + length]
            assert len(data) == length
            record = portion.reasons.get(row, json.loads(line))
            rows.append((int(places.line[row]), data, record))
    assert len({line for line, _, _ in rows}) == len(rows)
    assert [line for line, _, _ in rows] == sorted(line for line, _, _ in rows)
    return rows


def read(folder: Path, name: str, content: bytes, *audio: str) -> tuple[str, list[Row], list[int]]:
    """The format that a file is read as, its rows without their audio, and their lines."""
    for each in audio or ("talk.wav",):
        (folder / each).touch()
    (folder / name).write_bytes(content)
    (origin,) = find_sources([str(folder / name)])
    rows = rows_of(origin)
    plain: list[Row] = []
    for _, _, row in rows:
        if isinstance(row, str):
            plain.append(row)
            continue
        assert row["audio_filepath"] in (audio or ("talk.wav",))
        plain.append({key: value for key, value in row.items() if key != "audio_filepath"})
    return origin.format, plain, [line for line, _, _ in rows]


def cue(offset: float, duration: float, text: str, **more: object) -> Row:
    return {"offset": offset, "duration": duration, "text": text, **more}
