"""What a plan knows of the data: every duration, and a sample of records with their texts.

Three kinds of folder will do: shards, a split, a profile. The last two are read whole, in columns;
of shards, whose cuts are compressed JSON, those are read that hold the first few thousand records.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from curate.artifacts.base import read_artifact
from curate.artifacts.columns import BYTE_LENGTH, BYTE_OFFSET, DURATION_US, LANG, SOURCE, VERDICT
from curate.artifacts.profile import Profile
from curate.artifacts.shard_index import PlainManifest, Shard, ShardIndex
from curate.artifacts.split import Split
from curate.errors import InputError
from curate.errors.nearest import lacking
from curate.formatting.units import US_PER_HOUR
from curate.nemo.manifest_fields import audio_path, has_rate_beside_offset
from train.artifacts.plan import PlanData, Validation
from train.data import Blend, Source, open_shards
from train.data.check import unreadable
from train.data.cuts import duration_of
from train.data.rows import read_rows

Kind = Literal["shards", "split", "profile"]

MARKERS: tuple[tuple[str, Kind], ...] = (
    (ShardIndex.file, "shards"),
    (Split.file, "split"),
    ("profile.json", "profile"),
)
"""The file by which each kind of folder is known."""

MOST_CUTS = 50_000
MOST_EXAMPLES = 4_000
MOST_VALIDATED = 2_000
MOST_LINE_BYTES = 2**20
REJECTED = ("bad", "untranscribed", "skipped", "malformed")
UNDECLARED = "(none)"
GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Example:
    """One training record: what becomes tokens, and the prompt slots that go with it."""

    place: str
    language: str | None
    text: str
    duration_s: float
    fields: Mapping[str, object]


@dataclass(frozen=True)
class Corpus:
    """The training data. `durations` has lang, verdict, duration_s; one row a record read.
    `validation` is what is listed, `validation_read` the records of the eval manifest; None where
    there is none, or no shards yet. `rates` counts the cuts read by their sampling rate.
    `misread` are the places of records, of those read, that NeMo would load otherwise (see
    `curate.nemo.manifest_fields`).
    """

    kind: Kind
    folder: Path
    cuts: int
    hours: float
    durations: pl.DataFrame = field(repr=False)
    examples: tuple[Example, ...] = field(repr=False)
    validation: tuple[int, float] | None
    validation_read: int | None = None
    missing_audio: tuple[str, ...] = ()
    audio_checked: int = 0
    unreadable_validation: tuple[str, ...] = ()
    validation_audio_checked: int = 0
    misread: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    rates: Mapping[int, int] = field(default_factory=dict)
    shards_sha256: str | None = None

    @property
    def scale(self) -> float:
        """How many records of the data stand behind one of `durations`."""
        return self.cuts / len(self.durations) if len(self.durations) else 1.0

    @property
    def is_sampled(self) -> bool:
        """Whether not every record's duration was read."""
        return self.cuts != len(self.durations)

    def languages(self) -> dict[str, float]:
        """Hours by language, most first."""
        sums = self.durations.group_by(LANG.name).agg(pl.col("duration_s").sum())
        rows = sorted(sums.iter_rows(), key=lambda row: (-row[1], row[0]))
        return {name: round(seconds * self.scale / 3600, 3) for name, seconds in rows}

    def record(self) -> PlanData:
        """The data for plan.json."""
        return PlanData(
            kind=self.kind,
            folder=str(self.folder),
            cuts=self.cuts,
            hours=round(self.hours, 6),
            durations_read=len(self.durations),
            examples=len(self.examples),
            languages=self.languages(),
            validation=self.validation
            and Validation(rows=self.validation[0], hours=round(self.validation[1], 6)),
            audio_checked=self.audio_checked,
            audio_missing=len(self.missing_audio),
            validation_audio_checked=self.validation_audio_checked,
            validation_audio_unreadable=len(self.unreadable_validation),
            misread=len(self.misread),
            shards_sha256=self.shards_sha256,
        )


