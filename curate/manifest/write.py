"""One NeMo manifest of whatever the formats read; lines that hold no record stand beside it."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import numpy as np

from curate.artifacts.columns import (
    BYTE_LENGTH,
    BYTE_OFFSET,
    DURATION_US,
    LINE,
    MALFORMED,
    SKIPPED_BY,
)
from curate.artifacts.manifest import ConvertedInput, ManifestWritten
from curate.artifacts.outputs import full_disk_as_error, whole_file
from curate.errors import ConfigError, Fault, InputError, raise_all
from curate.manifest import find_sources
from curate.manifest.audio_files import bases_of
from curate.manifest.formats import BY_NAME
from curate.manifest.mapping import ReadOptions
from curate.manifest.members import with_members
from curate.manifest.moved_paths import MovedPaths
from curate.manifest.nemo import read_lines
from curate.manifest.origin import Origin, Portion
from curate.manifest.places import in_original_places
from curate.manifest.scan import scan
from curate.manifest.strict import Malformed, parse_line
from curate.manifest.syntax import STRING
from curate.manifest.unusable import unusable

AUDIO = "audio_filepath"
AS_READ = "as_read"
"""The field that holds a malformed line, or the record that its format made of it."""
ORIGINAL = "original"
"""The field in which a converted line that holds no record keeps what it was."""
_US_PER_HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True)
class ManifestRequest:
    """What is to be one manifest, and where: `out`. `audio_root` is where relative audio paths
    begin, if not at each input's folder.
    """

    inputs: Sequence[str]
    out: Path
    reading: ReadOptions = field(default_factory=ReadOptions)
    audio_root: Path | None = None

    @property
    def reading_in_root(self) -> ReadOptions:
        """How inputs are read, transcripts with their audio in the audio root."""
        root = self.audio_root
        return self.reading if root is None else replace(self.reading, audio_root=str(root))

    @property
    def malformed(self) -> Path:
        """Where lines that hold no record are written, with their reasons."""
        return self.out.with_name(f"{self.out.name.removesuffix('.jsonl')}.malformed.jsonl")


def write_manifest(request: ManifestRequest) -> ManifestWritten:
    """Write the records of all inputs, in order, as NeMo lines; whole, or nothing.

    Lines that are NeMo's already stay byte for byte, but for an audio path that would lead
    elsewhere from the new folder, and fields that a blend adds. A line that holds no record goes
    to `request.malformed` with its place and reason. InputError where an input cannot be read or
    none holds a record, ConfigError where `out` is an input or cannot be written.
    """
    origins = find_sources(request.inputs, request.reading_in_root)
    _refuse_inputs(origins, request)
    with full_disk_as_error(request.out), TemporaryFile() as malformed:
        with whole_file(request.out) as scratch:
            with scratch.open("wb") as manifest:
                convert = _Converter(request, manifest, malformed)
                inputs = tuple(map(convert.add, origins))
            if not any(each.records for each in inputs):
                raise InputError(*convert.unusable)
        _write_malformed(malformed, request.malformed)
    reasons = convert.reasons.most_common()
    warnings = (f"{fault.where}: {fault.what}; {fault.hint}" for fault in convert.unusable)
    return ManifestWritten(
        manifest=str(request.out),
        malformed_lines=str(request.malformed) if reasons else None,
        records=sum(each.records for each in inputs),
        malformed=sum(each.malformed for each in inputs),
        hours=sum(each.hours for each in inputs),
        inputs=inputs,
        reasons=dict(reasons),
        warnings=tuple(warnings),
    )


def _refuse_inputs(origins: Sequence[Origin], request: ManifestRequest) -> None:
    """ConfigError where the output would replace an input."""
    outputs = {request.out.resolve(), request.malformed.resolve()}
    inputs = [
        name
        for origin in origins
        for name in (origin.name, *(file for files in origin.beside.values() for file in files))
        if Path(name).resolve() in outputs
    ]
    what = "is read, and would be replaced by what is written"
    raise_all(ConfigError, [Fault(name, what, "name another file") for name in inputs])


def _write_malformed(lines: IO[bytes], path: Path) -> None:
    """Put the lines in place; without any, what an earlier command left there is removed."""
    if not lines.tell():
        path.unlink(missing_ok=True)
        return
    lines.seek(0)
    with whole_file(path) as scratch, scratch.open("wb") as file:
        shutil.copyfileobj(lines, file)


class _Converter:
    """Writes one origin after the other; `reasons` count malformed lines, `unusable` are faults
    of origins without a record.
    """

    def __init__(self, request: ManifestRequest, manifest: IO[bytes], malformed: IO[bytes]) -> None:
        self._request, self._manifest, self._malformed = request, manifest, malformed
        self.reasons: Counter[str] = Counter()
        self.unusable: list[Fault] = []

    def add(self, origin: Origin) -> ConvertedInput:
        """Write the rows of an origin."""
        paths = MovedPaths(origin, self._request.out.parent, self._request.audio_root)
        counted, reasons = np.zeros(3, np.int64), Counter[str]()
        for portion in BY_NAME[origin.format].read(origin):
            counted += self._write(origin, portion, paths, reasons)
        records, skipped, duration_us = map(int, counted)
        if not records:
            rows = sum(reasons.values()) + skipped
            self.unusable.append(unusable(origin, rows, reasons or {SKIPPED_BY: skipped}))
        self.reasons += reasons
        return ConvertedInput(
            source=origin.name,
            format=origin.format,
            records=records,
            skipped=skipped,
            malformed=sum(reasons.values()),
            hours=duration_us / _US_PER_HOUR,
        )

    def _write(
        self, origin: Origin, portion: Portion, paths: MovedPaths, reasons: Counter[str]
    ) -> tuple[int, int, int]:
        """Write a portion; its records, skipped records, and the duration of both."""
        bases = [bases_of(origin, self._request.audio_root)]
        clips, (batch,) = read_lines([portion.chunk], (), bases)
        start = clips.frame[BYTE_OFFSET.name].to_numpy() - portion.chunk.byte_offset
        end = start + clips.frame[BYTE_LENGTH.name].to_numpy()
        rows = in_original_places(clips, [batch], [portion])[0].frame
        data, members = portion.chunk.data, dict(origin.added)
        audio_names = _audio_names(data) if not paths.all_stay else {}
        lines: list[bytes] = []
        skipped = 0
        columns = (LINE.name, BYTE_OFFSET.name, MALFORMED.name)
        for at, (line, offset, reason) in enumerate(rows.select(columns).iter_rows()):
            raw = data[start[at] : end[at]]
            if reason is not None and not reason.startswith(SKIPPED_BY):
                reasons[reason.partition(" (")[0]] += 1
                self._refuse(origin, portion, (line, offset, reason), raw)
                continue
            skipped += reason is not None
            lines.append(_line(raw, members, paths, audio_names.get(int(start[at]))))
        self._manifest.write(b"".join(each + b"\n" for each in lines))
        return len(lines) - skipped, skipped, int(rows[DURATION_US.name].sum())

    def _refuse(
        self, origin: Origin, portion: Portion, place: tuple[int, int, str], raw: bytes
    ) -> None:
        """Write a line that holds no record, with its place and reason."""
        line, offset, reason = place
        text = raw.decode(errors="backslashreplace")
        if portion.places is not None and reason in portion.reasons.values():
            text = _original(raw, text)
        place_fields = {
            "source": origin.name,
            "line": line,
            "byte_offset": offset,
            "reason": reason,
        }
        self._malformed.write(
            json.dumps({**place_fields, AS_READ: text}, ensure_ascii=False).encode()
        )
        self._malformed.write(b"\n")


def _original(raw: bytes, text: str) -> str:
    """What a line that its format wrote was before; else the line itself."""
    try:
        return str(parse_line(raw).get(ORIGINAL, text))
    except Malformed:
        return text


def _audio_names(data: bytes) -> dict[int, str]:
    """By where its line begins, each audio path that stands in its line without escapes."""
    scanned = scan(np.frombuffer(data, np.uint8), (AUDIO,))
    rows = np.flatnonzero(scanned.kind[:, 0] == STRING)
    places = (scanned.line_start[rows], scanned.start[rows, 0], scanned.length[rows, 0])
    return {
        line: data[start : start + length].decode()
        for line, start, length in zip(*(each.tolist() for each in places), strict=True)
    }


def _line(raw: bytes, added: dict[str, str], paths: MovedPaths, audio: str | None) -> bytes:
    """A record's line with its audio path as it reads from the new folder, and these fields."""
    if paths.all_stay:
        return with_members(raw, added) if added else raw
    audio = str(parse_line(raw)[AUDIO]) if audio is None else audio
    moved = paths.moved(audio)
    members = added if moved == audio else {**added, AUDIO: moved}
    return with_members(raw, members) if members else raw
