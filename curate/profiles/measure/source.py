"""What was read of one manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from curate.formatting.units import plural
from curate.manifest.audio_files import bases_of
from curate.manifest.ffmpeg_paths import ffmpeg_files, ffmpeg_warnings
from curate.manifest.lines import fingerprint
from curate.manifest.origin import Origin, home_of, is_archived
from curate.manifest.origins import copied_as
from curate.manifest.path_sample import PathSample
from curate.manifest.read import Part
from curate.nemo.ffmpeg_kinds import CONVERT

if TYPE_CHECKING:  # models of files, which are read and written before and after
    from curate.artifacts.measured import MeasuredInput
    from curate.artifacts.profile import Input


@dataclass(slots=True)
class Source:
    """One manifest; `bytes` counts the decompressed file, `state` is what the system says of it."""

    origin: Origin
    bytes: int = 0
    rows: int = 0
    blank_lines: int = 0
    blank_bytes: int = 0
    not_finite: int = 0
    ffmpeg_rows: int = 0
    sample: PathSample = field(default_factory=PathSample)
    digests: list[int] = field(default_factory=list)
    known_fingerprint: str = ""
    state: dict[str, int] = field(default_factory=dict)

    def note(self, part: Part) -> None:
        """Add what was read next."""
        self.bytes += part.bytes
        self.rows += part.rows
        self.blank_lines += part.blank_lines
        self.blank_bytes += part.blank_bytes
        self.not_finite += part.not_finite
        self.ffmpeg_rows += part.ffmpeg_rows
        self.sample.add(*part.sample)
        self.digests.append(part.digest)

    @property
    def name(self) -> str:
        """What its records' ids begin with."""
        return self.origin.name

    @property
    def fingerprint(self) -> str:
        """One name for the content."""
        return self.known_fingerprint or fingerprint(self.digests)

    @property
    def folder(self) -> str:
        """Root of relative audio paths."""
        return home_of(self.origin)

    def as_input(self) -> Input:
        """An entry of profile.json's `inputs`."""
        from curate.artifacts.profile import Input

        return Input(
            source=self.name,
            folder=self.folder,
            format=self.origin.format,
            beside={role: tuple(files) for role, files in self.origin.beside.items()},
            added=self.origin.added,
            copied=copied_as(self.origin),
            bytes=self.bytes,
            rows=self.rows,
            blank_lines=self.blank_lines,
            fingerprint=self.fingerprint,
            not_finite=self.not_finite or None,
            ffmpeg_rows=self.ffmpeg_rows or None,
        )

    def as_measured(self) -> MeasuredInput:
        """The same with what only the next profile needs."""
        from curate.artifacts.measured import MeasuredInput

        fields = dict(self.as_input())
        return MeasuredInput(
            **fields,
            blank_bytes=self.blank_bytes,
            state=self.state,
            audio_paths=() if is_archived(self.origin) else tuple(self.sample.paths),
            audio_ends_s=() if is_archived(self.origin) else tuple(self.sample.ends),
        )

    @classmethod
    def of(cls, entry: MeasuredInput) -> Source:
        """A source as measured.json holds it."""
        return cls(
            origin=Origin(entry.source, entry.format, entry.beside, entry.added),
            bytes=entry.bytes,
            rows=entry.rows,
            blank_lines=entry.blank_lines,
            blank_bytes=entry.blank_bytes,
            not_finite=entry.not_finite or 0,
            ffmpeg_rows=entry.ffmpeg_rows or 0,
            sample=PathSample(list(entry.audio_paths), list(entry.audio_ends_s)),
            known_fingerprint=entry.fingerprint,
            state=dict(entry.state),
        )


def unread_audio_warnings(read: Sequence[Source], root: Path | None) -> list[str]:
    """The warning about rows with audio that only ffmpeg reads, with what makes files that are read
    of it. `root` is where relative paths begin, if named.
    """
    hint = CONVERT
    for source in read if any(each.ffmpeg_rows for each in read) else ():
        bases = bases_of(source.origin, root)
        if source.ffmpeg_rows and (files := ffmpeg_files(source.sample.paths, bases)):
            from curate.manifest.hints.conversion import conversion_hint

            hint = conversion_hint(files, source.origin)
            break
    return ffmpeg_warnings({source.name: source.ffmpeg_rows for source in read}, hint)


def not_finite_warnings(read: Sequence[Source]) -> list[str]:
    """What `--lenient-json` took of each source."""
    return [
        f"{source.name}: {plural(source.not_finite, 'line', 'holds/hold')} "
        f"NaN or Infinity, null from here on"
        for source in read
        if source.not_finite
    ]