def read_corpus(folder: Path, blend: Blend | None = None) -> Corpus:
    """Read a folder of any kind; InputError where it is none, or holds nothing to train on.

    `blend` is what a run on this folder draws from, where that is more than its shards.
    """
    kind = next((kind for marker, kind in MARKERS if (folder / marker).is_file()), None)
    if kind is None:
        known = " nor ".join(marker for marker, _ in MARKERS)
        hint = "give a folder that curate shard, curate split or curate profile wrote"
        raise InputError(lacking(folder, known, hint))
    if kind == "shards":
        corpus = _of_shards(blend or Blend((open_shards(folder),)))
    else:
        corpus = {"split": _of_split, "profile": _of_profile}[kind](folder)
    if not len(corpus.durations):
        raise InputError.of(folder, "holds no record to train on")
    return corpus


# ----- shards


def _of_shards(blend: Blend) -> Corpus:
    shards = blend.main
    folder, index = shards.folder, shards.index
    cuts = [cut for place, shard in _spread([*blend.shards()]) for cut in _cuts(place, shard)]
    absent = PlainManifest(file="eval.jsonl", rows=0, hours=0.0)
    evaluation = index.manifests.get("eval", absent)
    rows = [(_language(cut), _verdict(cut), duration_of(cut) or 0.0) for cut in cuts]
    manifest = shards.validation
    to_validate = read_rows(manifest)[0] if manifest.is_file() else []
    validated = _every(to_validate, MOST_VALIDATED)
    return Corpus(
        kind="shards",
        folder=folder,
        cuts=blend.cuts,
        hours=blend.hours,
        sources=blend.sources,
        shards_sha256=blend.sha256,
        durations=_frame(rows),
        examples=tuple(_example(cut) for cut in _every(cuts, MOST_EXAMPLES)),
        validation=(evaluation.rows, evaluation.hours),
        validation_read=len(to_validate) if manifest.is_file() else None,
        rates=Counter(rate for cut in cuts if (rate := _rate(cut))),
        unreadable_validation=tuple(str(row.audio) for row in unreadable(validated)),
        validation_audio_checked=len(validated),
        misread=tuple(row.place for row in validated if has_rate_beside_offset(row.fields)),
    )


def _spread(shards: Sequence[tuple[Path, Shard]]) -> Sequence[tuple[Path, Shard]]:
    """All shards where they are few; else some from the whole length, in their order."""
    total = sum(shard.cuts for _, shard in shards)
    return _every(shards, max(1, round(len(shards) * min(1.0, MOST_CUTS / max(total, 1)))))


def _cuts(folder: Path, shard: Shard) -> Iterator[dict[str, Any]]:
    path = shard.paths(folder)["cuts"]
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                yield json.loads(line) | {"place": f"{path}:{number}"}
    except (OSError, EOFError, zlib.error, ValueError) as error:
        hint = "curate shard --verify reports what is wrong with the shards"
        raise InputError.of(path, f"cannot be read: {error}", hint) from error


def _supervision(cut: Mapping[str, Any]) -> dict[str, Any]:
    supervisions = cut.get("supervisions") or [{}]
    return dict(supervisions[0])


def _language(cut: Mapping[str, Any]) -> str:
    custom = cut.get("custom") or {}
    return str(_supervision(cut).get("language") or custom.get("target_lang") or UNDECLARED)


def _rate(cut: Mapping[str, Any]) -> int | None:
    rate = (cut.get("recording") or {}).get("sampling_rate")
    return rate if isinstance(rate, int) else None


def _verdict(cut: Mapping[str, Any]) -> str:
    return str((cut.get("custom") or {}).get("verdict") or UNDECLARED)


def _example(cut: Mapping[str, Any]) -> Example:
    language = _language(cut)
    return Example(
        place=str(cut["place"]),
        language=None if language == UNDECLARED else language,
        text=str(_supervision(cut).get("text") or ""),
        duration_s=duration_of(cut) or 0.0,
        fields=cut.get("custom") or {},
    )


# ----- splits and profiles


def _of_split(folder: Path) -> Corpus:
    split = read_artifact(folder, Split)
    lock = pl.scan_parquet(folder / "splits.lock.parquet")
    rows = _durations(lock.filter(pl.col("split") == "train"))
    evaluation = lock.filter(pl.col("split") == "eval").select(
        pl.len(), pl.col(DURATION_US.name).sum() / US_PER_HOUR
    )
    examples = list(_lines_across(folder / "train.jsonl"))
    roots = [Path(entry.folder) for entry in split.inputs]
    return Corpus(
        kind="split",
        folder=folder,
        cuts=len(rows),
        hours=float(rows["duration_s"].sum()) / 3600,
        durations=rows,
        examples=tuple(examples),
        misread=_misread(examples),
        validation=evaluation.collect().row(0),
        **_audio(examples, roots),
    )


