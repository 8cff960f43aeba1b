"""The error about a folder of audio of which no row is a record: each reason with its files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from curate.errors import Fault
from curate.manifest.folders import FOLDER_OF_AUDIO, TEXT_FILE
from curate.manifest.origin import Origin
from curate.manifest.strict import Malformed, parse_line
from curate.manifest.undecoded import NOT_UTF8, place_of, utf8_hint

NAMED = 3
"""Files of a reason that are named."""


@dataclass(slots=True)
class _Rows:
    """How many rows have a reason, and the first of their files."""

    number: int = 0
    names: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        more = [f"and {self.number - len(self.names):,} more"] * (self.number > len(self.names))
        return f"{self.number:,}: {', '.join([*self.names, *more])}"


def folder_without_records(origin: Origin) -> Fault | None:
    """Why no text of the folder has audio, and no audio a text, the reasons of texts first; None
    where they are paired, and what makes no record is in their fields.
    """
    rows: dict[str, _Rows] = {}
    for kind, name in _refused(origin):
        its = rows.setdefault(kind, _Rows())
        its.number += 1
        if len(its.names) < NAMED:
            its.names.append(name)
    if not rows:
        return None
    reasons = "; ".join(f"{kind} ({its})" for kind, its in rows.items())
    return Fault(
        origin.name, f"no text and audio of it make a record: {reasons}", _hint(origin, rows)
    )


def _refused(origin: Origin) -> Iterator[tuple[str, str]]:
    """The kind of reason, and the file, of each row."""
    for portion in FOLDER_OF_AUDIO.read(origin):
        lines = portion.chunk.data.split(b"\n")
        for row, reason in sorted(portion.reasons.items()):
            yield reason.partition(" (")[0], _file(str(json.loads(lines[row])["original"]))


def _file(original: str) -> str:
    """The file that a row is of: its transcript, with the line, or else its audio."""
    try:
        record: Mapping[str, object] = parse_line(original.encode())
    except Malformed:
        return original
    return str(record.get(TEXT_FILE) or record.get("audio_filepath"))


def _hint(origin: Origin, reasons: Mapping[str, _Rows]) -> str:
    if NOT_UTF8 in reasons:
        return utf8_hint(origin, place_of(origin, 0, reasons[NOT_UTF8].names[0])[0])
    return "docs/formats.md shows how texts may stand beside audio; without any, texts are null"
