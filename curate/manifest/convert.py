"""The records of any format as NeMo lines, an origin at a time; other lines with their reasons."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NamedTuple, Protocol

import numpy as np

from curate.artifacts.columns import (
    BYTE_LENGTH,
    BYTE_OFFSET,
    DURATION_US,
    LINE,
    MALFORMED,
)
from curate.artifacts.manifest import ConvertedInput
from curate.artifacts.unread import SKIPPED_BY, UNREAD_BY
from curate.errors import Fault
from curate.formatting.units import US_PER_HOUR
from curate.manifest.absent_audio import SampledAudio, absent_warnings, rejecting_command
from curate.manifest.archive_fields import ARCHIVE, ROW
from curate.manifest.archived_audio import archive_members, is_in_rows
from curate.manifest.audio_files import bases_of
from curate.manifest.audio_suffix import suffix_warnings
from curate.manifest.corrections import measured_warnings
from curate.manifest.disk_names import DiskNames
from curate.manifest.ffmpeg_paths import ffmpeg_files, ffmpeg_warnings
from curate.manifest.folders.tabbed import tabbed_warnings
from curate.manifest.hints.below import unread_warnings
from curate.manifest.hints.conversion import conversion_hint
from curate.manifest.members import with_members
from curate.manifest.missing_files import MissingFiles, look_anew
from curate.manifest.moved_paths import MovedPaths
from curate.manifest.needs_ffmpeg import NeedsFfmpeg
from curate.manifest.nemo import Batch, read_lines
from curate.manifest.origin import Origin, Portion
from curate.manifest.origins import format_named
from curate.manifest.outside_paths import OutsidePaths
from curate.manifest.overruns import Overruns, is_timed
from curate.manifest.path_sample import PathSample
from curate.manifest.piped_audio import piped_warnings
from curate.manifest.places import in_original_places
from curate.manifest.readable_twins import twin_warnings
from curate.manifest.scan import scan
from curate.manifest.short_audio import StatedLengths, short_audio_warnings
from curate.manifest.strict import UNTRANSCRIBED, Malformed, parse_line
from curate.manifest.syntax import STRING
from curate.manifest.text_tally import TextTally
from curate.manifest.undecoded import Undecoded
from curate.manifest.unnamed_audio import (
    NO_ROW,
    NamedAudio,
    is_listed,
    unnamed_line,
    unnamed_warning,
)
from curate.manifest.unusable import unusable
from curate.nemo.ffmpeg_kinds import CONVERT

AUDIO = "audio_filepath"
AS_READ = "as_read"
"""The field that holds a malformed line, or the record that its format made of it."""
ORIGINAL = "original"
"""The field in which a converted line that holds no record keeps what it was."""


class Lines(Protocol):
    """What takes the records: lines of one origin, and where each was in it."""

    def add(self, origin: Origin, lines: Sequence[bytes], places: Sequence[Place]) -> None:
        """Take the next records, of which each line ends without a newline."""


class Place(NamedTuple):
    """Where a record was: its line and byte offset."""

    line: int
    byte_offset: int


class _Paths(NamedTuple):
    """How the audio paths of an origin are written, and what there is to report of them."""

    moved: MovedPaths
    on_disk: DiskNames
    outside: OutsidePaths
    overruns: Overruns
    missing: MissingFiles

    def may_change(self, line: bytes) -> bool:
        """Whether the path of a line, or of any of several, may be written in another way."""
        return not self.moved.all_stay or self.on_disk.may_change(line)


class Converter:
    """Gives the records of one origin after the other to `records`, audio paths as they read from
    `into` (absolute where it is None; `root` as in `bases_of`), and other lines to `malformed`.

    `reasons` count the latter, `undecoded` has those that are not UTF-8, `unusable` are faults of
    origins without a record. `tally` counts what text rules change. `channel` is added to records
    without that field.
    """

    def __init__(
        self,
        into: Path | None,
        root: Path | None,
        records: Lines,
        malformed: IO[bytes],
        tally: TextTally | None = None,
        channel: int | None = None,
    ) -> None:
        self._into, self._root, self._tally, self._channel = into, root, tally, channel
        self._records, self._malformed = records, malformed
        self.reasons: Counter[str] = Counter()
        self.unusable: list[Fault] = []
        self._warnings: list[str] = []
        self._audio: list[SampledAudio] = []
        self._stated: list[StatedLengths] = []
        self._named = NamedAudio(root)
        self._ffmpeg_rows = Counter[str]()
        self._ffmpeg_hint = CONVERT
        self._needs_ffmpeg = NeedsFfmpeg()
        self.undecoded = Undecoded()
        self._origins: list[Origin] = []

    def audio_warnings(self, written: Path) -> list[str]:
        """Warnings about audio that is not there, elsewhere, too short, or not decoded here, about
        tables whose durations are measured, or whose paths lack a suffix, and about files that are
        passed over; `written` is the manifest that hints name.
        """
        of_inputs = [*measured_warnings(self._origins), *twin_warnings(self._origins)]
        of_inputs += [*suffix_warnings(self._origins)]
        of_inputs += unread_warnings(self._origins, str(written))
        of_inputs += [*piped_warnings(self._origins), *tabbed_warnings(self._origins)]
        of_rows = [*self._warnings, *ffmpeg_warnings(self._ffmpeg_rows, self._ffmpeg_hint)]
        of_rows += self._needs_ffmpeg.warnings()
        rejecting = rejecting_command(str(written))
        short = short_audio_warnings(self._stated, rejecting)
        return [*of_inputs, *absent_warnings(self._audio, rejecting), *short, *of_rows]

    def add_all(self, origins: Sequence[Origin]) -> tuple[ConvertedInput, ...]:
        """Convert the rows of all origins; audio beside tables that no row names is malformed."""
        look_anew()
        made = list(map(self._add, origins))
        place_of = {each.source: at for at, each in enumerate(made)}
        for origin, unnamed, named in self._named.unnamed():
            if not unnamed:
                continue
            if not is_listed(origin, unnamed, named):
                self._warnings.append(unnamed_warning(origin, unnamed))
                continue
            self._malformed.writelines(unnamed_line(origin, name) for name in unnamed)
            self.reasons[NO_ROW] += len(unnamed)
            at = place_of[origin.name]
            malformed = made[at].malformed + len(unnamed)
            made[at] = made[at].model_copy(update={"malformed": malformed})
        return tuple(made)

    def _add(self, origin: Origin) -> ConvertedInput:
        """Convert the rows of an origin."""
        self._origins.append(origin)
        paths = _Paths(
            MovedPaths(origin, self._into, self._root),
            DiskNames(origin, self._into),
            OutsidePaths(origin),
            Overruns(origin, self._into or Path("/")),
            MissingFiles(origin, self._root),
        )
        counted, reasons, sample = np.zeros(4, np.int64), Counter[str](), PathSample()
        for portion in format_named(origin.format).read(origin):
            self._named.add(origin, portion.chunk.data, portion.reasons)
            batch, numbers = self._write(origin, portion, paths, reasons)
            sample.add(*batch.sample)
            counted += numbers
        there = (path for path in sample.paths if paths.missing.reason(path) is None)
        audio = SampledAudio.of(origin, there, self._root)
        self._audio.append(audio)
        files = ffmpeg_files(
            [*audio.present, *self._needs_ffmpeg.paths_of(origin)], bases_of(origin, self._root)
        )
        if files and self._ffmpeg_hint == CONVERT:
            self._ffmpeg_hint = conversion_hint(files, origin)
        if not is_timed(origin):
            self._stated.append(StatedLengths.of(origin, sample, audio, self._root))
        made = (paths.on_disk.warning(), paths.outside.warning(), paths.overruns.warning())
        self._warnings += filter(None, made)
        records, skipped, untranscribed, duration_us = map(int, counted)
        if not records:
            rows = sum(reasons.values()) + skipped
            self.unusable.append(unusable(origin, rows, reasons or {SKIPPED_BY: skipped}))
        self.reasons += reasons
        return ConvertedInput(
            source=origin.name,
            format=origin.format,
            records=records,
            skipped=skipped,
            untranscribed=untranscribed or None,
            malformed=sum(reasons.values()),
            hours=duration_us / US_PER_HOUR,
        )

    def _write(
        self,
        origin: Origin,
        portion: Portion,
        paths: _Paths,
        reasons: Counter[str],
    ) -> tuple[Batch, tuple[int, int, int, int]]:
        """Convert a portion; what was read of it, and how many lines are records, skipped and,
        of the former, untranscribed, and the duration of all.
        """
        bases = [bases_of(origin, self._root)]
        clips, (batch,) = read_lines([portion.chunk], (), bases)
        self._ffmpeg_rows[origin.name] += batch.ffmpeg_rows
        start = clips.frame[BYTE_OFFSET.name].to_numpy() - portion.chunk.byte_offset
        end = start + clips.frame[BYTE_LENGTH.name].to_numpy()
        rows = in_original_places(clips, [batch], [portion])[0].frame
        if self._tally is not None and portion.text_changes is not None:
            self._tally.add(portion.text_changes, rows, origin.name)
        data, members = portion.chunk.data, dict[str, object](origin.added)
        members |= archive_members(origin) if self._into is not None else {}
        has_rows = ARCHIVE in members and is_in_rows(origin)
        is_needed = paths.missing.is_checked or paths.may_change(data)
        audio_names = _audio_names(data) if is_needed else {}
        lines: list[bytes] = []
        places: list[Place] = []
        lost: list[int] = []
        skipped = untranscribed = 0
        columns = (LINE.name, BYTE_OFFSET.name, MALFORMED.name)
        for at, (line, offset, reason) in enumerate(rows.select(columns).iter_rows()):
            raw = data[start[at] : end[at]]
            if reason is None and paths.missing.is_checked:
                reason = paths.missing.reason(_audio(raw, audio_names.get(int(start[at]))))
                lost += [at] if reason is not None else []
            if reason is not None and not reason.startswith(tuple(UNREAD_BY)):
                reasons[reason.partition(" (")[0]] += 1
                self._refuse(origin, portion, (line, offset, reason), raw)
                continue
            places.append(Place(line, offset))
            paths.outside.add(raw)
            skipped += reason is not None and reason.startswith(SKIPPED_BY)
            untranscribed += reason == UNTRANSCRIBED
            added = {**members, ROW: line} if has_rows else members
            added = added if self._channel is None else self._with_channel(raw, added)
            lines.append(_line(raw, added, paths, audio_names.get(int(start[at]))))
            paths.overruns.add(lines[-1])
        self._records.add(origin, lines, places)
        lengths = rows[DURATION_US.name]
        us = int(lengths.sum()) - int(lengths.gather(lost).sum())
        return batch, (len(lines) - skipped, skipped, untranscribed, us)

    def _with_channel(self, raw: bytes, members: dict[str, object]) -> dict[str, object]:
        """The members that a line gets, with the channel where it has none."""
        has_own = parse_line(raw).get("channel") is not None
        return members if has_own else {**members, "channel": self._channel}

    def _refuse(
        self, origin: Origin, portion: Portion, place: tuple[int, int, str], raw: bytes
    ) -> None:
        """Write a line that holds no record, with its place and reason."""
        line, offset, reason = place
        text = raw.decode(errors="backslashreplace")
        if portion.places is not None and reason in portion.reasons.values():
            text = _original(raw, text)
        self._needs_ffmpeg.add(origin, reason)
        self.undecoded.add(origin, line, reason, text)
        self._malformed.write(malformed_line(origin, Place(line, offset), reason, text))


def malformed_line(origin: Origin, place: Place, reason: str, as_read: str) -> bytes:
    """A line of the file of malformed lines."""
    fields = {
        "source": origin.name,
        "line": place.line,
        "byte_offset": place.byte_offset,
        "reason": reason,
        AS_READ: as_read,
    }
    return json.dumps(fields, ensure_ascii=False).encode() + b"\n"


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


def _audio(raw: bytes, name: str | None) -> str:
    """The audio path of a line, which `name` is where it stands there without escapes."""
    return str(parse_line(raw)[AUDIO]) if name is None else name


def _line(raw: bytes, added: dict[str, object], paths: _Paths, audio: str | None) -> bytes:
    """A record's line with its audio path as it reads from the new folder, and these fields."""
    if not paths.may_change(raw):
        return with_members(raw, added) if added else raw
    audio = _audio(raw, audio)
    moved = audio if paths.moved.all_stay else paths.moved.moved(audio)
    written = paths.on_disk.on_disk(moved)
    members = added if written == audio else {**added, AUDIO: written}
    return with_members(raw, members) if members else raw
