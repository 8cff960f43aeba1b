"""From finished tasks to the result: numbers without gaps, whole manifests, a ledger."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from curate.artifacts.base import write_artifact
from curate.artifacts.ledger import NOTHING, Amount, Entry, Ledger
from curate.profiles.summary import Json, hours
from curate.shards.bins import duration_bins, token_bins
from curate.shards.options import Options
from curate.shards.spool import Spool, Task
from curate.shards.stored import STORED
from curate.shards.tar import sha256
from curate.shards.work import AUDIO, LENGTHS, MARKERS, PARTS, RESULT, SHARDS

MOST_NAMED = 1_000
"""So many skipped rows are named in shards.json; all are in skipped.reasons.jsonl."""


@dataclass(slots=True)
class Outcome:
    """All tasks together."""

    shards: list[Json] = field(default_factory=list)
    stored: dict[str, Amount] = field(default_factory=dict)
    skipped: Amount = NOTHING
    named: list[Json] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    audio: set[Path] = field(default_factory=set)
    in_shards_alone: int = 0


def finish(stage: Path, spool: Spool, options: Options) -> Outcome:
    """Put the result of the tasks, all done, together in the stage's `out`.

    Can be done again after it was interrupted.
    """
    result = stage / RESULT
    for left in result.iterdir():
        if left.name not in {"train", AUDIO}:
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    outcome = Outcome(stored=dict.fromkeys(spool.read, NOTHING))
    with (result / "skipped.reasons.jsonl").open("w", encoding="utf-8") as reasons:
        for task in spool.tasks:
            for line in _take(stage, task, options, outcome):
                reasons.write(json.dumps(line, ensure_ascii=False) + "\n")
    _remove_strays(stage, outcome)
    for name in spool.read:
        _join(stage, [task.name for task in spool.tasks if task.split == name], f"{name}.jsonl")
    _join(stage, [f"{task.name}.skipped" for task in spool.tasks], "skipped.jsonl")
    ledger = _ledger(spool, outcome)
    ledger.check()
    write_artifact(result, ledger)
    return outcome


def buckets(stage: Path, spool: Spool, options: Options) -> Json:
    """bins.json: duration buckets of the stored rows, and by tokens where there are tokenizers."""
    parts = [stage / PARTS / f"{task.name}.{LENGTHS}" for task in spool.tasks]
    pairs = [np.fromfile(path, dtype=np.float64) for path in parts if path.is_file()]
    seconds, tokens = np.concatenate(pairs).reshape(-1, 2).T
    found: Json = {
        "schema": "curate.bins/1",
        "rows": len(seconds),
        "num_buckets": options.buckets,
        "max_duration": float(seconds.max()),
        "bucket_duration_bins": [round(b, 5) for b in duration_bins(seconds, options.buckets)],
    }
    if options.tokenizers:
        twofold = token_bins(seconds, tokens, options.buckets)
        found["tokenizers"] = list(options.tokenizers)
        found["bucket_duration_bins_2d"] = [[round(s, 3), count] for s, count in twofold.bins]
        found["max_tps"] = [round(tps, 2) for tps in twofold.max_tps]
    return found


def manifests(outcome: Outcome) -> Json:
    """The entries of shards.json's `manifests`."""
    return {
        name: {"file": f"{name}.jsonl", "rows": it.rows, "hours": hours(it.duration_us)}
        for name, it in outcome.stored.items()
    }


def _take(stage: Path, task: Task, options: Options, outcome: Outcome) -> Iterator[Json]:
    """Add a task's marker to the outcome; the rows that it skipped."""
    marker: dict[str, Any] = json.loads((stage / MARKERS / f"{task.name}.json").read_bytes())
    outcome.stored[task.split] += Amount(**marker["stored"])
    outcome.skipped += Amount(**marker["skipped"])
    outcome.added.update(marker["added"])
    outcome.in_shards_alone += marker.get("in_shards_alone", 0)
    paths = (str(file["path"]) for file in marker["files"])
    outcome.audio |= {stage / path for path in paths if path.startswith(f"{RESULT}/{AUDIO}/")}
    if marker["entry"]:
        outcome.shards.append(_renumber(stage, marker["entry"], outcome, options))
    for id, reason in marker["reasons"]:
        outcome.reasons[reason] += 1
        said: Json = {"id": id, "reason": reason}
        if len(outcome.named) < MOST_NAMED:
            outcome.named.append(said)
        yield said


def _renumber(stage: Path, entry: dict[str, Any], outcome: Outcome, options: Options) -> Json:
    """The entry under its final number: shards of which nothing could be stored leave none."""
    index, folder, old = len(outcome.shards), entry.pop("folder"), entry.pop("number")
    number = sum(shard["stratum"] == entry["stratum"] for shard in outcome.shards)
    number = number if folder else index
    entry["index"] = index
    if number == old:
        return entry
    names = STORED[options.format].names
    for kind, name in names(number).items():
        entry[f"{kind}_file"] = f"train/{folder}{name}"
        (stage / SHARDS / folder / names(old)[kind]).replace(stage / SHARDS / folder / name)
    if options.format == "nemo_tarred":
        _renumber_lines(stage / SHARDS / folder / names(number)["manifest"], number, entry)
    return entry


def _renumber_lines(path: Path, index: int, entry: dict[str, Any]) -> None:
    lines = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    said = (json.dumps({**line, "shard_id": index}, ensure_ascii=False) for line in lines)
    path.write_text("".join(f"{line}\n" for line in said), encoding="utf-8")
    sizes = {**entry["sizes"], "manifest": path.stat().st_size}
    entry["sizes"], entry["bytes"] = sizes, sum(sizes.values())
    entry["sha256"] = {**entry["sha256"], "manifest": sha256(path)}


def _remove_strays(stage: Path, outcome: Outcome) -> None:
    known = outcome.audio | {
        stage / RESULT / str(value)
        for shard in outcome.shards
        for key, value in shard.items()
        if key.endswith("_file")
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


def _ledger(spool: Spool, outcome: Outcome) -> Ledger:
    """Rows of the split's files against what is stored and what was skipped."""
    entries = [Entry.of(name, amount) for name, amount in outcome.stored.items()]
    skipped = Entry.of("skipped", outcome.skipped)
    read = sum(spool.read.values(), NOTHING)
    return Ledger.of("shard", read, [*entries, skipped])
