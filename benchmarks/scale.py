"""Ray beside one process, whole profiles of the same manifests: `python -m benchmarks.scale ROWS`.

Clock and processor time of each command, all processes of it counted (Ray's daemons and workers
too), Ray with 1 to N local workers; and how long a fresh worker takes until it can measure. The
outputs are compared byte for byte. Linux only.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import polars as pl

from benchmarks import corpus
from benchmarks.memory import anonymous_mib, descendants
from benchmarks.processes import ROOT
from curate.environment.cores import thread_count
from curate.environment.execution import Execution
from curate.environment.ray_tasks import cluster
from curate.files.state import sha256_of
from curate.profiles.request import ProfileRequest
from curate.profiles.run import profile_into
from curate.scale.cluster import run_on_ray
from curate.scale.parts import Job, Pieces, measure_piece

SAMPLE_S = 0.02
IN_PARTS = -1
"""In the place of a number of workers: what Ray's workers do, in one process and without Ray."""
_TICKS = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """Seconds by the clock and of processors, and the peak of anonymous memory of one process."""

    clock_s: float
    processor_s: float
    anonymous_mib: float


def parts_of(folder: Path, rows: int, parts: int) -> list[str]:
    """Manifests of so many rows in all, each with its own seed."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        str(corpus.make(folder / f"part{at:04d}.jsonl", rows // parts, at)) for at in range(parts)
    ]


def run(out: Path, workers: int, manifests: Sequence[str]) -> Cost:
    """A whole profile in a process of its own; by Ray with `workers`, locally with 0."""
    command = [sys.executable, "-m", "benchmarks.scale", "0", "--child", str(out)]
    began = time.perf_counter()
    with subprocess.Popen(
        [*command, "--workers", str(workers), "--manifests", *manifests], cwd=ROOT
    ) as tree:
        spent: dict[int, float] = {}
        peak_mib = 0.0
        while tree.poll() is None:
            time.sleep(SAMPLE_S)
            for pid in descendants(tree.pid):
                spent[pid] = max(spent.get(pid, 0.0), _processor_s(pid))
                peak_mib = max(peak_mib, anonymous_mib(pid))
        assert tree.returncode == 0, "the profile succeeds"
    return Cost(time.perf_counter() - began, sum(spent.values()), peak_mib)


def _processor_s(pid: int) -> float:
    """User and system time of a process so far; 0 where it has ended."""
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    return 0.0


def profile(out: Path, workers: int, manifests: Sequence[str]) -> None:
    """What the process does."""
    plan = ProfileRequest(manifests=manifests).resolve()
    folder = out.with_name(f"{out.name}.pieces")
    for made in (out, folder):
        made.mkdir(parents=True)
    if not workers:
        profile_into(plan, out, Execution(threads=1))
        return
    job = Job(folder, plan)
    if workers == IN_PARTS:
        begun = time.process_time()
        for index in range(len(job.origins)):
            assert not measure_piece(job, index), "every manifest can be read"
        spent, written = time.process_time() - begun, sum(map(_size, folder.iterdir()))
        print(f"measuring in parts: {spent:.1f} processor s, {written:,} bytes", flush=True)
    else:
        run_on_ray(job, workers=workers)
    profile_into(plan, out, Execution(threads=1), engine=lambda _: Pieces(job))


def _size(path: Path) -> int:
    return path.stat().st_size


def _hashes(profile: Path) -> dict[str, str]:
    """Of each file of a profile."""
    return {path.name: sha256_of(path) for path in profile.iterdir()}


def ready_s() -> list[float]:
    """Seconds from handing out a task to a fresh worker that has all it needs to measure."""

    def probe(begun: float, _: int) -> float:
        import time

        import curate.scale.parts

        assert curate.scale.parts.__name__ == "curate.scale.parts"
        return time.time() - begun

    taken = []
    with cluster(workers=1) as started:
        for _ in range(3):  # another environment takes a worker that has run nothing
            fresh = {"runtime_env": {"env_vars": {"FRESH": str(time.time_ns())}}}
            task = started.ray.remote(num_cpus=1, **fresh)(probe)
            taken.append(float(started.ray.get(task.remote(time.time(), 0))))
    return taken


NAMES = {0: "one process", IN_PARTS: "in parts, merged"}


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rows", type=int, nargs="?", default=2_000_000)
    arguments.add_argument("--parts", type=int, default=8)
    arguments.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    arguments.add_argument("--repeat", type=int, default=1)
    arguments.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--manifests", nargs="+", help="these, instead of made ones")
    arguments.add_argument(
        "--work", type=Path, default=Path(tempfile.gettempdir()) / "curate-bench"
    )
    chosen = arguments.parse_args()
    if chosen.child:
        profile(chosen.child, chosen.workers[0], chosen.manifests)
        return
    folder = chosen.work / f"scale{chosen.rows}x{chosen.parts}"
    manifests = chosen.manifests or parts_of(folder, chosen.rows, chosen.parts)
    report(manifests, chosen)


def report(manifests: Sequence[str], chosen: argparse.Namespace) -> None:
    """Run each, interleaved; the least of each counts, and all outputs must be equal."""
    tried = [0, IN_PARTS, *chosen.workers]
    best: dict[int, Cost] = {}
    for _ in range(chosen.repeat):
        with tempfile.TemporaryDirectory(dir=chosen.work) as folder:
            for workers in tried:
                cost = run(Path(folder, str(workers)), workers, manifests)
                before = best.get(workers, cost)
                best[workers] = Cost(*map(min, before, cost))
            outputs = [_hashes(Path(folder, str(workers))) for workers in tried]
            assert all(each == outputs[0] for each in outputs), "the same files by every engine"
            rows = pl.scan_parquet(Path(folder, "0", "records.parquet")).select(pl.len())
            count = int(rows.collect().item())
    print(f"{count:,} rows in {len(manifests)} manifests, {thread_count()} processors")
    for workers, cost in best.items():
        name = NAMES.get(workers, f"ray, {workers} workers")
        ratio = cost.processor_s / best[0].processor_s
        print(
            f"{name:16} {cost.clock_s:8.1f} s {cost.processor_s:8.1f} processor s {ratio:6.2f} x "
            f"{cost.anonymous_mib:6.0f} MiB"
        )
    print("fresh worker ready:", *(f"{seconds:.2f} s" for seconds in ready_s()))


if __name__ == "__main__":
    main()
