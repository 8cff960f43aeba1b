"""Audio of rows that is in tar files (of a Lhotse Shar, of NeMo's tarred data sets) or in tables.

Their content is recognised by the names of their members, as Lhotse and NeMo find it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from curate.audio.faults import Unusable
from curate.audio.paths import find_audio, open_audio
from curate.files.tar_members import NOTHING, Damage, Member, tar_members
from curate.manifest.origin import INSIDE, Origin
from curate.manifest.strict import Record
from curate.manifest.tarred import tar_number, whole_name
from curate.shards.table_audio import row_audio, unpack

if TYPE_CHECKING:
    from curate.artifacts.profile import Input

TAR_FORMATS = ("lhotse_shar", "nemo_tarred", "webdataset")
"""Formats of inputs whose audio is in tar files, unless a manifest has none beside it."""

_TARS_AT_ONCE = 512
"""So many tars' members are remembered: rows come in a shuffled order."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The tar files of one source: of a Shar the one beside its cuts, of NeMo's by number; of a
    table that holds its audio none, but its `origin`, and `unpacked`, where `unpack` wrote it.
    """

    format: str
    folder: Path
    tars: Mapping[int | str, str]
    origin: Origin | None = None
    unpacked: Path | None = None

    @classmethod
    def of(cls, entry: Input) -> Archive | None:
        """The archive of an input as split.json has it; None where its audio is in files."""
        return cls.behind(entry.format, Path(entry.source), Path(entry.folder), entry.beside)

    @classmethod
    def behind(
        cls, format: str, source: Path, folder: Path, beside: Mapping[str, Sequence[str]]
    ) -> Archive | None:
        """The archive of a source in this format; None where its audio is in files."""
        tars = {tar_number(name): name for name in beside.get("tars", ())}
        if format == "lhotse_shar":
            name = re.sub(r"^cuts\.(.*?)\.jsonl.*", r"recording.\1.tar", source.name)
            tars = {"": name}
        if format == "webdataset":
            tars = {"": source.name}
        if INSIDE in beside.get("audio", ()):
            return cls(format, source.parent, {}, Origin(str(source), format, beside))
        return cls(format, folder, tars) if tars else None

    def at_hand(self, place: Path) -> Archive:
        """The archive with the audio of a table, if it is one, written to the file `place`."""
        if self.origin is None:
            return self
        unpack(self.origin, place)
        return replace(self, unpacked=place)

    @contextmanager
    def extracted(
        self, record: Record, row: int, allowed: Sequence[Path], scratch: Path
    ) -> Iterator[Path]:
        """The record's audio as a file, for as long as the block lasts; Unusable where it has none.

        `row` is its line, `scratch` the file's name without an extension.
        """
        file = self._extract(record, row, allowed, scratch)
        try:
            yield file
        finally:
            file.unlink(missing_ok=True)

    def _extract(self, record: Record, row: int, allowed: Sequence[Path], scratch: Path) -> Path:
        """Write the record's audio to a file."""
        if self.origin is not None:
            assert self.unpacked is not None, "tables are unpacked before rows are taken"
            find_audio(self.origin.name, self.folder, allowed)
            scratch.write_bytes(row_audio(self.unpacked, row))
            return scratch
        tar, names = self._place(record)
        path = find_audio(tar, self.folder, allowed)
        member = next(
            (candidate for name in names if (candidate := _members(str(path)).get(name))), None
        )
        if member is None or member.name.endswith(NOTHING):
            raise Unusable(f"{path.name} holds no audio of it ({names[0]})", "missing")
        file = scratch.with_name(scratch.name + Path(member.name).suffix)
        with open_audio(path) as descriptor, open(descriptor, "rb", closefd=False) as opened:
            opened.seek(member.offset)
            file.write_bytes(opened.read(member.size))
        return file

    def _place(self, record: Record) -> tuple[str, tuple[str, ...]]:
        """The tar of a record, and the names that its member may have."""
        if self.format == "lhotse_shar":
            return self.tars[""], (str(record.get("id")),)
        if self.format == "webdataset":
            return self.tars[""], (str(record["audio_filepath"]),)
        shard, name = record.get("shard_id"), str(record.get("audio_filepath"))
        tar = self.tars.get(shard) if isinstance(shard, int) else None
        if tar is None:
            raise Unusable(f"its shard has no tar ({shard})", "missing")
        return tar, (name, whole_name(name))


@lru_cache(maxsize=_TARS_AT_ONCE)
def _members(path: str) -> Mapping[str, Member]:
    """Members by name, and by name without the extension where that is not their description's."""
    try:
        members = tar_members(Path(path))
    except Damage as damage:
        raise Unusable(f"its tar {damage.what}", "unreadable") from None
    by_stem = {one.stem: one for one in members if not one.name.endswith(".json")}
    return {**by_stem, **{one.name: one for one in members}}
