"""Prove shards: what Lhotse or NeMo would read without an error may still be short or damaged."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
import soundfile as sf

from curate.artifacts.base import read_artifact
from curate.artifacts.ledger import NOTHING, Entry, Ledger
from curate.artifacts.shard_index import REMEDY, ShardIndex, check_files, read_index
from curate.artifacts.verification import ShardFault, Verification
from curate.environment.versions import versions
from curate.errors import Fault, InputError
from curate.files.tar_members import Damage
from curate.shards.lhotse_reads import Decoding, read_with_lhotse
from curate.shards.readback import ShardRead, read_shard

SHAR = "shar"
"""The form that Lhotse reads."""

_SHAR = re.compile(r"(?P<kind>\w+)\.(?P<number>[^.]+)\.(tar|jsonl)(\.\w+)?")
_NEMO = re.compile(r"(?P<kind>manifest|audio)[^/]*_(?P<number>\d+)\.(json|tar)")
_HF = re.compile(r"(?P<number>.+)\.parquet")

Files = Mapping[str, Path]


@dataclass(slots=True)
class Proven:
    """What is proven of a shard, or what is wrong with it."""

    faults: list[Fault] = field(default_factory=list)
    cuts: int = 0
    seconds: float = 0.0
    texts: str | None = None
    ids: bytes = b""
    decoded: int = 0


def prove(
    folder: Path, decode: str = "sample", workers: int = 1, command: str = ""
) -> Verification:
    """Prove a directory of `curate shard`, or any Lhotse Shar, NeMo tarred or Parquet shards.

    Every shard: its files are there and whole, as many recordings as rows, ids equal and in the
    same order, audio as long as declared, Lhotse reads just that (Shar), recordings decode
    (`decode`: none, sample, all). With shards.json: sizes, sha256, counts, hours and texts as
    written, no shard lost, and the ledger's sums. InputError where there is nothing to verify.
    """
    index = read_index(folder) if (folder / ShardIndex.file).is_file() else None
    shar = folder if index is None else folder / "train"
    format, shards, faults = _find(shar) if index is None else _listed(folder, index)
    proven = list(_prove_all(format, shards, Decoding(decode), workers))
    for one in proven:
        faults += one.faults
    faults += _twice(shar, proven)
    if index is not None:
        faults += check_files(folder, index, hashes=True)
        faults += _against_index(folder, index, proven) + _against_ledger(folder, index)
    written = f"{ShardIndex.file}, {Ledger.file}"
    return Verification(
        command=command,
        versions=versions(("asr-curate", "lhotse", "soundfile")),
        folder=str(shar),
        format=format,
        shards=len(shards),
        cuts=sum(one.cuts for one in proven),
        hours=round(sum(one.seconds for one in proven) / 3600, 6),
        decoded=sum(one.decoded for one in proven),
        checked_against="the shards themselves" if index is None else written,
        faults=tuple(ShardFault.of(fault) for fault in faults),
    )


def _listed(folder: Path, index: ShardIndex) -> tuple[str, list[Files], list[Fault]]:
    """The shards that shards.json lists."""
    return index.format, [shard.paths(folder) for shard in index.shards], []


def _find(folder: Path) -> tuple[str, list[Files], list[Fault]]:
    """The form and the shards of a folder, recognised by its files' names; faults of single
    files.
    """
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    for format, pattern, first in (
        ("shar", _SHAR, "cuts"),
        ("nemo_tarred", _NEMO, "manifest"),
        ("hf", _HF, "parquet"),
    ):
        matches = {path: pattern.fullmatch(path.name) for path in paths}
        known = {path: match for path, match in matches.items() if match is not None}
        if any(_kind(match) == first for match in known.values()):
            return format, *_group(folder, paths, known, first)
    what = "holds no shards (cuts.*.jsonl.gz, manifest_*.json, *.parquet)"
    raise InputError.of(folder, what, "name the folder of a Lhotse Shar, or of `curate shard`")


def _kind(match: re.Match[str]) -> str:
    return match.groupdict().get("kind") or "parquet"


def _group(
    folder: Path, paths: Sequence[Path], known: Mapping[Path, re.Match[str]], first: str
) -> tuple[list[Files], list[Fault]]:
    faults = [
        Fault(str(path), "is not part of the shards, and Lhotse fails on it", "move it elsewhere")
        for path in paths
        if path not in known
    ]
    shards: dict[str, dict[str, Path]] = {}
    for path, match in known.items():
        shards.setdefault(match["number"], {})[_kind(match)] = path
    kinds = {kind for shard in shards.values() for kind in shard}
    if first == "cuts":
        kinds.add("recording")
    for number, shard in shards.items():
        lacking = ", ".join(sorted(kinds - set(shard)))
        if lacking:
            what = f"shard {number} has no {lacking} file beside it"
            faults.append(Fault(str(next(iter(shard.values()))), what, "write it again"))
    return [dict(shard) for shard in shards.values() if not kinds - set(shard)], faults


def _prove_all(
    format: str, shards: Sequence[Files], decoding: Decoding, workers: int
) -> Iterator[Proven]:
    if workers <= 1 or len(shards) < 2 * workers:
        yield from (prove_shard(format, files, decoding) for files in shards)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        count = len(shards)
        yield from pool.map(prove_shard, [format] * count, shards, [decoding] * count)


def prove_shard(format: str, files: Files, decoding: Decoding) -> Proven:
    """Read a shard strictly, then as its readers do, and decode recordings."""
    try:
        read = read_shard(format, files)
    except Damage as damage:
        return Proven([Fault(str(damage.path), damage.what, "write the shard again")])
    except FileNotFoundError:
        return Proven()  # what is missing is reported once, by shards.json
    if format == SHAR:
        faults = read_with_lhotse(files, read.ids, decoding)
    else:
        faults = list(_decode(format, files, read, decoding))
    hashes = (hashlib.blake2b(id.encode(), digest_size=8).digest() for id in read.ids)
    chosen = decoding.rows(len(read.ids))
    proof = Proven(faults, len(read.ids), read.seconds, read.text_sha256, b"".join(hashes))
    proof.decoded = 0 if faults else len(chosen)
    return proof


def _decode(format: str, files: Files, read: ShardRead, decoding: Decoding) -> Iterator[Fault]:
    for at in sorted(decoding.rows(len(read.ids))):
        data = _audio_at(format, files, read, at)
        try:
            with sf.SoundFile(io.BytesIO(data)) as audio:
                count, promised = len(audio.read()), audio.frames
        except sf.LibsndfileError as error:
            yield _undecodable(files, read.ids[at], error.error_string)
            continue
        if count < promised and audio.format != "MP3":
            yield _undecodable(files, read.ids[at], f"{count} samples of {promised}")


def _undecodable(files: Files, id: str, what: str) -> Fault:
    return Fault(str(list(files.values())[-1]), f"{id} cannot be decoded: {what}")


def _audio_at(format: str, files: Files, read: ShardRead, at: int) -> bytes:
    if format == "hf":
        audio = pl.col("audio").struct.field("bytes")
        data: bytes = pl.scan_parquet(files["parquet"]).select(audio).slice(at, 1).collect().item()
        return data
    member = read.audio[at]
    with files["audio"].open("rb") as file:
        file.seek(member.offset)
        return file.read(member.size)


def _twice(folder: Path, proven: Sequence[Proven]) -> list[Fault]:
    ids = np.frombuffer(b"".join(one.ids for one in proven), dtype=np.uint64)
    twice = ids.size - np.unique(ids).size
    return [Fault(str(folder), f"{twice} ids occur twice")] if twice else []


def _against_index(folder: Path, index: ShardIndex, proven: Sequence[Proven]) -> list[Fault]:
    """What each shard holds against what was written into it."""
    faults: list[Fault] = []
    for shard, one in zip(index.shards, proven, strict=True):
        if one.texts is None:
            continue
        where = str(next(iter(shard.paths(folder).values())))
        if one.cuts != shard.cuts:
            faults.append(Fault(where, f"holds {one.cuts} rows, {shard.cuts} were written"))
        elif one.texts != shard.text_sha256:
            faults.append(Fault(where, "holds other ids or texts than were written"))
        elif abs(one.seconds / 3600 - shard.hours) > 1e-6 * max(1.0, shard.hours):
            what = f"holds {one.seconds / 3600:.6f} h, {shard.hours:.6f} were written"
            faults.append(Fault(where, what))
    return faults


def _against_ledger(folder: Path, index: ShardIndex) -> list[Fault]:
    """The shards' sums and the manifests' lines against the ledger."""
    path = folder / Ledger.file
    if not path.is_file():
        return [Fault(str(path), "is missing", REMEDY)]
    outputs = {each.name: each for each in read_artifact(path, Ledger).outputs}
    train = outputs.get("train", Entry.of("train", NOTHING))
    faults: list[Fault] = []
    declared_us = sum(shard.duration_us for shard in index.shards)
    if index.cuts != train.rows or not declared_us == index.duration_us == train.duration_us:
        what = f"has {train.rows} rows of train, shards.json {index.cuts} cuts"
        faults.append(Fault(str(path), f"{what}, or their hours differ"))
    for listed in index.manifests.values():
        manifest = folder / listed.file
        lines = _lines(manifest)
        if lines != listed.rows:
            what = f"holds {lines} lines, {listed.rows} were written"
            faults.append(Fault(str(manifest), what))
    return faults


def _lines(path: Path) -> int | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
