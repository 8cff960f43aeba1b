"""From finished tasks to the result: numbers without gaps, whole manifests, a ledger."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from curate.artifacts.base import write_artifact
from curate.artifacts.buckets import Buckets
from curate.artifacts.ledger import NOTHING, Amount, Entry, Ledger
from curate.artifacts.shard_index import PlainManifest, Shard, SkippedRow
from curate.files.state import sha256_of
from curate.profiles.named import hours
from curate.shards.bins import duration_bins, token_bins
from curate.shards.markers import MarkedFile, StoredShard
from curate.shards.options import ShardOptions
from curate.shards.spool import Spool
from curate.shards.stored import STORED
from curate.shards.tasks import Task
from curate.shards.work import AUDIO, LENGTHS, PARTS, RESULT, SHARDS, read_marker

MOST_NAMED = 1_000
"""So many skipped rows are named in shards.json; all are in skipped.reasons.jsonl."""


@dataclass(slots=True)
class Outcome:
    """All tasks together; `read` are the rows of each output's split, `reasons` why rows of it were
    skipped, `skipped_files` how many audio files the skipped rows name.
    """

    read: Mapping[str, Amount] = field(default_factory=dict)
    shards: list[Shard] = field(default_factory=list)
    stored: dict[str, Amount] = field(default_factory=dict)
    skipped: Amount = NOTHING
    named: list[SkippedRow] = field(default_factory=list)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    skipped_files: int = 0
    added: Counter[str] = field(default_factory=Counter)
    audio: set[Path] = field(default_factory=set)
    in_shards_alone: int = 0


def finish(stage: Path, spool: Spool, options: ShardOptions) -> Outcome:
    """Put the result of the tasks, all done, together in the stage's `out`.

    Can be done again after it was interrupted.
    """
    result = stage / RESULT
    for left in result.iterdir():
        if left.name not in {"train", AUDIO}:
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    outcome = Outcome(spool.read, stored=dict.fromkeys(spool.read, NOTHING))
    with (result / "skipped.reasons.jsonl").open("w", encoding="utf-8") as reasons:
        for task in spool.tasks:
            for line in _take(stage, task, options, outcome):
                reasons.write(json.dumps(line.as_json(), ensure_ascii=False) + "\n")
    _remove_strays(stage, outcome)
    for name in spool.read:
        _join(stage, [task.name for task in spool.tasks if task.split == name], f"{name}.jsonl")
    _join(stage, [f"{task.name}.skipped" for task in spool.tasks], "skipped.jsonl")
    outcome.skipped_files = _count_files(result / "skipped.jsonl")
    ledger = _ledger(spool, outcome)
    ledger.check()
    write_artifact(result, ledger)
    return outcome


def buckets(stage: Path, spool: Spool, options: ShardOptions) -> Buckets:
    """bins.json: duration buckets of the stored rows, and by tokens where there are tokenizers."""
    parts = [stage / PARTS / f"{task.name}.{LENGTHS}" for task in spool.tasks]
    pairs = [np.fromfile(path, dtype=np.float64) for path in parts if path.is_file()]
    seconds, tokens = np.concatenate(pairs).reshape(-1, 2).T
    bins, max_tps = None, None
    if options.tokenizers:
        by_tokens = token_bins(seconds, tokens, options.buckets)
        bins = tuple((round(s, 3), count) for s, count in by_tokens.bins)
        max_tps = tuple(round(tps, 2) for tps in by_tokens.max_tps)
    return Buckets(
        rows=len(seconds),
        num_buckets=options.buckets,
        max_duration=float(seconds.max()),
        bucket_duration_bins=tuple(round(b, 5) for b in duration_bins(seconds, options.buckets)),
        tokenizers=options.tokenizers or None,
        bucket_duration_bins_2d=bins,
        max_tps=max_tps,
    )


def manifests(outcome: Outcome) -> dict[str, PlainManifest]:
    """The entries of shards.json's `manifests`."""
    return {
        name: PlainManifest(file=f"{name}.jsonl", rows=amount.rows, hours=hours(amount.duration_us))
        for name, amount in outcome.stored.items()
    }


