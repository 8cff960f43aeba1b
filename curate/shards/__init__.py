"""`curate shard`: the split becomes Lhotse Shar for training, and plain manifests for the rest."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from curate.audio.faults import Unusable
from curate.audio.paths import find_audio
from curate.columns import DURATION_US, LANG, LINE, OFFSET_S, SOURCE, TAGS, VERDICT
from curate.errors import InputError
from curate.ledger import Amount, Entry, Ledger
from curate.manifest.formats import CONVERTED
from curate.manifest.strict import parse_line
from curate.outputs import write_json
from curate.profile import versions
from curate.profile.summary import Json, hours
from curate.shards.audio import check_segment, load_segment
from curate.shards.records import Row, complete, cut_of
from curate.shards.verify import read_back, verify_shards
from curate.shards.write import Shard
from curate.splits import LOCK

__all__ = ["OURS", "shard_split", "verify_shards"]

SCHEMA = "curate.shards/1"
PLAIN = ("train", "eval", "test", "eval_borderline")
"""Splits that become plain manifests; train becomes shards too."""

OURS = frozenset(
    {"train", "shards.json", "ledger.json", "report.html", "skipped.jsonl"}
    | {f"{name}.jsonl" for name in PLAIN}
)
"""What a shard directory holds."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a split with what the lock says of it."""

    row: Row
    lang: str | None
    offset_s: float
    duration_s: float
    audio_folder: Path
    line: bytes
    duration_us: int

    @property
    def amount(self) -> Amount:
        """What the line counts in the ledger."""
        return Amount(1, len(self.line), self.duration_us)


@dataclass(slots=True)
class _Tally:
    """What happened to the rows so far."""

    read: Amount = field(default_factory=Amount)
    skipped: list[_Line] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    added: Counter[str] = field(default_factory=Counter)

    def skip(self, line: _Line, reason: Unusable) -> None:
        """Leave a line out of what is stored, and remember why."""
        self.skipped.append(line)
        self.reasons.append(str(reason))

    def said(self) -> list[Json]:
        """The entries of shards.json's `skipped`."""
        return [
            {"id": line.row.id, "reason": reason}
            for line, reason in zip(self.skipped, self.reasons, strict=True)
        ]


def shard_split(
    split: Path,
    folder: Path,
    shard_size: int,
    seed: int,
    audio_root: Path | None,
    command: str = "",
    on_progress: Progress = lambda size, rows: None,
) -> Json:
    """Write a split directory's shards and manifests into `folder` (which exists).

    Audio that is missing, unreadable or not what its record says leaves its row out of the
    shards: counted, named in shards.json, its line kept in skipped.jsonl. Shards are read back
    with Lhotse and compared. Returns shards.json's content.
    """
    facts = _facts(split)
    tally = _Tally()
    present = [name for name in PLAIN if (split / f"{name}.jsonl").is_file()]
    lines = {name: _collect(split, name, facts, audio_root, tally) for name in present}
    shar = folder / "train"
    shar.mkdir()
    shards, stored = _write_shards(lines["train"], shar, shard_size, seed, tally, on_progress)
    if not shards:
        raise InputError.of(split / "train.jsonl", "no record of it can be stored", _why(tally))
    in_shards = {line.row.key for line in stored}
    lines["train"] = [line for line in lines["train"] if line.row.key in in_shards]
    manifests = {name: _write_manifest(name, kept, folder) for name, kept in lines.items()}
    with (folder / "skipped.jsonl").open("wb") as file:
        file.writelines(line.line + b"\n" for line in tally.skipped)
    back = read_back(shar)
    assert back["ids"] == [line.row.key for line in stored], "Lhotse reads what was written"
    ledger = _ledger(lines, tally)
    ledger.check()
    write_json(folder / "ledger.json", ledger.as_json())
    found: Json = {
        "schema": SCHEMA,
        "command": command,
        "versions": versions(("asr-curate", "lhotse", "soundfile")),
        "seed": seed,
        "cuts": len(stored),
        "hours": round(sum(line.duration_us for line in stored) / 3.6e9, 6),
        "audio_format": "flac or wav as it was; all else as flac",
        "fields_added": dict(sorted(tally.added.items())),
        "shards": shards,
        "skipped": tally.said(),
        "manifests": manifests,
        "verified": {"cuts": back["cuts"], "hours": back["hours"], "ids_match": True},
        "warnings": _warnings(tally),
    }
    write_json(folder / "shards.json", found)
    return found


def _facts(split: Path) -> Json:
    path = split / "split.json"
    if not path.is_file():
        raise InputError.of(split, "holds no split.json", "run curate split first")
    facts = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(facts, dict)
    return facts


