"""One task, start to end: read its rows, store them, and leave a marker that proves them.

Runs in a process of its own, so what it imports is light, and what it gives back is small. A task
writes beside the result and moves its files there whole; the marker comes last.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from socket import gethostname
from typing import TYPE_CHECKING

import numpy as np

from curate.audio.faults import Unusable
from curate.audio.paths import is_shell_opened, locate_audio
from curate.files.state import sha256_of
from curate.manifest.archive_fields import ARCHIVE, ROW
from curate.manifest.strict import Record, parse_line
from curate.nemo.canary_prompt import complete
from curate.nemo.manifest_fields import as_segment
from curate.shards.audio import StoredAudio, check_segment, load_segment
from curate.shards.markers import (
    Counted,
    MarkedFile,
    StoredShard,
    TaskMarker,
    marker_text,
    parse_marker,
)
from curate.shards.options import ShardOptions
from curate.shards.readback import read_shard, text_line
from curate.shards.records import Row, format_json, without_channel
from curate.shards.stored import STORED
from curate.shards.tar import HashedFile, Written
from curate.shards.tasks import Entry, Task, read_entries
from curate.shards.tokens import counter

if TYPE_CHECKING:
    from curate.shards.archives import Archive

MARKERS, PARTS, RESULT, SHARDS, SCRATCH = "done", "parts", "out", "out/train", "tmp"
UNPACKED = "unpacked"
"""The folders of a stage: markers of finished tasks, parts of manifests, the result, its shards,
audio out of tables.
"""

AUDIO = "audio"
"""The folder of the result that holds audio of plain manifests which had to be mixed to mono."""

LENGTHS = "lengths"
"""Ending of a part that holds seconds and tokens of a shard's rows, as pairs of float64."""


@dataclass(frozen=True)
class Workplace:
    """Where tasks work, and what they have to know besides. Folders are by source, in order.

    `out` is where the result will be; `archives` are by source, or by the path that records name.
    """

    stage: Path
    out: Path
    spool: Path
    folders: Mapping[str, str]
    options: ShardOptions
    archives: Mapping[str, Archive] = field(default_factory=dict)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Each source's number, which ids in shards begin with."""
        return {source: number for number, source in enumerate(self.folders)}

    def archive_of(self, source: str, record: Record) -> Archive | None:
        """What holds the audio of a record: what its source is, or what it names; None where it is
        a file. Unusable where what it names is not there.
        """
        named = record.get(ARCHIVE)
        if source in self.archives or not isinstance(named, str):
            return self.archives.get(source)
        if named not in self.archives:
            raise Unusable(f"what holds its audio is missing ({named})", "missing")
        return self.archives[named]

    def make(self) -> None:
        """Make the folders."""
        for name in (MARKERS, PARTS, RESULT, SHARDS, SCRATCH, UNPACKED):
            (self.stage / name).mkdir(parents=True, exist_ok=True)


@dataclass(slots=True)
class Sum:
    """An amount that rows are added to, one by one."""

    rows: int = 0
    bytes: int = 0
    duration_us: int = 0

    def add(self, entry: Entry) -> None:
        """Count a row."""
        self.rows += 1
        self.bytes += len(entry.raw)
        self.duration_us += entry.duration_us

    @property
    def counted(self) -> Counted:
        """The rows so far."""
        return Counted(rows=self.rows, bytes=self.bytes, duration_us=self.duration_us)


@dataclass(slots=True)
class Tally:
    """What became of a task's rows; `in_shards_alone` are stored ones whose source, which
    train.jsonl names, holds other audio to NeMo: several channels, or a tar.
    """

    stored: Sum = field(default_factory=Sum)
    skipped: Sum = field(default_factory=Sum)
    samples_s: float = 0.0
    in_shards_alone: int = 0
    reasons: list[tuple[str, str]] = field(default_factory=list)
    added: Counter[str] = field(default_factory=Counter)
    texts: hashlib._Hash = field(default_factory=hashlib.sha256)
    lengths: list[tuple[float, int]] = field(default_factory=list)


def marker_of(stage: Path, task: Task) -> TaskMarker | None:
    """What a finished task left, its files proven by their hashes; None where there is more to do.

    A marker of other rows is no marker.
    """
    try:
        marker = read_marker(stage, task)
        if marker.rows != _rows_hash(task):
            return None
        whole = all(sha256_of(stage / file.path) == file.sha256 for file in marker.files)
    except (OSError, ValueError):
        return None
    return marker if whole else None


def remove_marker(stage: Path, task: Task) -> None:
    """Remove the marker of a task that is to be done, where `marker_of` does not accept it."""
    _marker(stage, task).unlink(missing_ok=True)


def is_marked(stage: Path, task: Task) -> bool:
    """Whether a task left a marker: where those that are not accepted are removed, it is done."""
    return _marker(stage, task).exists()


