"""What-if against a bare scan of the same columns: `python -m benchmarks.whatif [ROWS]`.

The scan is what any tool must do at least: Polars reads the columns that the default rules name and
sums each. What-if judges every row by every rule and counts what each limit would catch at each
threshold. Runs are interleaved, and the best of each is compared: the machine's noise only adds.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import polars.selectors as cs

from benchmarks.corpus import make
from benchmarks.profile import WORK
from curate.rules.file import load_rules
from curate.whatif import what_if
from curate.whatif.sweep import sweep
from curate.whatif.threshold_grid import threshold_grids
from tests.profiling import write_profile


def profiled(work: Path, rows: int) -> Path:
    """A profile of a made manifest, kept for the next run."""
    folder = work / f"profile{rows}"
    if not (folder / "profile.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        manifest = make(work / f"rows{rows}.jsonl", rows)
        write_profile([str(manifest)], folder, load_rules(None))
    return folder


def bare_scan(records: Path) -> int:
    """Rows; every column that what-if needs is read and summed."""
    names = [*load_rules(None).names, "duration_us"]
    plan = pl.scan_parquet(records).select(*names)
    numbers = cs.numeric() | cs.boolean()
    sums = plan.select(numbers.sum(), rows=pl.len()).collect()
    return int(sums["rows"][0])


def timed(what: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rows", type=int, nargs="?", default=1_000_000)
    arguments.add_argument("--repeat", type=int, default=5)
    arguments.add_argument("--work", type=Path, default=WORK)
    chosen = arguments.parse_args()
    folder, rules = profiled(chosen.work, chosen.rows), load_rules(None)
    records, steps = folder / "records.parquet", threshold_grids(rules)
    sweep(records, rules, steps)  # compiles, imports
    kinds: dict[str, Callable[[], object]] = {
        "bare scan (Polars)": lambda: bare_scan(records),
        "what-if, computing": lambda: sweep(records, rules, steps),
        "what-if, with examples": lambda: what_if(folder, rules),
    }
    best = dict.fromkeys(kinds, float("inf"))
    for _ in range(chosen.repeat):
        for name, what in kinds.items():
            best[name] = min(best[name], timed(what))
    print(f"{chosen.rows:,} rows, {len(steps)} limits, {os.cpu_count()} processors")
    for name, seconds in best.items():
        print(f"{name:24} {seconds:6.2f} s {seconds / best['bare scan (Polars)']:6.1f} x the scan")


if __name__ == "__main__":
    main()