def _lines(
    split: Path, name: str, facts: Json, audio_root: Path | None, tally: _Tally
) -> Iterator[_Line]:
    """The lines of one split file, joined to the lock by their order."""
    lock = pl.read_parquet(split / LOCK)
    wanted = pl.col("split") == name
    if name == "eval_borderline":
        wanted = pl.col("eval_borderline")
    rows = lock.filter(wanted).iter_rows(named=True)
    converted = {e["source"] for e in facts["inputs"] if e.get("copied") == CONVERTED}  # type: ignore[attr-defined]
    folders = {entry["source"]: Path(entry["folder"]) for entry in facts["inputs"]}  # type: ignore[attr-defined]
    numbers = {source: number for number, source in enumerate(folders)}
    path = split / f"{name}.jsonl"
    with path.open("rb") as file:
        for at, (line, row) in enumerate(zip(file, rows, strict=True), start=1):
            text = line.rstrip(b"\n")
            source = row[SOURCE.name]
            if source not in converted and len(text) != row["byte_length"]:
                raise InputError.of(f"{path}:{at}", "is not the line that was split", "split again")
            found = _Line(
                row=Row(
                    id=f"{source}:{row[LINE.name]}",
                    key=f"m{numbers[source]:03d}-{row[LINE.name]:09d}",
                    record=parse_line(text),
                    verdict=row[VERDICT.name],
                    tags=row[TAGS.name],
                ),
                lang=row[LANG.name],
                offset_s=row[OFFSET_S.name] or 0.0,
                duration_s=row[DURATION_US.name] / 1e6,
                audio_folder=audio_root or folders[source],
                line=text,
                duration_us=row[DURATION_US.name],
            )
            tally.read += found.amount
            yield found


def _collect(
    split: Path, name: str, facts: Json, audio_root: Path | None, tally: _Tally
) -> list[_Line]:
    """The lines of a split whose audio is where they say, completed for training."""
    kept: list[_Line] = []
    for line in _lines(split, name, facts, audio_root, tally):
        try:
            path = find_audio(str(line.row.record["audio_filepath"]), line.audio_folder)
            if name != "train":  # a train row's audio is opened when it is stored
                check_segment(path, line.offset_s, line.duration_s)
        except Unusable as reason:
            tally.skip(line, reason)
            continue
        record, changed = complete(line.row.record, line.lang)
        tally.added.update(changed)
        row = replace(line.row, record={**record, "audio_filepath": str(path)})
        kept.append(replace(line, row=row))
    return kept


def _write_manifest(name: str, lines: Sequence[_Line], folder: Path) -> Json:
    """A plain NeMo manifest that is usable from anywhere; its entry of shards.json."""
    with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as file:
        for line in lines:
            row = line.row
            curated = {"id": row.id, "verdict": row.verdict, "tags": list(row.tags)}
            file.write(json.dumps({**row.record, "_curate": curated}, ensure_ascii=False) + "\n")
    duration = sum(line.duration_us for line in lines)
    return {"file": f"{name}.jsonl", "rows": len(lines), "hours": hours(duration)}


def _write_shards(
    lines: Sequence[_Line],
    folder: Path,
    shard_size: int,
    seed: int,
    tally: _Tally,
    on_progress: Progress,
) -> tuple[list[Mapping[str, object]], list[_Line]]:
    """Shards in a seeded order, so that each is a fair sample; and the lines that are in them."""
    finished: list[Mapping[str, object]] = []
    stored: list[_Line] = []
    shard = Shard(folder, 0)
    for line in sorted(lines, key=lambda line: _place(line.row.id, seed)):
        path = Path(str(line.row.record["audio_filepath"]))
        try:
            audio = load_segment(path, line.offset_s, line.duration_s)
        except Unusable as reason:
            tally.skip(line, reason)
            continue
        shard.add(cut_of(line.row, audio), audio)
        stored.append(line)
        on_progress(len(audio.data), 1)
        if shard.cuts == shard_size:
            finished.append(shard.close())
            shard = Shard(folder, shard.index + 1)
    if shard.cuts:
        finished.append(shard.close())
    return finished, stored


def _place(record_id: str, seed: int) -> bytes:
    key = seed.to_bytes(16, "little", signed=True)
    return hashlib.blake2b(record_id.encode(), digest_size=16, key=key).digest()


def _ledger(stored: Mapping[str, Sequence[_Line]], tally: _Tally) -> Ledger:
    """Rows of the split's files against what is stored and what was skipped."""
    entries = [
        Entry(name, sum((line.amount for line in lines), Amount()))
        for name, lines in stored.items()
    ]
    skipped = Entry("skipped", sum((line.amount for line in tally.skipped), Amount()))
    return Ledger("shard", tally.read, [*entries, skipped])


def _warnings(tally: _Tally) -> list[str]:
    if not tally.skipped:
        return []
    count = len(tally.skipped)
    return [f"{count} record(s) left out for their audio: {_why(tally)}; see skipped.jsonl"]


def _why(tally: _Tally) -> str:
    common = Counter(tally.reasons).most_common(3)
    return "; ".join(f"{reason} ({count})" for reason, count in common)
