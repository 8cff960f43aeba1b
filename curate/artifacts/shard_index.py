"""shards.json: what `curate shard` wrote, and whether the files that it lists are still there.

Lhotse and NeMo do not notice a lost shard or a short one: they train on what is left. Sizes cost
a look at each file, hashes a read of it. What the files hold is `curate shard --verify`'s business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal, Self

from curate.artifacts.base import (
    GatedArtifact,
    Model,
    OptionalKey,
    SchemaId,
    read_artifact,
)
from curate.errors import Fault
from curate.files.state import sha256_of
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import duration, plural

REMEDY = "write the shards again: `curate shard`"


class Shard(Model):
    """One shard, and its files by kind: `cuts_file` and `recording_file` of a Shar, `manifest_file`
    and `audio_file` of NeMo's form, `parquet_file`; their paths begin at the folder.

    `hours` are of the stored samples, `duration_us` as the records declare it; `text_sha256` is
    over ids and texts.
    """

    index: int
    cuts_file: OptionalKey[str] = None
    recording_file: OptionalKey[str] = None
    manifest_file: OptionalKey[str] = None
    audio_file: OptionalKey[str] = None
    parquet_file: OptionalKey[str] = None
    cuts: int
    hours: float
    duration_us: int
    bytes: int
    sizes: Mapping[str, int]
    sha256: Mapping[str, str]
    text_sha256: str
    stratum: tuple[str, ...]

    @property
    def files(self) -> Mapping[str, str]:
        """The paths of the shard's files by kind."""
        named = {
            "cuts": self.cuts_file,
            "recording": self.recording_file,
            "manifest": self.manifest_file,
            "audio": self.audio_file,
            "parquet": self.parquet_file,
        }
        return {kind: path for kind, path in named.items() if path is not None}

    def paths(self, folder: Path) -> Mapping[str, Path]:
        """The shard's files by kind, in this folder of `curate shard`."""
        return {kind: folder / name for kind, name in self.files.items()}


class ShardStratum(Model):
    """Shards that hold nothing of another stratum, and the weight that training draws them with."""

    stratum: tuple[str, ...]
    shards: int
    cuts: int
    hours: float
    weight: float


class SkippedRow(Model):
    """A row that could not be stored, and why."""

    id: str
    reason: str


class PlainManifest(Model):
    """A plain NeMo manifest beside the shards."""

    file: str
    rows: int
    hours: float


class ReadBack(Model):
    """What reading the shards back gave: of all by our own reader, and so many cuts by Lhotse."""

    cuts: int
    hours: float
    ids_match: bool
    read_by_lhotse: OptionalKey[int] = None


class SizeOption(Model):
    """The most that a shard holds, in cuts or in bytes of audio; the other is null."""

    cuts: int | None
    bytes: int | None


class AudioOption(Model):
    """What audio was stored: null `format` and `rate` keep what whole files have."""

    format: str | None
    rate: int | None
    mono: bool


class RecordedOptions(Model):
    """The options that decide what is written; a null `audio_root` is each manifest's folder."""

    format: str
    size: SizeOption
    seed: int
    shard_by: tuple[str, ...]
    audio: AudioOption
    audio_root: str | None
    allowed: tuple[str, ...]
    temperature: float
    buckets: int
    tokenizers: tuple[str, ...]


class ShardIndex(GatedArtifact):
    """shards.json, which `curate shard` writes.

    `stratum_by` divides the shards, `strata_columns` divided the split that they were made from.
    `skipped` names the first of the `skipped_rows`. `shards_kept` (shards that an interrupted run
    had finished) is in what the command answers, and not in the file.
    """

    file: ClassVar[str] = "shards.json"
    made_by: ClassVar[str] = "curate shard"

    schema_id: SchemaId[Literal["curate.shards/1"]] = "curate.shards/1"
    format: str
    options: RecordedOptions
    seed: int
    cuts: int
    hours: float
    duration_us: int
    audio_format: str
    fields_added: Mapping[str, int]
    stratum_by: tuple[str, ...]
    strata_columns: tuple[str, ...]
    strata: tuple[ShardStratum, ...]
    shards: tuple[Shard, ...]
    skipped: tuple[SkippedRow, ...]
    skipped_rows: int
    manifests: Mapping[str, PlainManifest]
    verified: ReadBack
    shards_kept: OptionalKey[int] = None

    def as_file(self) -> Self:
        """The index as the file has it."""
        return self.model_copy(update={"shards_kept": None})

    def headline(self) -> str:
        """How many shards hold how much, the plain manifests, and rows that were left out."""
        many = "" if len(self.shards) == 1 else "s"
        stored = f"{len(self.shards):,} shard{many} of {self.cuts:,} cuts"
        plain = (f"{name} {plural(each.rows, 'row')}" for name, each in self.manifests.items())
        parts = [f"{stored}, {duration(hours=self.hours)}", *plain]
        left = f"{plural(self.skipped_rows, 'row') if self.skipped_rows else 'no row'} left out"
        return f"Shards ({self.format}): {', '.join(parts)}; {left}"

    def html_tables(self) -> Iterator[HtmlTable]:
        """What was written, the strata of shards, and rows that were left out."""
        manifests = [
            (each.file, f"{each.rows:,}", duration(hours=each.hours))
            for each in self.manifests.values()
        ]
        train = ("train/", f"{self.cuts:,}", duration(hours=self.hours))
        yield HtmlTable(("what", "cuts or rows", "hours"), [train, *manifests])
        strata = [
            (" ".join(each.stratum), f"{each.shards:,}", duration(hours=each.hours),
             f"{each.weight:.3g}")
            for each in self.strata
            if each.stratum
        ]  # fmt: skip
        yield HtmlTable(("stratum", "shards", "hours", "weight"), strata)
        yield HtmlTable(("left out", "why"), [(each.id, each.reason) for each in self.skipped])


def read_index(folder: Path) -> ShardIndex:
    """shards.json of a folder of `curate shard`; InputError where it is none."""
    return read_artifact(folder, ShardIndex)


def check_files(folder: Path, index: ShardIndex, hashes: bool = False) -> list[Fault]:
    """Every fault of the shards' files: missing, of another size (or hash), or not listed."""
    faults = [fault for shard in index.shards for fault in _file_faults(folder, shard, hashes)]
    counted = sum(shard.cuts for shard in index.shards)
    if counted != index.cuts:
        what = f"counts {index.cuts} cuts, its shards {counted}"
        faults.append(Fault(str(folder / ShardIndex.file), what, REMEDY))
    return faults + _strays(folder, index.shards)


def _file_faults(folder: Path, shard: Shard, hashes: bool) -> Iterator[Fault]:
    for kind, path in shard.paths(folder).items():
        if not path.is_file():
            yield Fault(str(path), "is missing", REMEDY)
            continue
        size, written = path.stat().st_size, shard.sizes[kind]
        if size != written:
            yield Fault(str(path), f"has {size} bytes, {written} were written", REMEDY)
        elif hashes and sha256_of(path) != shard.sha256[kind]:
            yield Fault(str(path), "is not what was written (sha256)", REMEDY)


def _strays(folder: Path, shards: Sequence[Shard]) -> list[Fault]:
    """What is in the shards' folder and in no shard: another file, or a folder of none of them."""
    files = {path for shard in shards for path in shard.paths(folder).values()}
    known = files | {path.parent for path in files}
    strays = sorted(path for path in (folder / "train").rglob("*") if path not in known)
    what = "does not belong to any shard, and Lhotse fails on it"
    return [Fault(str(path), what, "move it away") for path in strays]
