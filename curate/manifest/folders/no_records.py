"""The error about a folder of audio of which no row is a record: each reason with its files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from curate.errors import Fault
from curate.manifest.captions.audio import FOLDER
from curate.manifest.folders import FOLDER_OF_AUDIO, TEXT_FILE
from curate.manifest.headers import NOT_MEASURED
from curate.manifest.hints.conversion import conversion_hint, is_for_ffmpeg
from curate.manifest.origin import Origin
from curate.manifest.strict import Malformed, parse_line
from curate.manifest.undecoded import NOT_UTF8, place_of, utf8_hint

EXAMINED = 1000
"""Files by whose folders a command is made."""
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
    unread: list[str] = []
    for kind, name, audio in _refused(origin):
        its = rows.setdefault(kind, _Rows())
        its.number += 1
        if len(its.names) < NAMED:
            its.names.append(name)
        if kind == NOT_MEASURED and is_for_ffmpeg(audio) and len(unread) < EXAMINED:
            unread.append(f"{origin.beside.get(FOLDER, (origin.name,))[0]}/{audio}")
    if not rows:
        return None
    reasons = "; ".join(f"{kind} ({its})" for kind, its in rows.items())
    return Fault(
        origin.name,
        f"no text and audio of it make a record: {reasons}",
        _hint(origin, rows, unread),
    )


def _refused(origin: Origin) -> Iterator[tuple[str, str, str]]:
    """The kind of reason, the file, and the audio of each row."""
    for portion in FOLDER_OF_AUDIO.read(origin):
        lines = portion.chunk.data.split(b"\n")
        for row, reason in sorted(portion.reasons.items()):
            file, audio = _files(str(json.loads(lines[row])["original"]))
            yield reason.partition(" (")[0], file, audio


def _files(original: str) -> tuple[str, str]:
    """The file that a row is of: its transcript, with the line, or else its audio; and the latter,
    empty where the row does not name it.
    """
    try:
        record: Mapping[str, object] = parse_line(original.encode())
    except Malformed:
        return original, ""
    audio = str(record.get("audio_filepath", ""))
    return str(record.get(TEXT_FILE) or audio), audio


def _hint(origin: Origin, reasons: Mapping[str, _Rows], unread: Sequence[str]) -> str:
    if unread:
        return f"only ffmpeg reads its audio: {conversion_hint(unread, origin)}"
    if NOT_UTF8 in reasons:
        return utf8_hint(origin, place_of(origin, 0, reasons[NOT_UTF8].names[0])[0])
    return "docs/formats.md shows how texts may stand beside audio; without any, texts are null"