def _of_profile(folder: Path) -> Corpus:
    profile = read_artifact(folder, Profile)
    usable = pl.scan_parquet(folder / "records.parquet").filter(
        ~pl.col(VERDICT.name).cast(pl.String).is_in(REJECTED)
    )
    rows = _durations(usable)
    step = max(1, len(rows) // MOST_EXAMPLES)
    places = usable.select(SOURCE.name, BYTE_OFFSET.name, BYTE_LENGTH.name).gather_every(step)
    plain = {each.source for each in profile.inputs if each.copied == "original lines"}
    examples = list(_lines_at(places.collect(), plain))
    roots = [Path(entry.folder) for entry in profile.inputs]
    return Corpus(
        kind="profile",
        folder=folder,
        cuts=len(rows),
        hours=float(rows["duration_s"].sum()) / 3600,
        durations=rows,
        examples=tuple(examples),
        misread=_misread(examples),
        validation=None,
        **_audio(examples, roots),
    )


def _durations(rows: pl.LazyFrame) -> pl.DataFrame:
    """The columns of `durations`; no row with a duration is left out."""
    return (
        rows.filter(pl.col(DURATION_US.name).is_not_null())
        .select(
            pl.col(LANG.name).fill_null(UNDECLARED).cast(pl.Categorical),
            pl.col(VERDICT.name).cast(pl.String).cast(pl.Categorical),
            (pl.col(DURATION_US.name) / 1e6).alias("duration_s"),
        )
        .collect()
    )


def _frame(rows: Sequence[tuple[str, str, float]]) -> pl.DataFrame:
    kinds = {LANG.name: pl.String, VERDICT.name: pl.String, "duration_s": pl.Float64}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def _lines_across(path: Path) -> Iterator[Example]:
    """Records from the whole length of a manifest: the one behind each of many places."""
    size = path.stat().st_size
    with path.open("rb") as file:
        seen: set[int] = set()
        for number in range(MOST_EXAMPLES):
            file.seek(size * number // MOST_EXAMPLES)
            if number:
                file.readline(MOST_LINE_BYTES)
            at = file.tell()
            line = file.readline(MOST_LINE_BYTES)
            if line and at not in seen:
                seen.add(at)
                yield from _decoded(line, f"{path}, byte {at}")


def _lines_at(places: pl.DataFrame, plain: set[str]) -> Iterator[Example]:
    """The records at these places of plain manifests; a compressed one is passed over."""
    for (source,), part in places.group_by(SOURCE.name, maintain_order=True):
        path = Path(str(source))
        if str(source) not in plain or not path.is_file():
            continue
        with path.open("rb") as file:
            if file.read(2) == GZIP:
                continue
            for offset, length in part.select(BYTE_OFFSET.name, BYTE_LENGTH.name).iter_rows():
                file.seek(offset)
                yield from _decoded(file.read(length), f"{path}, byte {offset}")


def _decoded(line: bytes, place: str) -> Iterator[Example]:
    """The record of a line; lines that are none have been counted by `curate profile`."""
    try:
        record = json.loads(line)
        duration = float(record["duration"])
        text = record["text"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    languages = (record.get(key) for key in ("target_lang", "lang"))
    language = next((str(value) for value in languages if isinstance(value, str)), None)
    if isinstance(text, str):
        yield Example(place, language, text, duration, record)


def _misread(examples: Iterable[Example]) -> tuple[str, ...]:
    return tuple(each.place for each in examples if has_rate_beside_offset(each.fields))


def _audio(examples: Iterable[Example], roots: Sequence[Path]) -> dict[str, Any]:
    """Which of the examples' audio files are not where their records say."""
    names = [str(e.fields["audio_filepath"]) for e in examples if e.fields.get("audio_filepath")]
    chosen = _every(names, 500)
    lost = [n for n in chosen if not any(Path(audio_path(n, root)).is_file() for root in roots)]
    return {"missing_audio": tuple(lost), "audio_checked": len(chosen)}


def _every(items: Sequence[Any], most: int) -> Sequence[Any]:
    """At most so many items, evenly from the whole length."""
    if len(items) <= most:
        return items
    return [items[number * len(items) // most] for number in range(most)]
