"""How little time a profile could take: `python -m benchmarks.floor [ROWS]`.

Processor time of compiled code alone that no profile can do without: the kernels, which read and
prove lines, count texts, evaluate conditions and count bins, and Polars' writing of the records.
All Python, NumPy, strings, groups, quantiles and the page are left out, as if they took none.
Shared perfectly by all processors, that is the least time; beside it stands what Polars takes to
parse the same lines and no more. What today's summing up takes (groups, quantiles, strata,
duplicates: nearly all of it is Polars, NumPy and kernels) is added in a second bound, which is none
of all designs. The machine is to be quiet.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl

import curate.native
from benchmarks.corpus import make
from benchmarks.profile import WORK, parse_only, timed
from curate.environment.execution import Execution
from curate.profiles import concluded
from curate.profiles.measure.records import write_records
from curate.profiles.measure.row_groups import Rows, write_table
from curate.profiles.records_table import ROW_GROUP
from curate.profiles.request import ProfileRequest
from curate.profiles.run import profile_into

REPEAT = 3
HELD_ROWS = 2 * ROW_GROUP
"""Rows of a table that is in memory, and written."""


class Clock:
    """Seconds of processor."""

    s = 0.0


@contextmanager
def kernels_timed() -> Iterator[Clock]:
    """The time within compiled kernels, on any thread, of what the block does."""
    clock, plain = Clock(), curate.native._Kernel.__call__

    def call(kernel: Any, *arguments: Any) -> Any:
        begun = time.thread_time()
        try:
            return plain(kernel, *arguments)
        finally:
            clock.s += time.thread_time() - begun

    with patch.object(curate.native._Kernel, "__call__", call):
        yield clock


def kernels_s(manifest: Path, records: Path) -> float:
    """Seconds within kernels for all lines of a manifest, whose records are written."""
    plan = ProfileRequest(manifests=[str(manifest)]).resolve()
    with kernels_timed() as clock:
        write_records(plan, records, Execution(threads=1))
    return clock.s


def writing_s(rows: pl.DataFrame, path: Path) -> float:
    """Seconds of processors for writing rows of a records table."""
    begun = time.process_time()
    write_table([Rows(rows, [("manifest", rows.height)])], dict(rows.schema), path)
    return time.process_time() - begun


def summing_s(manifest: Path, folder: Path) -> float:
    """Seconds of processors from the last record written to the summary."""
    clock, plain = Clock(), concluded.conclude

    def timed_conclude(*arguments: Any) -> Any:
        begun = time.process_time()
        try:
            return plain(*arguments)
        finally:
            clock.s = time.process_time() - begun

    with patch.object(concluded, "conclude", timed_conclude):
        profile_into(ProfileRequest(manifests=[str(manifest)]).resolve(), folder)
    return clock.s


def least(what: Callable[[], float]) -> float:
    """The least of several."""
    return min(what() for _ in range(REPEAT))


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rows", type=int, nargs="?", default=1_000_000)
    count = arguments.parse_args().rows
    WORK.mkdir(parents=True, exist_ok=True)
    manifest = make(WORK / f"rows{count}.jsonl", count)
    processors = os.cpu_count() or 1
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        records, again = Path(folder) / "records.parquet", Path(folder) / "again.parquet"
        kernels = least(lambda: kernels_s(manifest, records))
        held = pl.read_parquet(records, n_rows=HELD_ROWS).rechunk()
        writing = least(lambda: writing_s(held, again)) * count / held.height
        summing = least(lambda: summing_s(manifest, Path(folder)))
    parse = least(lambda: timed(lambda: parse_only(manifest), count))
    bound = (kernels + writing) / processors
    with_summing = bound + summing / processors
    print(f"{count:,} rows, {processors} processors")
    print(f"kernels, processor s         {kernels:6.2f}")
    print(f"writing records, processor s {writing:6.2f}")
    print(f"both, shared perfectly, s    {bound:6.2f}")
    print(f"summing up, processor s      {summing:6.2f}")
    print(f"all three, shared perfectly  {with_summing:6.2f}")
    print(f"parse-only (Polars), s       {parse:6.2f}")
    print(f"greatest ratio of rates      {parse / bound:6.2f}")
    print(f"the same with summing up     {parse / with_summing:6.2f}")


if __name__ == "__main__":
    main()
