"""Results of audio analysis, as a table; and which of them can be reused.

`audio_cache.parquet` beside the records (or beside a part of them) holds a row for each segment,
with the size and times of its file. A file's segments are taken from there where that is
unchanged, and the same code would analyse them in the same way.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from curate.artifacts.columns import DESCRIBED_BY
from curate.audio.analyse import (
    Depth,
    Segment,
    SegmentResult,
    analyse_segments,
)
from curate.audio.faults import Unusable
from curate.audio.options import AudioOptions
from curate.audio.paths import find_audio
from curate.files.parquet_room import room_for
from curate.files.state import FileState, state_of
from curate.metrics import METRICS
from curate.nemo.manifest_fields import audio_path
from curate.profiles.audio.depth import GROUPS_OF
from curate.profiles.measure.code_version import audio_code

_SCHEMA = "curate.audio_cache/1"
_FRESH_NS = 2_000_000_000
"""A file changed so shortly before may change again within one clock tick."""
_BY_NAME = frozenset({"command", "url", "unsafe_name", "archived"})
"""Faults that follow from the name, whatever happens on disk."""

_VALUES: Mapping[str, pl.DataType] = {
    **{c.name: c.dtype for group in ("audio", "signal") for c in DESCRIBED_BY[group]},
    **{
        metric.name: metric.dtype
        for metric in METRICS
        if metric.group in GROUPS_OF["vad"] and metric.name != "signal_duplicates"
    },
}
_STATE = {"size": pl.Int64(), "mtime_ns": pl.Int64(), "ctime_ns": pl.Int64(), "inode": pl.UInt64()}
_KEY = {
    "row": pl.UInt32(),
    "path": pl.String(),
    "segment_s": pl.Float64(),
    "length_s": pl.Float64(),
    "channel": pl.Int16(),
}
COLUMNS: Mapping[str, pl.DataType] = {**_KEY, **_STATE, **_VALUES}
"""What is noted of a segment: where it was, what its file was like, and the results."""
_NOTED: Mapping[str, pl.DataType] = {**COLUMNS, "noted_ns": pl.Int64()}


@dataclass(frozen=True, slots=True)
class File:
    """An audio file as a manifest names it, and the segments cut from it."""

    name: str
    folder: Path
    segments: tuple[Segment, ...]
    archived: bool = False

    @property
    def path(self) -> str:
        """Where it lies, whether or not it is there."""
        return audio_path(self.name, self.folder)


def analyse_files(files: Sequence[File], depth: Depth, allowed: Sequence[Path]) -> pl.DataFrame:
    """A row of COLUMNS for each segment of these files, as they are on disk now."""
    rows: list[tuple[object, ...]] = []
    for file in files:
        state, results = _analyse_file(file, depth, allowed)
        places = zip(file.segments, results, strict=True)
        rows += [_row(file.path, segment, state, each) for segment, each in places]
    return pl.DataFrame(rows, schema=dict(COLUMNS), orient="row")


def _analyse_file(
    file: File, depth: Depth, allowed: Sequence[Path]
) -> tuple[FileState | None, Sequence[SegmentResult]]:
    if file.archived:
        why = "inside an archive: its own tools read it"
        return None, [SegmentResult(segment.row, "archived", why) for segment in file.segments]
    return analyse_segments(file.name, file.folder, file.segments, depth, allowed)


def _row(
    path: str, segment: Segment, state: FileState | None, result: SegmentResult
) -> tuple[object, ...]:
    signal = result.signal
    values = (getattr(signal if name in _SIGNAL else result, name, None) for name in _VALUES)
    place = (path, segment.offset_s, segment.duration_s, segment.channel)
    return (result.row, *place, *(state or _NO_STATE), *values)


_SIGNAL = frozenset(name for name in _VALUES if name not in SegmentResult.__dataclass_fields__)
_NO_STATE = (None,) * len(_STATE)


Noted = tuple[FileState, int, dict[tuple[float | None, float, int | None], int]]
"""Of a path: the file's state, when it was noted, and where each segment is."""


