"""A program for tests: `SPLIT OUT WORKERS` exports a split in shards of ten.

As `curate shard` does it, without the seconds in which Lhotse reads the result.
"""

from __future__ import annotations

import sys
from pathlib import Path

from curate.artifacts.outputs import resumable_directory
from curate.environment.execution import Execution
from curate.shards.export import OUTPUT_FILES, ShardOptions, export_key, shard_split
from curate.shards.options import ShardSize


def main() -> None:
    split, out, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    options = ShardOptions(size=ShardSize(cuts=10))
    key = export_key(split, options)
    with resumable_directory(out, OUTPUT_FILES, "shards.json", key) as stage:
        shard_split(split, stage, out, options, Execution(workers=workers), with_lhotse=False)