def _take(stage: Path, task: Task, options: ShardOptions, outcome: Outcome) -> Iterator[SkippedRow]:
    """Add what a task did to the outcome; the rows that it skipped."""
    marker = read_marker(stage, task)
    outcome.stored[task.split] += Amount(**asdict(marker.stored))
    outcome.skipped += Amount(**asdict(marker.skipped))
    outcome.added.update(marker.added)
    outcome.in_shards_alone += marker.in_shards_alone
    audio = f"{RESULT}/{AUDIO}/"
    outcome.audio |= {stage / file.path for file in marker.files if file.path.startswith(audio)}
    if marker.shard is not None:
        outcome.shards.append(_number(stage, marker.shard, outcome.shards, options))
    for id, reason in marker.reasons:
        outcome.reasons.setdefault(task.split, Counter())[reason] += 1
        row = SkippedRow(id=id, reason=reason)
        if len(outcome.named) < MOST_NAMED:
            outcome.named.append(row)
        yield row


def _number(
    stage: Path, stored: StoredShard, before: Sequence[Shard], options: ShardOptions
) -> Shard:
    """The shard under its final number: shards of which nothing could be stored leave none."""
    number = len(before)
    if stored.folder:
        number = sum(shard.stratum == stored.stratum for shard in before)
    files = dict(stored.files)
    if number != stored.number:
        names = STORED[options.format].names(number)
        for kind, file in stored.files.items():
            path = f"{SHARDS}/{stored.folder}{names[kind]}"
            (stage / file.path).replace(stage / path)
            files[kind] = MarkedFile(path=path, bytes=file.bytes, sha256=file.sha256)
        if options.format == "nemo_tarred":
            files["manifest"] = _renumber_lines(stage, files["manifest"], number)
    return _shard(len(before), stored, files)


def _shard(index: int, stored: StoredShard, files: Mapping[str, MarkedFile]) -> Shard:
    paths = {kind: file.path.removeprefix(f"{RESULT}/") for kind, file in files.items()}
    return Shard(
        index=index,
        cuts_file=paths.get("cuts"),
        recording_file=paths.get("recording"),
        manifest_file=paths.get("manifest"),
        audio_file=paths.get("audio"),
        parquet_file=paths.get("parquet"),
        cuts=stored.cuts,
        hours=stored.hours,
        duration_us=stored.duration_us,
        bytes=sum(file.bytes for file in files.values()),
        sizes={kind: file.bytes for kind, file in files.items()},
        sha256={kind: file.sha256 for kind, file in files.items()},
        text_sha256=stored.text_sha256,
        stratum=stored.stratum,
    )


def _renumber_lines(stage: Path, manifest: MarkedFile, number: int) -> MarkedFile:
    path = stage / manifest.path
    records = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    lines = (json.dumps({**each, "shard_id": number}, ensure_ascii=False) for each in records)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return MarkedFile(path=manifest.path, bytes=path.stat().st_size, sha256=sha256_of(path))


def _remove_strays(stage: Path, outcome: Outcome) -> None:
    known = outcome.audio | {
        path for shard in outcome.shards for path in shard.paths(stage / RESULT).values()
    }
    for folder in (SHARDS, f"{RESULT}/{AUDIO}"):
        for path in (stage / folder).rglob("*"):
            if path.is_file() and path not in known:
                path.unlink()


def _join(stage: Path, parts: Sequence[str], name: str) -> None:
    with (stage / RESULT / name).open("wb") as out:
        for part in parts:
            with (stage / PARTS / f"{part}.jsonl").open("rb") as file:
                shutil.copyfileobj(file, out, 1 << 20)


def _count_files(manifest: Path) -> int:
    """How many audio files the lines name: several segments may be of one."""
    with manifest.open("rb") as lines:
        return len({json.loads(line).get("audio_filepath") for line in lines})


def _ledger(spool: Spool, outcome: Outcome) -> Ledger:
    """Rows of the split's files against what is stored and what was skipped."""
    entries = [Entry.of(name, amount) for name, amount in outcome.stored.items()]
    skipped = Entry.of("skipped", outcome.skipped)
    read = sum(spool.read.values(), NOTHING)
    return Ledger.of("shard", read, [*entries, skipped])
