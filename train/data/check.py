"""Everything in a directory of shards is checked before a run trusts it.

Lhotse does not notice a lost shard or a short one: it trains on what is left. So files, sizes and
counts are compared with what was recorded when the shards were written. Checksums are the business
of `curate shard --verify`.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.artifacts.shard_index import REMEDY, Shard, ShardIndex, check_files
from curate.errors import Fault, InputError, raise_all
from curate.nemo.manifest_fields import has_rate_beside_offset
from train.config import RunConfig, TrainData
from train.data import Blend, ShardSet
from train.data.cuts import duration_of
from train.data.row_audio import audio_fault
from train.data.rows import Row, read_rows

SAFE_SOURCES = ("shar", "memory", "file")
"""Audio sources that only read. Lhotse's `command` runs a program, `url` fetches."""

MISREAD = "sampling_rate is given with offset: NeMo loads duration - offset seconds, or nothing"

UNPARSED = "correct or remove the line; `curate profile` lists all such lines"
UNLOADED = "repair the file or remove the row; `curate profile --audio signal` lists all such rows"

UNREADABLE = (*(OSError, EOFError, zlib.error, ValueError, AttributeError, LookupError, TypeError),)
"""What reading a damaged file of cuts raises."""

MOST_NAMED = 10
"""So many faults of one kind are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class CheckedData:
    """What a complete reading of the data shows: languages of training and validation rows."""

    languages: tuple[str, ...]
    validation_rows: int
    validation_hours: float


def check_data(run: RunConfig, blend: Blend) -> CheckedData:
    """Read every cut and every validation row; InputError with all that is wrong."""
    shards = blend.main
    folder, index = shards.folder, shards.index
    if "eval" not in index.manifests:
        hint = "shard a split with one: `curate shard --given train=A.jsonl --given eval=B.jsonl`"
        raise InputError.of(folder / ShardIndex.file, "lacks an eval manifest to validate on", hint)
    languages: set[str] = set()
    faults = _file_faults(blend)
    usable: Counter[tuple[Path, tuple[str, ...]]] = Counter()
    for place, shard in blend.shards():
        if all(path.is_file() for path in shard.paths(place).values()):
            cuts = _Cuts(run.train_ds, languages)
            faults += _cut_faults(place, shard, cuts)
            usable[place, shard.stratum] += cuts.usable
    faults += _empty_sources(blend, usable) if not faults else ()
    rows, row_faults = _validation_rows(shards.validation)
    faults += row_faults
    for name, manifest in run.validation_ds.also.items():
        faults += _further_set_faults(shards, name, manifest)
    raise_all(InputError, faults)
    languages.update(row.language for row in rows if row.language)
    return CheckedData(
        languages=tuple(sorted(languages)),
        validation_rows=len(rows),
        validation_hours=round(sum(row.duration_s for row in rows) / 3600, 6),
    )


def check_shards(blend: Blend) -> None:
    """Compare the shards' files with their index, without reading them; InputError."""
    raise_all(InputError, _file_faults(blend))


def _file_faults(blend: Blend) -> list[Fault]:
    return [fault for each in blend.sets for fault in check_files(each.folder, each.index)]


def _validation_rows(manifest: Path) -> tuple[list[Row], list[Fault]]:
    rows, faults = read_rows(manifest)
    faults = [fault._replace(hint=UNPARSED) for fault in faults]
    return rows, faults + list(_validation_faults(manifest, rows))


def _further_set_faults(shards: ShardSet, name: str, manifest: Path) -> list[Fault]:
    """What makes a further validation set unusable, or that it is what the test is made of.

    What a run validates on decides which of its weights are kept, so the test set is not for it.
    """
    test = shards.index.manifests.get("test")
    if test and manifest.resolve() == (shards.folder / test.file).resolve():
        what = f"validation_ds.also.{name} is the test set, which training must not see"
        return [Fault(str(manifest), what, "another manifest; `train eval` takes it later")]
    return _validation_rows(manifest)[1]


def unreadable(rows: Sequence[Row]) -> list[Row]:
    """The rows whose audio is there and cannot be loaded, by its header. No samples are decoded.

    NeMo stops at such a file, in the first validation.
    """
    return [row for row in rows if row.audio.is_file() and audio_fault(row, decode=False)]


@dataclass(slots=True)
class _Cuts:
    """What is noted of cuts: their languages, and how many the duration limits leave."""

    limits: TrainData
    languages: set[str]
    usable: int = 0

    def note(self, cut: dict[str, Any]) -> None:
        self.languages.update(_languages(cut))
        shortest, longest = self.limits.min_duration, self.limits.max_duration
        self.usable += shortest <= (duration_of(cut) or 0.0) <= longest


def _empty_sources(
    blend: Blend, usable: Mapping[tuple[Path, tuple[str, ...]], int]
) -> Iterator[Fault]:
    """A source of which nothing is left would be waited for without end."""
    for source in blend.sources:
        if not usable[source.shards.folder, source.stratum]:
            what = f"no cut of '{source.name}' lies within the durations, and it is to be drawn"
            hint = "widen train_ds.min_duration and max_duration, or leave the source out"
            yield Fault(str(source.shards.train), what, hint)


def _cut_faults(folder: Path, shard: Shard, cuts: _Cuts) -> Iterator[Fault]:
    path, count = shard.paths(folder)["cuts"], 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                cut = json.loads(line)
                count += 1
                cuts.note(cut)
                if unsafe := _unsafe_sources(cut):
                    what = f"audio source of type {', '.join(unsafe)} would run or fetch something"
                    yield Fault(f"{path}:{count}", what)
    except UNREADABLE as error:
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
    yield from (Fault(row.place, fault, UNLOADED) for row, fault in lost[:MOST_NAMED])
    if len(lost) > MOST_NAMED:
        more = f"{len(lost) - MOST_NAMED} more rows whose audio cannot be loaded"
        yield Fault(str(manifest), more, UNLOADED)