def read_marker(stage: Path, task: Task) -> TaskMarker:
    """The marker that a finished task left."""
    return parse_marker(_marker(stage, task).read_bytes())


def _marker(stage: Path, task: Task) -> Path:
    return stage / MARKERS / f"{task.name}.json"


def run_task(place: Workplace, task: Task) -> TaskMarker:
    """Do a task and mark it as done; the marker."""
    tally = Tally()
    work = _shard if task.split == "train" else _manifest
    with _parts(place, task) as (manifest, skipped):
        shard, files = work(place, task, tally, manifest, skipped)
        for path, written in ((_part(task), manifest.close()), (_skips(task), skipped.close())):
            _move(place.stage / SCRATCH / _own(path), place.stage / PARTS / path)
            files.append(_file(f"{PARTS}/{path}", written))
    marker = TaskMarker(
        rows=_rows_hash(task),
        files=tuple(files),
        shard=shard,
        stored=tally.stored.counted,
        skipped=tally.skipped.counted,
        reasons=tuple(tally.reasons),
        added=dict(sorted(tally.added.items())),
        in_shards_alone=tally.in_shards_alone,
    )
    _mark(place.stage, task, marker)
    return marker


def _shard(
    place: Workplace, task: Task, tally: Tally, manifest: HashedFile, skipped: HashedFile
) -> tuple[StoredShard | None, list[MarkedFile]]:
    """Store a shard; None where none of its rows can be stored. And its files."""
    stored, scratch = STORED[place.options.format], place.stage / SCRATCH
    names = {kind: task.folder + name for kind, name in stored.names(task.number).items()}
    own = {kind: _own(Path(name).name) for kind, name in names.items()}
    writer = stored.writer(scratch, own, task.number)
    keys: list[str] = []
    count_tokens = counter(place.options.tokenizers)
    for entry, row, path in _rows(place, task, tally, skipped):
        try:
            storage = place.options.audio.of_channel(row.channel)
            audio = load_segment(path, entry.offset_s, entry.duration_us / 1e6, storage)
        except Unusable as reason:
            _skip(tally, skipped, entry, row.id, reason)
            continue
        writer.add(row, audio)
        keys.append(row.key)
        tally.samples_s += audio.duration_s
        is_inside = place.archive_of(entry.source, row.record) is not None
        tally.in_shards_alone += audio.source_channels > 1 or is_inside
        tally.lengths.append((audio.duration_s, count_tokens(row.record)))
        _keep(tally, manifest, entry, row)
    written = writer.close()
    if not keys:
        for name in own.values():
            (scratch / name).unlink()
        return None, []
    back = read_shard(place.options.format, {kind: scratch / own[kind] for kind in own})
    assert back.ids == keys, "what was written is what is there"
    assert back.text_sha256 == tally.texts.hexdigest(), "texts stand there as they were read"
    for kind, name in names.items():
        _move(scratch / own[kind], place.stage / SHARDS / name)
    files = {kind: _file(f"{SHARDS}/{name}", written[kind]) for kind, name in names.items()}
    shard = StoredShard(
        folder=task.folder,
        number=task.number,
        files=files,
        cuts=tally.stored.rows,
        hours=round(tally.samples_s / 3600, 6),
        duration_us=tally.stored.duration_us,
        text_sha256=tally.texts.hexdigest(),
        stratum=task.stratum,
    )
    return shard, [*files.values(), _write_lengths(place, task, tally)]


def _write_lengths(place: Workplace, task: Task, tally: Tally) -> MarkedFile:
    """Seconds and tokens of each row, for the buckets."""
    name = f"{task.name}.{LENGTHS}"
    out = HashedFile.create(place.stage / SCRATCH / _own(name))
    out.write(np.array(tally.lengths, dtype=np.float64).tobytes())
    written = out.close()
    _move(place.stage / SCRATCH / _own(name), place.stage / PARTS / name)
    return _file(f"{PARTS}/{name}", written)


def _manifest(
    place: Workplace, task: Task, tally: Tally, manifest: HashedFile, skipped: HashedFile
) -> tuple[None, list[MarkedFile]]:
    """Write a stretch of a plain manifest: audio stays where it is, and is read to prove it."""
    files: list[MarkedFile] = []
    for entry, row, path in _rows(place, task, tally, skipped):
        try:
            plain = _plain(place, task, entry, row, path, files)
        except Unusable as reason:
            _skip(tally, skipped, entry, row.id, reason)
            continue
        _keep(tally, manifest, entry, plain)
    return None, files


