"""The data of a run: a folder of `curate shard`, checked before it is trusted.

Lhotse does not notice a lost shard or a short one: it trains on what is left. So files, sizes and
counts are compared with what was recorded when the shards were written. Checksums are the business
of `curate shard --verify`.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.artifacts.shard_index import REMEDY, Shard, ShardIndex, check_files
from curate.artifacts.shard_index import read_index as read_any_index
from curate.errors import Fault, InputError, raise_all
from curate.nemo.manifest_fields import has_rate_beside_offset
from train.data.row_audio import audio_fault
from train.data.rows import Row, read_rows

SAFE_SOURCES = ("shar", "memory", "file")
"""Audio sources that only read. Lhotse's `command` runs a program, `url` fetches."""

MISREAD = "sampling_rate is given with offset: NeMo loads duration - offset seconds, or nothing"

MOST_NAMED = 10
"""So many faults of one kind are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class ShardSet:
    """Shards for training and a manifest for validation, as they lie on the disk."""

    folder: Path
    train: Path
    train_cuts: int
    train_hours: float
    validation: Path
    validation_rows: int
    validation_hours: float
    languages: tuple[str, ...]


def read_shards(folder: Path) -> ShardSet:
    """Check the folder; InputError with everything that is wrong with it."""
    index = read_index(folder)
    if "eval" not in index.manifests:
        hint = "shard a split with one: `curate shard --given train=A.jsonl --given eval=B.jsonl`"
        raise InputError.of(folder / ShardIndex.file, "lacks an eval manifest to validate on", hint)
    languages: set[str] = set()
    faults = check_files(folder, index)
    for shard in index.shards:
        if all(path.is_file() for path in shard.paths(folder).values()):
            faults += _cut_faults(folder, shard, languages)
    manifest = folder / index.manifests["eval"].file
    rows, row_faults = read_rows(manifest)
    faults += row_faults + list(_validation_faults(manifest, rows))
    if faults:
        raise InputError(*faults)
    languages.update(row.language for row in rows if row.language)
    return ShardSet(
        folder=folder,
        train=folder / "train",
        train_cuts=index.cuts,
        train_hours=index.hours,
        validation=manifest,
        validation_rows=len(rows),
        validation_hours=round(sum(row.duration_s for row in rows) / 3600, 6),
        languages=tuple(sorted(languages)),
    )


def unreadable(rows: Sequence[Row]) -> list[Row]:
    """The rows whose audio is there and cannot be loaded, by its header. No samples are decoded.

    NeMo stops at such a file, in the first validation.
    """
    return [row for row in rows if row.audio.is_file() and audio_fault(row, decode=False)]


def check_validation_sets(shards: ShardSet, also: Mapping[str, Path]) -> None:
    """InputError where a further validation set is unusable, or is what the test will be made of.

    What a run validates on decides which of its weights are kept, so the test set is not for it.
    """
    faults: list[Fault] = []
    test = read_index(shards.folder).manifests.get("test")
    for name, manifest in also.items():
        if test and manifest.resolve() == (shards.folder / test.file).resolve():
            what = f"validation_ds.also.{name} is the test set, which training must not see"
            faults.append(
                Fault(str(manifest), what, "another manifest; `train eval` takes it later")
            )
            continue
        rows, wrong = read_rows(manifest)
        faults += wrong + list(_validation_faults(manifest, rows))
    raise_all(InputError, faults)


def read_index(folder: Path) -> ShardIndex:
    """shards.json of a folder of shards to train on; InputError where it is none."""
    index = read_any_index(folder)
    path = folder / ShardIndex.file
    if index.format != "shar":
        hint = "write them with `curate shard --format shar`"
        raise InputError.of(path, f"lists shards of format {index.format}; a run reads shar", hint)
    if not index.shards:
        raise InputError.of(path, "lists no shard: nothing to train on")
    return index


def _cut_faults(folder: Path, shard: Shard, languages: set[str]) -> Iterator[Fault]:
    path, count = shard.paths(folder)["cuts"], 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                cut = json.loads(line)
                count += 1
                languages.update(_languages(cut))
                if unsafe := _unsafe_sources(cut):
                    what = f"audio source of type {', '.join(unsafe)} would run or fetch something"
                    yield Fault(f"{path}:{count}", what)
    except (OSError, EOFError, zlib.error, ValueError, AttributeError) as error:
        yield Fault(f"{path}:{count + 1}", f"cannot be read: {error}")
        return
    if count != shard.cuts:
        yield Fault(str(path), f"holds {count} cuts, {shard.cuts} were written", REMEDY)


def _languages(cut: dict[str, Any]) -> Iterator[str]:
    custom = cut.get("custom") or {}
    spoken = (supervision.get("language") for supervision in cut.get("supervisions") or ())
    for language in (*spoken, custom.get("source_lang"), custom.get("target_lang")):
        if isinstance(language, str):
            yield language


def _unsafe_sources(cut: dict[str, Any]) -> list[str]:
    sources = (cut.get("recording") or {}).get("sources") or ()
    return sorted({str(s.get("type")) for s in sources} - set(SAFE_SOURCES))


def _validation_faults(manifest: Path, rows: Sequence[Row]) -> Iterator[Fault]:
    if not rows:
        yield Fault(str(manifest), "holds no record: nothing to validate on")
    misread = [row for row in rows if has_rate_beside_offset(row.fields)]
    for row in misread[:MOST_NAMED]:
        yield Fault(row.place, MISREAD, REMEDY)
    if len(misread) > MOST_NAMED:
        yield Fault(str(manifest), f"{len(misread) - MOST_NAMED} more: {MISREAD}")
    # A run lasts for hours, so all samples are decoded before it begins.
    lost = [(row, fault) for row in rows if (fault := audio_fault(row))]
    yield from (Fault(row.place, fault) for row, fault in lost[:MOST_NAMED])
    if len(lost) > MOST_NAMED:
        more = f"{len(lost) - MOST_NAMED} more rows whose audio cannot be loaded"
        yield Fault(str(manifest), more, "`curate shard` leaves such rows out")
