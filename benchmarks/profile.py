"""Profile against parse-only, in one run on the same rows: `python benchmarks/profile.py [ROWS]`.

Parse-only is what any tool must do at least: Polars scans the lines and decodes three fields.
The whole profile reads, proves every line, measures, judges, writes Parquet, and summarises.
Runs are interleaved, and the best of each is compared: the machine's noise only ever adds.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks.corpus import make
from benchmarks.memory import watch
from curate.rules.file import load_rules
from tests.profiling import write_profile as profile

WORK = Path(tempfile.gettempdir()) / "curate-bench"
FIELDS = pl.Struct({"audio_filepath": pl.String, "duration": pl.Float64, "text": pl.String})


def parse_only(path: Path) -> int:
    """Rows, their hours and characters, by Polars alone."""
    decoded = pl.col("line").str.json_decode(FIELDS).alias("record")
    sums = (
        pl.scan_lines(path)
        .select(decoded)
        .unnest("record")
        .select(pl.len(), pl.col("duration").sum(), pl.col("text").str.len_bytes().sum())
        .collect(engine="streaming")
    )
    return int(sums["len"][0])


def whole_profile(path: Path, folder: Path) -> int:
    """Rows, by a whole profile into `folder`."""
    content = profile([str(path)], folder, load_rules(None))
    return content.totals.rows


def timed(what: Callable[[], int], rows: int) -> float:
    """Seconds; the result is checked, so that nothing was left out."""
    begun = time.perf_counter()
    assert what() == rows
    return time.perf_counter() - begun


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rows", type=int, nargs="?", default=1_000_000)
    arguments.add_argument("--repeat", type=int, default=5)
    arguments.add_argument("--work", type=Path, default=WORK)
    chosen = arguments.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    manifest = make(chosen.work / f"rows{chosen.rows}.jsonl", chosen.rows)
    size = manifest.stat().st_size
    with tempfile.TemporaryDirectory(dir=chosen.work) as name:
        folder = Path(name)
        whole_profile(make(chosen.work / "warm.jsonl", 1000), folder)  # compiles, imports
        parses, profiles = [], []
        with watch() as peak:
            for _ in range(chosen.repeat):
                parses.append(timed(lambda: parse_only(manifest), chosen.rows))
                profiles.append(timed(lambda: whole_profile(manifest, folder), chosen.rows))
        with watch() as single:
            whole_profile(manifest, folder)
    parse, whole = min(parses), min(profiles)
    print(f"{chosen.rows:,} rows, {size / 1e6:.0f} MB, {os.cpu_count()} processors")
    for label, seconds in (("parse-only (Polars)", parse), ("whole profile", whole)):
        print(f"{label:22} {seconds:7.2f} s {size / seconds / 1e6:8.0f} MB/s")
    print(f"{'ratio of rates':22} {parse / whole:7.2f}")
    print(f"{'anonymous memory':22} {single.mib:7.0f} MiB (peak of both: {peak.mib:.0f})")


if __name__ == "__main__":
    main()
