"""An example split, and its shards."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from curate.environment.execution import Execution
from curate.rules.file import load_rules
from curate.shards.export import ShardOptions, shard_split
from curate.shards.options import ShardSize
from curate.splits import SplitRequest, Targets, split_profile
from tests.processes import EXPORT, Started, started
from tests.profiling import write_profile as profile

with suppress(ImportError):  # imported here once, or each export would start a process for it
    import lhotse  # noqa: F401


def splitted(manifest: Path, folder: Path) -> Path:
    for name in ("profile", "split"):
        (folder / name).mkdir(parents=True)
    profile([str(manifest)], folder / "profile", load_rules(None))
    targets = Targets.parse({"eval": "45s", "test": "60s"})
    request = SplitRequest(targets=targets, by=["lang"], group=["speaker"])
    split_profile(folder / "profile", folder / "split", request)
    return folder / "split"


def exporting(split: Path, out: Path, workers: int = 1) -> AbstractContextManager[Started]:
    """`shard_export` as a command that has started."""
    return started(EXPORT, split, out, workers)


def export(split: Path, out: Path) -> None:
    with exporting(split, out) as run:
        done = run.ended(120)
    assert done.returncode == 0, done.stderr


def contents(out: Path) -> dict[str, bytes]:
    """All that the export wrote, but for what holds the paths and the command line."""
    names = [path for path in sorted(out.rglob("*")) if path.is_file()]
    own = {"shards.json", "input_cfg.yaml"}
    return {str(p.relative_to(out)): p.read_bytes() for p in names if p.name not in own}


def sharded(
    split: Path, out: Path, shard_size: int = 100, workers: int = 1, **changes: Any
) -> Mapping[str, Any]:
    """Shards in `out`, by way of a stage beside it that is cleared away."""
    stage = out.parent / f"{out.name}.stage"
    stage.mkdir()
    options = replace(ShardOptions(), **{"size": ShardSize(cuts=shard_size), **changes})
    index = shard_split(split, stage, out, options, Execution(workers=workers)).as_json()
    (stage / "out").rename(out)
    shutil.rmtree(stage)
    return index
