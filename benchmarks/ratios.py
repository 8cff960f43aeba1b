"""Ratios that hold on a busy machine: everything interleaved in one run, the best of each.

    .venv/bin/python -m benchmarks.ratios --rows 1000000

Prints a Markdown table: what was measured, what against, the ratio, and the ratio that is asked
for. Each line is one promise of ours about speed.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.corpus import make
from benchmarks.profile import WORK, parse_only, whole_profile
from curate.environment.execution import Execution
from curate.profiles.request import ProfileRequest
from curate.rules.file import load_rules
from tests.profiling import write_profile

Run = Callable[[], object]


class Took(NamedTuple):
    """Seconds on the clock, and of all processors: less is known of a busy machine's clock."""

    clock: float
    cpu: float


def best(runs: dict[str, Run], repeat: int) -> dict[str, Took]:
    """(seconds on the clock, seconds of processors) of each, the best of `repeat` in turns."""
    least = {name: Took(float("inf"), float("inf")) for name in runs}
    for _ in range(repeat):
        for name, run in runs.items():
            clock, cpu = time.perf_counter(), processor_s()
            run()
            took = Took(time.perf_counter() - clock, processor_s() - cpu)
            least[name] = Took(*map(min, least[name], took))
    return least


def processor_s() -> float:
    """Seconds of processors that this process and its children that ended have used."""
    return sum(os.times()[:4])


def row(what: str, value: float, target: str, detail: str) -> None:
    print(f"| {what} | {value:.2f} | {target} | {detail} |", flush=True)


def compare(what: str, took: dict[str, Took], target: str, rows: int) -> None:
    """The first against the second, on the clock and of processors."""
    (one, a), (two, b) = took.items()
    detail = f"{one} {a.clock:.2f} s, {two} {b.clock:.2f} s, {rows:,} rows"
    row(what, a.clock / b.clock, target, f"{detail}; of processors {a.cpu / b.cpu:.2f}")


def parse_ratio(manifest: Path, rows: int, folder: Path, repeat: int) -> None:
    took = best(
        {"parse": lambda: parse_only(manifest), "whole": lambda: whole_profile(manifest, folder)},
        repeat,
    )
    compare("profile at the rate of parsing alone", took, ">= 0.5", rows)


def second_thread(manifest: Path, rows: int, folder: Path, repeat: int) -> None:
    """In processes of their own: Polars reads its number of threads when it is imported."""
    code = (
        "import sys, time; from pathlib import Path; "
        "from curate.environment.execution import Execution; "
        "from tests.profiling import write_profile; "
        "to = Path(sys.argv[2]); run = Execution(threads=int(sys.argv[3])); "
        "write_profile([sys.argv[4]], to, execution=run); b = time.perf_counter(); "
        "write_profile([sys.argv[1]], to, execution=run); print(time.perf_counter() - b)"
    )
    warm = str(make(manifest.parent / "warm.jsonl", 1000))

    def run(threads: int) -> float:
        environment = {**os.environ, "POLARS_MAX_THREADS": str(threads)}
        command = [sys.executable, "-c", code, str(manifest), str(folder), str(threads), warm]
        if threads == 1:
            command = ["taskset", "-c", "0", *command]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return float(done.stdout)

    one, two = float("inf"), float("inf")
    for _ in range(repeat):
        one, two = min(one, run(1)), min(two, run(2))
    row("a second thread", one / two, ">= 1.6", f"{one:.2f} s, {two:.2f} s, {rows:,} rows")


def small_files(manifest: Path, rows: int, folder: Path, repeat: int) -> None:
    parts = manifest.parent / f"{manifest.stem}-1000"
    if not parts.exists():
        parts.mkdir()
        split = ["split", "-n", "l/1000", "-d", "-a", "4", "--additional-suffix=.jsonl"]
        subprocess.run([*split, str(manifest), str(parts / "p")], check=True)
    many = partial(write_profile, [str(parts / "*.jsonl")], folder, load_rules(None))
    took = best({"many": many, "one": partial(whole_profile, manifest, folder)}, repeat)
    compare("1,000 files against one", took, "<= 1.3", rows)


def from_cache(manifest: Path, rows: int, folder: Path, repeat: int) -> None:
    import reports
    from curate.api.profile import run_profile

    request, execution = (
        ProfileRequest(manifests=[str(manifest)]),
        Execution(build_page=reports.build),
    )
    run = partial(run_profile, request, folder / "kept", execution)
    run()
    took = best({"again": run}, repeat)
    again = took["again"]
    detail = f"{rows:,} rows; of processors {again.cpu:.2f} s"
    row("profile from cache, s", again.clock, "<= 1", detail)


