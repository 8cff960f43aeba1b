"""What `curate shard` does: export into a stage that a rerun goes on with, or verify."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import reports
from curate.outputs import full_disk_said, resumable_directory
from curate.profile.records import Progress
from curate.profile.summary import Json
from curate.shards import OURS, Options, check_options, export_key, shard_split, verify_shards

AGAIN = "make room, then run the same command again: finished shards are kept beside it"


def shard(
    split: Path, out: Path, options: Options, workers: int | None, command: str, advance: Progress
) -> Json:
    """`curate shard`: returns shards.json's content."""
    check_options(options)
    key = export_key(split, options)
    with full_disk_said(out, AGAIN), resumable_directory(out, OURS, "shards.json", key) as stage:
        many = workers or cores()
        found = shard_split(split, stage, out, options, many, command, advance)
        reports.build("shards", stage / "out")
    return found


def verify(folder: Path, decode: str, workers: int | None) -> Mapping[str, object]:
    """`curate shard --verify`: what was proven; GateFailed with every fault found."""
    return verify_shards(folder, decode, workers or cores())


def cores() -> int:
    """The processors that this process may use, two at least."""
    return max(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