def _plain(
    place: Workplace, task: Task, entry: Entry, row: Row, path: str, files: list[MarkedFile]
) -> Row:
    """The row as NeMo reads it from a plain manifest; Unusable where it cannot.

    NeMo reads mono files, so the channel that is named, or all mixed, where that is requested,
    become a stored file, and so does what is in a tar, and NIST SPHERE.
    """
    segment = path, entry.offset_s, entry.duration_us / 1e6
    mixed = StoredAudio(mono=place.options.audio.mono).of_channel(row.channel)
    is_inside = place.archive_of(entry.source, row.record) is not None
    is_as_it_is = not is_inside and not is_shell_opened(path)
    if check_segment(*segment, mixed) == 1 and is_as_it_is:
        return row
    audio = load_segment(*segment, mixed)
    name = f"{AUDIO}/{task.split}/{row.key}.{audio.extension}"
    scratch = place.stage / SCRATCH / _own(Path(name).name)
    out = HashedFile.create(scratch)
    out.write(audio.data)
    files.append(_file(f"{RESULT}/{name}", out.close()))
    (place.stage / RESULT / AUDIO).mkdir(exist_ok=True)
    _move(scratch, place.stage / RESULT / name)
    stored = {"audio_filepath": str(place.out / name), "offset": 0.0, "duration": audio.duration_s}
    return replace(row, record={**without_channel(row), **stored})


def _rows(
    place: Workplace, task: Task, tally: Tally, skipped: HashedFile
) -> Iterator[tuple[Entry, Row, str]]:
    """The task's rows with their audio's file, completed for training."""
    options, roots = place.options, place.options.roots
    for entry in read_entries(place.spool, task.offsets):
        record, id = parse_line(entry.raw), f"{entry.source}:{entry.line}"
        key = f"m{place.numbers[entry.source]:03d}-{entry.line:09d}"
        try:
            name = str(record["audio_filepath"])
            archive = place.archive_of(entry.source, record)
            if archive is None:
                folder = options.audio_root or place.folders[entry.source]
                path = locate_audio(name, folder, roots)
                yield entry, _row(tally, entry, record, id, key, path), path
            else:
                with _extracted(place, archive, entry, record, key) as path:
                    yield entry, _row(tally, entry, record, id, key, name), path
        except Unusable as reason:
            _skip(tally, skipped, entry, id, reason)


def _row(tally: Tally, entry: Entry, record: Record, id: str, key: str, audio: str) -> Row:
    """The row of a record, completed for training, with its audio under this name."""
    done, changed = complete(as_segment(record), entry.lang)
    tally.added.update(changed)
    done["audio_filepath"] = audio
    return Row(id, key, done, entry.verdict, entry.tags, entry.weight)


@contextmanager
def _extracted(
    place: Workplace, archive: Archive, entry: Entry, record: Record, key: str
) -> Iterator[str]:
    """A record's audio in a tar or a table as a file, for as long as the block lasts; Unusable
    where it has none.
    """
    scratch = place.stage / SCRATCH / _own(f"in.{key}")
    row = entry.line if entry.source in place.archives else record.get(ROW, 0)
    if archive.origin is not None and not (isinstance(row, int) and row > 0):
        raise Unusable(f"it does not give its row of {archive.origin.name}", "missing")
    with archive.extracted(record, int(str(row)), place.options.roots, scratch) as path:
        yield str(path)


def _keep(tally: Tally, manifest: HashedFile, entry: Entry, row: Row) -> None:
    tally.stored.add(entry)
    tally.texts.update(text_line(row.key, row.record["text"]))
    line = format_json({**row.record, "_curate": row.curated})
    manifest.write(line.encode() + b"\n")


def _skip(tally: Tally, skipped: HashedFile, entry: Entry, id: str, reason: Unusable) -> None:
    tally.skipped.add(entry)
    tally.reasons.append((id, str(reason)))
    skipped.write(entry.raw + b"\n")


def _rows_hash(task: Task) -> str:
    digest = hashlib.blake2b(repr(task.stratum).encode(), digest_size=16)
    digest.update(task.offsets.tobytes())
    return digest.hexdigest()


def _part(task: Task) -> str:
    return f"{task.name}.jsonl"


def _skips(task: Task) -> str:
    return f"{task.name}.skipped.jsonl"


def _own(name: str) -> str:
    """A name that no other process writes."""
    return f"{os.getpid()}.{gethostname()}.{name}"


def _file(path: str, written: Written) -> MarkedFile:
    return MarkedFile(path=path, bytes=written.bytes, sha256=written.sha256)


@contextmanager
def _parts(place: Workplace, task: Task) -> Iterator[tuple[HashedFile, HashedFile]]:
    scratch = place.stage / SCRATCH
    manifest = HashedFile.create(scratch / _own(_part(task)))
    skipped = HashedFile.create(scratch / _own(_skips(task)))
    try:
        yield manifest, skipped
    finally:
        manifest.file.close()
        skipped.file.close()


def _move(path: Path, to: Path) -> None:
    to.parent.mkdir(exist_ok=True)
    path.replace(to)


def _mark(stage: Path, task: Task, marker: TaskMarker) -> None:
    scratch = stage / SCRATCH / _own(f"{task.name}.json")
    scratch.write_text(marker_text(marker), encoding="utf-8")
    _move(scratch, _marker(stage, task))