def pairs(work: Path, rows: int, repeat: int) -> None:
    """WER and CER of pairs of which one in three has an edit, against jiwer called per pair."""
    import jiwer

    from curate.manifest.examples import clips_of
    from curate.metrics.measure import measure

    corpus = make(work / "pairs.jsonl", rows).read_bytes().removesuffix(b"\n").split(b"\n")
    records = [json.loads(line) for line in corpus]
    for at, record in enumerate(records):
        words = record["text"].split()
        if at % 3 == 0:
            words[at % len(words)] = "uh"
        record["pred_text"] = " ".join(words)
    few = records[:: max(1, rows // 5000)]
    batches = [clips_of(records[at : at + 50_000]) for at in range(0, rows, 50_000)]

    def per_pair() -> None:
        for record in few:
            jiwer.wer(record["text"], record["pred_text"])
            jiwer.cer(record["text"], record["pred_text"])

    def curate_pairs() -> None:
        for batch in batches:
            measure(batch)

    took = best({"jiwer": per_pair, "ours": curate_pairs}, repeat)
    per_jiwer, per_ours = took["jiwer"].cpu / len(few), took["ours"].cpu / rows
    speeds = f"{1 / per_ours:,.0f} pairs/s of one processor, jiwer {1 / per_jiwer:,.0f}"
    detail = f"{speeds}; ours with all other metrics"
    row("WER and CER against jiwer per pair", per_jiwer / per_ours, ">= 12", detail)


def on_ray(manifest: Path, rows: int, folder: Path, repeat: int) -> None:
    """Two Ray workers against two local threads; starting the cluster is not counted."""
    import ray

    from curate.environment.ray_tasks import Cluster
    from curate.profiles.run import profile_into
    from curate.scale.array import job_of
    from curate.scale.cluster import _measure
    from curate.scale.parts import Pieces, measure_piece

    parts = manifest.parent / f"{manifest.stem}-16"
    if not parts.exists():
        parts.mkdir()
        split = ["split", "-n", "l/16", "-d", "--additional-suffix=.jsonl"]
        subprocess.run([*split, str(manifest), str(parts / "p")], check=True)
    names = [str(parts / "*.jsonl")]
    begun = time.perf_counter()
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    started = time.perf_counter() - begun
    merge_s: list[float] = []

    def cluster() -> None:
        pieces = Path(tempfile.mkdtemp(dir=folder))
        job = job_of(ProfileRequest(manifests=names), pieces)
        assert not _measure(Cluster(ray, lambda note: None), job, list(range(16)), measure_piece)
        begun = time.perf_counter()
        profile_into(job.plan, folder, engine=lambda _: Pieces(job))
        merge_s.append(time.perf_counter() - begun)
        shutil.rmtree(pieces)

    cluster()
    took = best({"ray": cluster, "local": partial(write_profile, names, folder)}, repeat)
    ray.shutdown()
    clock = took["ray"].clock / took["local"].clock
    detail = (
        f"{took['ray'].clock:.2f} s, {min(merge_s):.2f} s of it the merge, "
        f"local {took['local'].clock:.2f} s, start {started:.1f} s, {rows:,} rows in 16 manifests"
    )
    row("Ray, two workers, against local", clock, "<= 1.25", detail)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--only", default="", help="benches by name, separated by commas")
    given = parser.parse_args(arguments)
    given.work.mkdir(parents=True, exist_ok=True)
    manifest = make(given.work / f"rows{given.rows}.jsonl", given.rows)
    benches: dict[str, Callable[[Path], None]] = {
        "parse": lambda folder: parse_ratio(manifest, given.rows, folder, given.repeat),
        "threads": lambda folder: second_thread(manifest, given.rows, folder, given.repeat),
        "files": lambda folder: small_files(manifest, given.rows, folder, given.repeat),
        "cache": lambda folder: from_cache(manifest, given.rows, folder, given.repeat),
        "pairs": lambda folder: pairs(given.work, min(given.rows, 200_000), given.repeat),
        "ray": lambda folder: on_ray(manifest, given.rows, folder, given.repeat),
    }
    print("| what | measured | asked for | how |\n|---|---|---|---|")
    for name in given.only.split(",") if given.only else benches:
        with tempfile.TemporaryDirectory(dir=given.work) as folder:
            whole_profile(make(given.work / "warm.jsonl", 1000), Path(folder))
            benches[name](Path(folder))


if __name__ == "__main__":
    main()
