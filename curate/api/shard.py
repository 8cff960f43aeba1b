"""Shards for training: written from a split, or from manifests that are split as given first."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from curate.api import figures
from curate.api.outcome import Outcome
from curate.api.split import run_split
from curate.artifacts.base import write_artifact
from curate.artifacts.outputs import (
    check_out,
    full_disk_as_error,
    resumable_directory,
    whole_directory,
    writable,
)
from curate.artifacts.shard_index import ShardIndex
from curate.artifacts.verification import Verification
from curate.environment.execution import QUIET, Execution
from curate.errors import InputError
from curate.files.owner import owner
from curate.gates import Checked, gates_for
from curate.profiles.request import Rules
from curate.scale.engines import check_engine
from curate.shards.cluster import on_ray
from curate.shards.export import (
    OUTPUT_FILES,
    ShardOptions,
    StoredAudio,
    check_options,
    export_key,
    parse_size,
    prove,
    shard_split,
)
from curate.shards.options import ShardSize
from curate.shards.pool import RunTasks, run_tasks
from curate.shards.request import ShardRequest, VerifyRequest, read_source, split_command
from curate.splits.given_options import NamedManifests
from curate.splits.request import SplitRequest

__all__ = [
    "ShardIndex",
    "ShardOptions",
    "ShardRequest",
    "ShardSize",
    "StoredAudio",
    "Verification",
    "VerifyRequest",
    "parse_size",
    "run_shard",
    "run_verify",
    "shard",
    "verify_shards",
]

SPLIT = "split"
"""The folder of a result that holds the split which was made first."""

VERIFIED = frozenset({Verification.file, "report.html"})
"""What a directory of `--verify --out` holds."""

_AGAIN = "free disk space, then run the same command again: finished shards are kept beside it"


def shard(
    inputs: str | Path | Sequence[str | Path] | SplitRequest,
    out: str | Path,
    options: ShardOptions | None = None,
    *,
    rules: Rules = None,
    workers: int = 1,
) -> ShardIndex:
    """Write a split directory as shards, and write the directory `out`, which is replaced: train in
    Lhotse Shar, or as the `options` name it, eval and test as plain manifests.

    As `curate shard`, without the page. `inputs` may be manifests of training data too, or a
    SplitRequest: a split is made of them first, by `rules`, and put beside the shards. Any number
    of `workers` gives the same bytes; several are processes, which import the calling script again,
    so that it has to guard what it runs by `if __name__ == "__main__":`. Raises
    curate.errors.CurateError with every fault.
    """
    if isinstance(inputs, SplitRequest):
        source: Path | SplitRequest = inputs
    else:
        names = [inputs] if isinstance(inputs, str | Path) else inputs
        source = read_source([str(name) for name in names], rules=rules)
    request = ShardRequest(split=source, options=options or ShardOptions())
    return run_shard(request, Path(out), Execution(workers=workers)).passed()


def verify_shards(folder: str | Path, decode: str = "sample", *, workers: int = 1) -> Verification:
    """Prove a directory of shards; GateFailed with every fault of it.

    As `curate shard --verify`: `decode` is how many recordings of each shard are decoded: none,
    sample, all; `workers` are as in `shard`. Nothing is written. InputError where there is nothing
    to verify.
    """
    gates = gates_for("curate shard --verify", ())
    request = VerifyRequest(folder=Path(folder), decode=decode, gates=gates)
    return run_verify(request, None, Execution(workers=workers)).passed()


def run_shard(
    request: ShardRequest, out: Path, execution: Execution = QUIET
) -> Outcome[ShardIndex]:
    """`curate shard`: shards.json, and the gates that failed."""
    check_options(request.options)
    run = _engine_of(execution)
    with full_disk_as_error(out, _AGAIN), _split_of(request.split, out, execution) as split:
        key = export_key(split, request.options)
        own_files = OUTPUT_FILES | {SPLIT}
        with resumable_directory(out, own_files, ShardIndex.file, key) as stage:
            index = shard_split(split, stage, out, request.options, execution, run=run)
            checked = Checked.of(request.gates, figures.of_shards(index), out)
            index = index.with_gates(checked.results)
            write_artifact(stage / "out", index.as_file())
            if isinstance(request.split, SplitRequest):
                shutil.copytree(split, stage / "out" / SPLIT)
            execution.draw("shards", stage / "out")
    return Outcome(index, checked.failed)


def run_verify(
    request: VerifyRequest, out: Path | None, execution: Execution = QUIET
) -> Outcome[Verification]:
    """`curate shard --verify`: what was proven, and the gates that failed with every fault.

    Where `out` is named, it gets verification.json and a page; nothing else is written.
    """
    made = prove(request.folder, request.decode, execution.processes, execution.command)
    checked = Checked.of(request.gates, figures.of_verification(made), request.folder)
    made = made.with_gates(checked.results)
    if out is not None:
        with whole_directory(out, VERIFIED, Verification.file) as folder:
            write_artifact(folder, made)
            execution.draw("verification", folder)
    return Outcome(made, checked.failed)


def _engine_of(execution: Execution) -> RunTasks:
    """What runs the tasks of an export. ConfigError for an unknown engine."""
    check_engine(execution.engine, execution.ray_address)
    if execution.engine == "local":
        return run_tasks
    return on_ray(execution.ray_address, execution.notify)


@contextmanager
def _split_of(split: Path | SplitRequest, out: Path, execution: Execution) -> Iterator[Path]:
    """The split directory to shard: as it is, or made for as long as the block lasts, beside `out`.
    ConfigError where `out` is no place for shards.
    """
    if isinstance(split, Path):
        yield split
        return
    check_out(out, ShardIndex.file)
    place = Path(os.path.abspath(out))  # noqa: PTH100 - as the outputs have it
    scratch = place.parent / f".{place.name}.{SPLIT}.{owner()}.tmp"
    try:
        with writable(out):
            scratch.mkdir(parents=True, exist_ok=True)
        command = split_command(split) if execution.command else ""
        run_split(split, scratch / SPLIT, replace(execution, command=command))
        with _naming_manifests(split, scratch):
            yield scratch / SPLIT
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def _naming_manifests(split: SplitRequest, scratch: Path) -> Iterator[None]:
    """Within, faults name the manifests, not the split that is made of them for a while."""
    try:
        yield
    except InputError as error:
        targets = split.targets
        train = targets.of["train"] if isinstance(targets, NamedManifests) else split.manifests
        names = ", ".join(train)
        faults = (
            fault._replace(where=names) if fault.where.startswith(str(scratch)) else fault
            for fault in error.faults
        )
        raise InputError(*faults) from None
