"""Prove a Shar directory: what Lhotse would read without an error may still be short or damaged."""

from __future__ import annotations

import gzip
import json
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from curate.errors import Fault, GateFailed, InputError, raise_all
from curate.extras import require
from curate.shards.write import sha256

END_OF_TAR = b"\0" * 1024


@dataclass(frozen=True, slots=True)
class Proven:
    """What the shards themselves show: ids in order, and their length."""

    ids: Sequence[str]
    seconds: float


def verify_shards(folder: Path) -> Mapping[str, object]:
    """Prove a directory of ours (shards.json and train/) or any Lhotse Shar directory.

    Every shard: both files there and whole, as many recordings as cuts, ids equal and in the same
    order, audio lengths as declared. With shards.json: sha256 and counts as written. Returns
    counts; raises GateFailed with every fault, InputError where there is nothing to verify.
    """
    sidecar = folder / "shards.json"
    shar = folder / "train" if sidecar.is_file() else folder
    faults, proven = _verify_shar(shar)
    if sidecar.is_file():
        faults += _compare(json.loads(sidecar.read_text()), folder, proven)
    raise_all(GateFailed, faults)
    return {
        "folder": str(shar),
        "shards": len(list(shar.glob("cuts.*"))),
        "cuts": len(proven.ids),
        "hours": round(proven.seconds / 3600, 6),
        "checked_against": "shards.json" if sidecar.is_file() else "the shards themselves",
    }


def read_back(folder: Path) -> Mapping[str, object]:
    """Read the shards with Lhotse itself: cuts, hours, ids and texts as a trainer will see them."""
    lhotse = require("lhotse", "reading the shards back")
    ids: list[str] = []
    seconds = 0.0
    for cut in lhotse.CutSet.from_shar(in_dir=str(folder)):
        ids.append(cut.id)
        seconds += cut.duration
        assert cut.num_samples == cut.recording.num_samples, cut.id
    return {"cuts": len(ids), "hours": round(seconds / 3600, 6), "ids": ids}


def _verify_shar(folder: Path) -> tuple[list[Fault], Proven]:
    cuts = sorted(folder.glob("cuts.*.jsonl*"))
    tars = sorted(folder.glob("recording.*.tar*"))
    if not cuts:
        raise InputError.of(folder, "holds no Lhotse Shar (cuts.*.jsonl.gz)")
    faults = [
        Fault(str(path), "is no part of a Shar, and Lhotse fails on it", "move it elsewhere")
        for path in sorted(folder.iterdir())
        if path not in cuts and path not in tars
    ]
    by_number = {path.name.split(".")[1]: path for path in tars}
    ids: list[str] = []
    seconds = 0.0
    for path in cuts:
        tar = by_number.pop(path.name.split(".")[1], None)
        if tar is None:
            faults.append(Fault(str(path), "has no recording tar beside it", "write it again"))
            continue
        shard_faults, proven = _verify_pair(path, tar)
        faults += shard_faults
        ids += proven.ids
        seconds += proven.seconds
    faults += [Fault(str(tar), "has no cuts file beside it") for tar in by_number.values()]
    if len(set(ids)) < len(ids):
        faults.append(Fault(str(folder), f"{len(ids) - len(set(ids))} cut ids stand twice"))
    return faults, Proven(ids, seconds)


def _verify_pair(cuts_path: Path, tar_path: Path) -> tuple[list[Fault], Proven]:
    try:
        cuts = _read_cuts(cuts_path)
    except (OSError, EOFError, zlib.error, ValueError, KeyError) as error:
        return [Fault(str(cuts_path), f"is damaged: {error}", "write it again")], Proven([], 0)
    seconds = sum(duration for _, duration in cuts)
    proven = Proven([key for key, _ in cuts], seconds)
    faults: list[Fault] = []
    if not _ends_whole(tar_path):
        faults.append(Fault(str(tar_path), "is cut short: no end of archive", "write it again"))
    try:
        members = list(_read_pairs(tar_path))
    except (OSError, tarfile.TarError, ValueError, KeyError) as error:
        return [*faults, Fault(str(tar_path), f"is damaged: {error}", "write it again")], proven
    if len(members) != len(cuts):
        what = f"holds {len(members)} recordings where {cuts_path.name} has {len(cuts)} cuts"
        faults.append(Fault(str(tar_path), what, "write the shard again"))
    for (key, duration), (name, length) in zip(cuts, members, strict=False):
        if key != name:
            what = f"recording {name!r} stands where cut {key!r} is due"
            faults.append(Fault(str(tar_path), what, "write the shard again"))
            break
        if duration > length + 1e-3:
            what = f"recording {name!r} is {length:.3f} s, its cut {duration:.3f} s"
            faults.append(Fault(str(tar_path), what))
    return faults, proven


def _read_cuts(path: Path) -> list[tuple[str, float]]:
    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    cuts = [json.loads(line) for line in text.splitlines() if line.strip()]
    return [(cut["id"], float(cut["duration"])) for cut in cuts]


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(0, 2)
        if file.tell() < len(END_OF_TAR):
            return False
        file.seek(-len(END_OF_TAR), 2)
        return file.read() == END_OF_TAR


def _read_pairs(path: Path) -> Iterator[tuple[str, float]]:
    """(id, seconds) of each recording: the audio member, then its manifest."""
    with tarfile.open(path, "r:") as tar:
        audio: str | None = None
        for member in tar:
            stem = member.name.rpartition(".")[0]
            if audio is None:
                audio = stem
                continue
            content = tar.extractfile(member)
            if stem != audio or content is None:
                raise ValueError(f"{member.name} does not belong to the audio before it")
            yield stem, float(json.loads(content.read())["duration"])
            audio = None
        if audio is not None:
            raise ValueError(f"{audio} has audio and no manifest")


def _compare(said: Mapping[str, object], folder: Path, proven: Proven) -> list[Fault]:
    faults: list[Fault] = []
    shards = said["shards"]
    assert isinstance(shards, list)
    for shard in shards:
        for kind in ("cuts", "recording"):
            path = folder / shard[f"{kind}_file"]
            if not path.is_file():
                faults.append(Fault(str(path), "is missing", "write the shards again"))
            elif sha256(path) != shard["sha256"][kind]:
                faults.append(Fault(str(path), "is not what was written (sha256)"))
    if said["cuts"] != len(proven.ids):
        what = f"shards.json counts {said['cuts']} cuts, the shards hold {len(proven.ids)}"
        faults.append(Fault(str(folder), what))
    return faults
