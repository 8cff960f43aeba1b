"""Wrong labels of speakers on real voices: `python -m benchmarks.voice_labels MANIFEST EMBEDDINGS`.

MANIFEST names the speaker of each record, EMBEDDINGS is the .npy of `train voices`. Two defects are
planted, each by itself: every tenth record of a speaker with others has the name of another such
speaker, or every second speaker of at least four records has two names, half of the records each.
`train voices` and `curate profile --rules voices` see the result.

For each rule of the preset: how many of the planted records it flags, how many of the others, and
the precision. A record whose speaker has no other is compared with no one, and is in neither.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.processes import run
from benchmarks.voice_inputs import voice_inputs

RULES: Mapping[str, Sequence[str]] = {
    "other_voice": ("bad",),
    "other_voice, borderline too": ("bad", "borderline"),
    "unlike_own": ("borderline",),
    "two_names": ("borderline",),
}
"""Severities of each rule that are counted."""

Json = dict[str, Any]


def wrong_names(rows: Sequence[Json]) -> list[Json]:
    """Every tenth record of a speaker with others has another such speaker's name."""
    rng = random.Random(0)
    counts = Counter(row["speaker"] for row in rows)
    known = sorted(name for name, count in counts.items() if count > 1)
    places = [at for at, row in enumerate(rows) if counts[row["speaker"]] > 1]
    chosen = set(rng.sample(places, len(places) // 10))
    return [
        {**row, "planted": True, "speaker": rng.choice([n for n in known if n != row["speaker"]])}
        if at in chosen
        else {**row, "planted": False}
        for at, row in enumerate(rows)
    ]


def two_names(rows: Sequence[Json]) -> list[Json]:
    """Every second speaker of at least four records has two names, in turn."""
    counts = Counter(row["speaker"] for row in rows)
    chosen = sorted(name for name, count in counts.items() if count >= 4)[::2]
    seen: Counter[str] = Counter()
    planted = []
    for row in rows:
        name = row["speaker"]
        is_second = name in chosen and seen[name] % 2 == 1
        seen[name] += 1
        speaker = f"{name} again" if is_second else name
        planted.append({**row, "planted": name in chosen, "speaker": speaker})
    return planted


DEFECTS = {"a wrong name": wrong_names, "two names": two_names}


def profiled(rows: Sequence[Json], embeddings: Path, folder: Path) -> pl.DataFrame:
    """The records of the rows that are compared with their own speaker, with their tags."""
    folder.mkdir()
    manifest = folder / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    run("train", "voices", "--manifest", manifest, "--embeddings", embeddings,
        "--out", folder / "voices")  # fmt: skip
    run("curate", "profile", folder / "voices" / "voices.jsonl", "--by", "planted",
        "--rules", "voices", "--out", folder / "profile")  # fmt: skip
    records = pl.read_parquet(folder / "profile" / "records.parquet")
    return records.filter(pl.col("voice_own").is_not_null())


def lines(defect: str, records: pl.DataFrame) -> Iterator[str]:
    """The rows of the table for one defect."""
    planted = records["planted"].cast(pl.String).str.to_lowercase() == "true"
    for name, severities in RULES.items():
        tags = [f"{severity}:{name.partition(',')[0]}" for severity in severities]
        flags = records["tags"].list.eval(pl.element().is_in(tags)).list.any()
        right, wrong = int((flags & planted).sum()), int((flags & ~planted).sum())
        precision = f"{right / (right + wrong):.2f}" if right + wrong else ""
        cells = (
            defect, f"`{name}`" if "," not in name else f"`{name.replace(',', '`,', 1)}",
            f"{right} of {planted.sum()}", f"{wrong} of {(~planted).sum()}",
            f"{right / int(planted.sum()):.2f}", precision,
        )  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    rows, embeddings = voice_inputs(__doc__)
    folder = Path(tempfile.mkdtemp(prefix="voice-labels-"))
    print("| planted | rule | planted, flagged | others, flagged | recall | precision |")
    print("|---|---|---|---|---|---|")
    for name, plant in DEFECTS.items():
        records = profiled(plant(rows), embeddings, folder / name.replace(" ", "-"))
        print("\n".join(lines(name, records)), flush=True)


if __name__ == "__main__":
    main()
