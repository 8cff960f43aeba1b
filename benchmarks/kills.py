"""Kill an export at random moments and hold what it goes on to against an undisturbed one.

`python -m benchmarks.kills [MOMENTS]`: each moment is a fresh export, killed with SIGKILL, then run
to its end. The moments are spread over the time of an export and an eighth beyond.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from curate.artifacts.outputs import resumable_directory
from curate.environment.execution import Execution
from curate.rules.file import load_rules
from curate.shards.export import OUTPUT_FILES, ShardOptions, export_key, shard_split
from curate.shards.options import ShardSize
from curate.splits import SplitRequest, Targets, split_profile
from tests.profiling import write_profile

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "speech" / "manifest.jsonl"


def export(split: Path, out: Path, workers: int) -> None:
    """As `curate shard` does it, but for Lhotse's reading at the end, which changes nothing."""
    options = ShardOptions(size=ShardSize(cuts=5))
    key = export_key(split, options)
    with resumable_directory(out, OUTPUT_FILES, "shards.json", key) as stage:
        shard_split(split, stage, out, options, Execution(workers=workers), with_lhotse=False)


def split_of(folder: Path) -> Path:
    """The example, split."""
    profile, split = folder / "profile", folder / "split"
    profile.mkdir()
    split.mkdir()
    write_profile([str(EXAMPLE)], profile, load_rules(None))
    targets = Targets.parse({"eval": "45s", "test": "60s"})
    request = SplitRequest(targets=targets, by=["lang"], group=["speaker"])
    split_profile(profile, split, request)
    return split


def contents(out: Path) -> str:
    """A hash over all files, but for those that hold paths."""
    digest = hashlib.sha256()
    for path in sorted(out.rglob("*")):
        if path.is_file() and path.name not in {"shards.json", "input_cfg.yaml"}:
            digest.update(path.relative_to(out).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def started(split: Path, out: Path, workers: int) -> subprocess.Popen[bytes]:
    """An export in a process of its own, at the moment when it begins to work."""
    words = [sys.executable, "-m", "benchmarks.kills", "--export", str(split), str(out)]
    run = subprocess.Popen([*words, "--workers", str(workers)])
    while not list(out.parent.glob(f".{out.name}.*.part")) and run.poll() is None:
        time.sleep(0.002)
    return run


def main() -> None:
    """Print a line: how many were killed, how many had finished shards, how many differ."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("moments", type=int, nargs="?", default=100)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--export", type=Path, nargs=2)
    chosen = arguments.parse_args()
    if chosen.export:
        split, out = chosen.export
        export(split, out, chosen.workers)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        split, out = split_of(folder), folder / "whole"
        run = started(split, out, chosen.workers)
        begun = time.monotonic()
        assert run.wait() == 0
        seconds, expected = time.monotonic() - begun, contents(out)
        killed = resumed = differ = 0
        for moment in range(chosen.moments):
            out, chance = folder / f"moment{moment}", random.Random(moment)
            run = started(split, out, chosen.workers)
            time.sleep(chance.random() * seconds * 1.125)
            run.kill()
            killed += run.wait() != 0
            resumed += bool(list(folder.glob(f".{out.name}.*.part/done/*")))
            export(split, out, 1)
            differ += contents(out) != expected
            left = list(folder.glob(f".{out.name}.*"))
            assert not left, f"moment {moment}: nothing is left beside it, but for {left}"
    print(f"{chosen.moments} moments over {seconds:.2f} s: {killed} killed at work, "
          f"{resumed} with finished shards to keep, {differ} that differ")  # fmt: skip
    sys.exit(differ > 0)


if __name__ == "__main__":
    main()
