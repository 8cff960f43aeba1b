"""The records of a directory of shards, and their audio, which is in tar files.

`train.jsonl` beside the shards has the records in the order of the shards: the lines, ids and audio
paths of the source, as curation left them. The shards have the audio.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from curate.artifacts.shard_index import REMEDY, Shard, ShardIndex, check_files
from curate.errors import Fault, InputError, raise_all
from curate.files.tar_members import NOTHING, Damage, Member, tar_members
from train.data import ShardSet, open_shards
from train.data.check import UNREADABLE
from train.data.cuts import duration_of
from train.data.rows import Row, read_lines

TRAIN = "train"


@dataclass(frozen=True, slots=True)
class StoredAudio:
    """A recording in a shard: the tar file, the cut's id, by which its member is named, and its
    seconds.
    """

    tar: Path
    cut: str
    duration_s: float

    @property
    def place(self) -> str:
        """Where the audio is, for people."""
        return f"{self.tar}/{self.cut}"

    def extract(self, stem: Path) -> Path:
        """Write the audio to a file, `stem` with the extension that the member has, and name it.

        The tar has been checked by `check_tars`.
        """
        member = _members(self.tar)[self.cut]
        file = stem.with_name(stem.name + Path(member.name).suffix)
        with self.tar.open("rb") as tar:
            tar.seek(member.offset)
            file.write_bytes(tar.read(member.size))
        return file


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A record of train.jsonl and its audio."""

    row: Row
    audio: StoredAudio

    def with_audio(self, file: Path) -> Row:
        """The row as one of a manifest whose audio is `file`, the segment and nothing else."""
        duration_s = min(self.row.duration_s, self.audio.duration_s)
        stored = {"audio_filepath": str(file), "offset": 0.0, "duration": duration_s}
        own = {name: value for name, value in self.row.fields.items() if name != "channel"}
        return replace(self.row, fields={**own, **stored})


def read_stored(folder: Path) -> tuple[StoredRow, ...]:
    """The records of a directory of `curate shard`, in the order of its shards.

    InputError with all that is wrong: files that are missing, damaged or of another size than
    written, cuts that lack what every cut has, lines of train.jsonl that are of other records than
    the cuts. What is inside the tar files, `check_tars` looks at.
    """
    shards = open_shards(folder)
    raise_all(InputError, check_files(folder, shards.index))
    cuts: list[_Cut] = []
    faults: list[Fault] = []
    for shard in shards.index.shards:
        read = list(_cuts_of(shard, folder))
        faults += [each for each in read if isinstance(each, Fault)]
        cuts += [each for each in read if isinstance(each, _Cut)]
    raise_all(InputError, faults)
    return tuple(_paired(_manifest(shards), cuts))


def check_tars(rows: Iterable[StoredRow]) -> None:
    """Read the headers of the tar files of these records. InputError with each file that is
    damaged, or lacks the audio of a cut.
    """
    by_tar: dict[Path, list[str]] = {}
    for each in rows:
        by_tar.setdefault(each.audio.tar, []).append(each.audio.cut)
    faults: list[Fault] = []
    for tar, cuts in by_tar.items():
        try:
            members = _members(tar)
        except InputError as error:
            faults += error.faults
            continue
        if lacking := [cut for cut in cuts if cut not in members]:
            what = f"holds no audio of {len(lacking)} of its cuts, the first {lacking[0]!r}"
            faults.append(Fault(str(tar), what, REMEDY))
    raise_all(InputError, faults)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A cut: where its line is, the record that it is of, its text and its audio."""

    place: str
    record: str
    text: str
    audio: StoredAudio


def _cuts_of(shard: Shard, folder: Path) -> Iterator[_Cut | Fault]:
    """The cuts of a shard; a fault for one that is none, or for what stops the reading."""
    paths, number = shard.paths(folder), 0
    try:
        with gzip.open(paths["cuts"], "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                place = f"{paths['cuts']}:{number}"
                try:
                    yield _cut_of(json.loads(line), place, paths["recording"])
                except _Lacking as error:
                    yield Fault(place, str(error), REMEDY)
    except UNREADABLE as error:
        yield Fault(f"{paths['cuts']}:{number + 1}", f"cannot be read: {error}", REMEDY)
        return
    if number != shard.cuts:
        what = f"holds {number} cuts, {shard.cuts} were written"
        yield Fault(str(paths["cuts"]), what, REMEDY)


class _Lacking(Exception):  # noqa: N818 - a finding about a cut
    """What a cut lacks."""


def _cut_of(cut: dict[str, Any], place: str, tar: Path) -> _Cut:
    supervisions, custom = cut.get("supervisions") or [{}], cut.get("custom") or {}
    duration_s, values = duration_of(cut), {
        "id": cut.get("id"),
        "custom.record_id": custom.get("record_id"),
        "supervisions[0].text": supervisions[0].get("text"),
    }  # fmt: skip
    lacking = [name for name, value in values.items() if not isinstance(value, str)]
    if duration_s is None:
        lacking.append("duration")
    if lacking or duration_s is None:
        raise _Lacking(f"the cut has no {', no '.join(lacking)}")
    id, record, text = map(str, values.values())
    return _Cut(place, record, text, StoredAudio(tar, id, duration_s))


def _manifest(shards: ShardSet) -> list[Row]:
    """The records of train.jsonl; InputError where there is none, or a line is no record."""
    listed = shards.index.manifests.get(TRAIN)
    if listed is None:
        where = shards.folder / ShardIndex.file
        raise InputError.of(where, "lists no train manifest: no record of the cuts", REMEDY)
    lines = list(read_lines(shards.folder / listed.file))
    raise_all(InputError, [each.fault for each in lines if not isinstance(each, Row)])
    return [each for each in lines if isinstance(each, Row)]


def _paired(rows: Sequence[Row], cuts: Sequence[_Cut]) -> Iterator[StoredRow]:
    """Each record with its audio; InputError where they are not of each other."""
    for row, cut in zip(rows, cuts, strict=False):
        if (row.id, row.text) != (cut.record, cut.text):
            what = f"is not the record of the cut in its place ({cut.place}, {cut.record})"
            raise InputError.of(row.place, what, REMEDY)
        yield StoredRow(row, cut.audio)
    if len(rows) != len(cuts):
        where = str(rows[0].manifest if rows else "train.jsonl")
        raise InputError.of(where, f"has {len(rows)} records, the shards {len(cuts)} cuts", REMEDY)


@lru_cache(maxsize=2)
def _members(tar: Path) -> dict[str, Member]:
    """The audio of a tar by the cut's id; InputError where it is damaged."""
    try:
        members = tar_members(tar)
    except Damage as damage:
        raise InputError.of(tar, damage.what, REMEDY) from None
    audio = (each for each in members if not each.name.endswith((".json", *NOTHING)))
    return {each.stem: each for each in audio}
