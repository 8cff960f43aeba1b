"""Audio of rows that is in tar files: those of a Lhotse Shar, and of NeMo's tarred data sets.

Their content is recognised by the names of their members, as Lhotse and NeMo find it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from curate.artifacts.profile import Input
from curate.audio.faults import Unusable
from curate.audio.paths import find_audio, open_audio
from curate.manifest.columnar import INSIDE
from curate.manifest.strict import Record
from curate.manifest.tarred import tar_number, whole_name
from curate.shards.readback import NOTHING, Damage, Member, tar_members

TAR_FORMATS = ("lhotse_shar", "nemo_tarred")
"""Formats of inputs whose audio is in tar files, unless a manifest has none beside it."""

IN_TABLE = "its audio stands inside the Parquet table, where it is not read"
"""Why no row of such a table is stored."""
_TABLE = "parquet"

_TARS_AT_ONCE = 512
"""So many tars' members are remembered: rows come in a shuffled order."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The tar files of one source: of a Shar the one beside its cuts, of NeMo's by number; none of
    a table that holds its audio.
    """

    format: str
    folder: Path
    tars: Mapping[int | str, str]

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
        if INSIDE in beside.get("audio", ()):
            return cls(_TABLE, source.parent, {})
        known = format in TAR_FORMATS and tars
        return cls(format, folder, tars) if known else None

    @contextmanager
    def extracted(self, record: Record, allowed: Sequence[Path], scratch: Path) -> Iterator[Path]:
        """The record's audio as a file, for as long as the block lasts; Unusable where it has none.

        `scratch` is the file's name without an extension.
        """
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
        try:
            yield file
        finally:
            file.unlink(missing_ok=True)

    def _place(self, record: Record) -> tuple[str, tuple[str, ...]]:
        """The tar of a record, and the names that its member may have."""
        if self.format == _TABLE:
            raise Unusable(IN_TABLE, "archived")
        if self.format == "lhotse_shar":
            return self.tars[""], (str(record.get("id")),)
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
