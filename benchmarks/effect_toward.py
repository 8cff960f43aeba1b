"""Two domains of joined digits, and hours of their mixture that `curate select --toward` chooses.

A record of a domain has words of its own half of the digits four times as often as the others. The
target is of the first domain, and so are the utterances to test on; one record in four of the
mixture is.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import curate
from benchmarks.joined_digits import WORDS, Json, Takes, read_rows, seconds, write_rows

TARGET, OTHER = "target", "other"
HALVES = {TARGET: WORDS[:5], OTHER: WORDS[5:]}
AS_OFTEN = 4
TARGET_SHARE = 0.25
"""Of the mixture's records, and of its hours that are chosen."""
TARGET_TEXTS = 60


def domain(takes: Takes, name: str) -> Takes:
    """The takes, those of the domain's own words AS_OFTEN times: drawn as often."""
    own = HALVES[name]
    return Takes(
        {
            speaker: [take for take in of for _ in range(AS_OFTEN if take[0] in own else 1)]
            for speaker, of in takes.by_speaker.items()
        }
    )


def mix(target: Sequence[Json], other: Sequence[Json], seed: int) -> list[Json]:
    """Records of both domains in one order; their `kind` is the domain."""
    rows = [{**row, "kind": TARGET} for row in target] + [{**row, "kind": OTHER} for row in other]
    random.Random(f"mixture {seed}").shuffle(rows)
    return rows


def choose_toward(
    rows: Sequence[Json], target: Sequence[Json], share: float, folder: Path, rules: Path
) -> list[Json]:
    """The rows, in their order, that `curate select --toward` chooses: `share` of their hours."""
    manifest = write_rows(folder / "pool.jsonl", rows)
    curate.profile(manifest, folder / "profile", rules=rules)
    like = write_rows(folder / "target.jsonl", target)
    hours = share * seconds(rows) / 3600
    curate.select(folder / "profile", folder / "selected", hours=hours, toward=like)
    chosen = {row["audio_filepath"] for row in read_rows(folder / "selected" / "selected.jsonl")}
    return [row for row in rows if row["audio_filepath"] in chosen]