@dataclass(frozen=True, slots=True)
class Cache:
    """Results of earlier profiles, or parts of one; empty where there are none, or they analysed
    otherwise. `noted_ns` says of each row when it was written.
    """

    table: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_NOTED))

    @classmethod
    def load(cls, paths: Sequence[Path], depth: Depth, options: AudioOptions) -> Cache:
        """What is in these tables; one that cannot be read is passed over."""
        frames = [frame for path in paths if (frame := _noted(path, depth, options)) is not None]
        return cls(pl.concat(frames)) if frames else cls()

    def split(self, files: Sequence[File]) -> tuple[pl.DataFrame, list[File]]:
        """The rows of unchanged files, and the files that are to be analysed."""
        places = self._places()
        old: list[int] = []
        rows: list[int] = []
        left: list[File] = []
        for file in files:
            row_numbers = self._known_rows(places.get(file.path), file)
            if row_numbers is None:
                left.append(file)
                continue
            old += row_numbers
            rows += [segment.row for segment in file.segments]
        cached = self.table[old].with_columns(pl.Series("row", rows, pl.UInt32()))
        return cached.select(list(COLUMNS)), left

    def _places(self) -> Mapping[str, Noted]:
        """By path, what was noted; of a file that changed between two tables, by the later one."""
        entries: dict[str, Noted] = {}
        names = ("path", "segment_s", "length_s", "channel", "noted_ns", *_STATE)
        rows = self.table.select(*names).iter_rows()
        for at, (path, offset, length, channel, noted_ns, *state) in enumerate(rows):
            if state[0] is None:
                continue
            now, known = FileState(*state), entries.get(path)
            if known is None or (known[0] != now and known[1] < noted_ns):
                known = entries[path] = (now, noted_ns, {})
            if known[0] == now:
                known[2][offset, length, channel] = at
        return entries

    def _known_rows(self, noted: Noted | None, file: File) -> list[int] | None:
        if noted is None or file.archived or not _is_current(file.path, noted[0], noted[1]):
            return None
        row_numbers = [
            noted[2].get((each.offset_s, each.duration_s, each.channel)) for each in file.segments
        ]
        known = [each for each in row_numbers if each is not None]
        return known if len(known) == len(row_numbers) else None

    def is_current(self, allowed: Sequence[Path]) -> bool:
        """Whether every file is unchanged: all results are here."""
        files = self.table.unique("path", maintain_order=True).select(
            "path", "audio_fault", "noted_ns", *_STATE
        )
        return not self.table.is_empty() and all(
            _is_current(path, FileState(*state), noted_ns)
            if state[0] is not None
            else fault in _BY_NAME or _still(path, fault, allowed)
            for path, fault, noted_ns, *state in files.iter_rows()
        )


def _noted(path: Path, depth: Depth, options: AudioOptions) -> pl.DataFrame | None:
    """The table, where it was made with the same settings; else None."""
    try:
        noted = pl.read_parquet_metadata(path)
        if any(noted.get(key) != value for key, value in _how(depth, options).items()):
            return None
        written = pl.lit(path.stat().st_mtime_ns, pl.Int64).alias("noted_ns")
        return pl.read_parquet(path).with_columns(written).select(list(_NOTED))
    except (OSError, pl.exceptions.PolarsError):
        return None


def _is_current(path: str, state: FileState, noted_ns: int) -> bool:
    try:
        now = state_of(os.stat(path))  # noqa: PTH116 - one call, for each of millions
    except OSError:
        return False
    return now == state and max(now.mtime_ns, now.ctime_ns) < noted_ns - _FRESH_NS


def _still(path: str, fault: str, allowed: Sequence[Path]) -> bool:
    """Whether a file that could not be opened cannot be opened now."""
    try:
        find_audio(path, Path("/"), allowed)
    except Unusable as error:
        return error.fault == fault
    return False


def _how(depth: Depth, options: AudioOptions) -> dict[str, str]:
    """What decides the results, beside the files."""
    allowed = json.dumps([str(root) for root in options.allowed])
    return {"schema": _SCHEMA, "code": audio_code(), "depth": depth, "allowed": allowed}


def write_audio_cache(
    path: Path, analysed: pl.DataFrame, depth: Depth, options: AudioOptions
) -> None:
    """Write the results, for the next profile."""
    table = analysed.select(list(COLUMNS))
    with room_for(path):
        table.write_parquet(path, compression="lz4", metadata=_how(depth, options))
