"""What `curate shard` does: export into a stage that a rerun goes on with, or verify."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import reports
from curate.api import figures
from curate.artifacts.base import write_artifact
from curate.artifacts.outputs import full_disk_as_error, resumable_directory, whole_directory
from curate.artifacts.shard_index import ShardIndex
from curate.artifacts.verification import Verification
from curate.cli.split_first import SPLIT, Source, keep_split, split_of
from curate.environment.execution import Progress
from curate.errors import ConfigError, CurateError
from curate.gates import Checked, Gate
from curate.scale.engines import check_engine
from curate.shards import OUTPUT_FILES, Options, check_options, export_key, prove, shard_split
from curate.shards.cluster import on_ray
from curate.shards.pool import RunTasks, run_tasks

VERIFIED = frozenset({"verification.json", "report.html"})
"""What a directory of `--verify --out` holds."""

AGAIN = "free disk space, then run the same command again: finished shards are kept beside it"


def shard(
    source: Source,
    out: Path,
    options: Options,
    workers: int | None,
    command: str,
    advance: Progress,
    run: RunTasks = run_tasks,
    gates: Sequence[Gate] = (),
) -> tuple[ShardIndex, CurateError | None]:
    """`curate shard`: shards.json, and the gates that failed."""
    check_options(options)
    many = workers or cores()
    with full_disk_as_error(out, AGAIN), split_of(source, out, advance) as split:
        key = export_key(split, options)
        with resumable_directory(out, OUTPUT_FILES | {SPLIT}, "shards.json", key) as stage:
            index = shard_split(split, stage, out, options, many, command, advance, run=run)
            checked = Checked.of(gates, figures.of_shards(index), out)
            index = index.with_gates(checked.results)
            write_artifact(stage / "out", index.as_file())
            keep_split(split, source, stage / "out")
            reports.build("shards", stage / "out")
    return index, checked.failed


def folder_to_verify(words: Sequence[str]) -> Path:
    """The one folder that --verify takes; ConfigError for none or several."""
    if len(words) != 1:
        fault = "no folder is named" if not words else f"{len(words)} folders are named"
        raise ConfigError.of("--verify", fault, "name one folder of shards")
    return Path(words[0])


def engine(name: str, address: str | None, say: Callable[[str], None]) -> RunTasks:
    """What runs the tasks of an export. ConfigError for an engine that there is not."""
    check_engine(name, address)
    return run_tasks if name == "local" else on_ray(address, say)


def verify(
    folder: Path,
    out: Path | None,
    decode: str,
    workers: int | None,
    command: str,
    gates: Sequence[Gate] = (),
) -> tuple[Verification, CurateError | None]:
    """`curate shard --verify`: what was proven, and the gates that failed with every fault found.

    Where `out` is named, it gets verification.json and a page; nothing else is written.
    """
    verification = prove(folder, decode, workers or cores(), command)
    checked = Checked.of(gates, figures.of_verification(verification), folder)
    verification = verification.with_gates(checked.results)
    if out is not None:
        with whole_directory(out, VERIFIED, "verification.json") as made:
            write_artifact(made, verification)
            reports.build("verification", made)
    return verification, checked.failed


def cores() -> int:
    """The processors that this process may use, two at least."""
    return max(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
