"""The review server over HTTP: `python -m benchmarks.review [ROWS]`.

A profile of the bundled example, its rows repeated in a changed order, is served by `curate review`
itself; each kind of question is asked several times with other values, so that nothing is answered
from memory.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

import numpy as np
import polars as pl

from curate.rules.file import load_rules
from tests.profiling import write_profile

WORK = Path(tempfile.gettempdir()) / "curate-bench"
EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "speech" / "manifest.jsonl"
ROWS_AT_ONCE = 122_880


def large_profile(rows: int) -> Path:
    """A profile directory whose table has so many rows."""
    folder = WORK / f"review{rows}"
    if (folder / "profile.json").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    write_profile([str(EXAMPLE)], folder, load_rules(None))
    table = pl.read_parquet(folder / "records.parquet")
    rng = np.random.default_rng(0)
    pieces = -(-rows // ROWS_AT_ONCE)

    def piece(at: int) -> pl.LazyFrame:
        many = min(ROWS_AT_ONCE, rows - at * ROWS_AT_ONCE)
        numbers = pl.Series(rng.integers(0, table.height, many))
        spread = pl.Series(rng.normal(1, 0.05, many), dtype=pl.Float64)
        return table[numbers].lazy().with_columns(pl.col("char_rate") * spread)

    whole = pl.concat([piece(at) for at in range(pieces)])
    whole.sink_parquet(folder / "large", row_group_size=ROWS_AT_ONCE)
    (folder / "large").replace(folder / "records.parquet")
    return folder


class ReviewServer:
    """`curate review` in a process of its own, and how long it took to be ready."""

    def __init__(self, profile: Path) -> None:
        command = [str(Path(sys.executable).parent / "curate"), "review", str(profile)]
        log = str(profile / "overrides.jsonl")
        begun = time.perf_counter()
        self.run = subprocess.Popen(
            [*command, "--no-browser", "--overrides", log],
            stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert self.run.stderr is not None
        address = re.search(r"(http://\S+)/\?token=(\S+)", self.run.stderr.readline())
        assert address is not None
        self.ready_s = time.perf_counter() - begun
        self.address, self._cookie = address[1], f"curate_review={address[2]}"

    def ask(self, path: str) -> tuple[float, bytes]:
        """(seconds, answer) of one request."""
        request = urllib.request.Request(self.address + path, headers={"cookie": self._cookie})
        begun = time.perf_counter()
        with urllib.request.urlopen(request) as answer:
            content = answer.read()
        return time.perf_counter() - begun, content


def questions(times: int) -> dict[str, list[str]]:
    """Kinds of questions, each with other values."""

    def records(**parameters: object) -> str:
        return "/api/records?" + urllib.parse.urlencode(parameters)

    def kind(**parameters: str) -> list[str]:
        return [
            records(**{name: value.format(n) for name, value in parameters.items()})
            for n in range(times)
        ]

    return {
        "input order": kind(count="5{0}"),
        "deep in it": kind(after="[null, 4{0}00000]"),
        "verdict": kind(verdict="borderline", metric="duration_s", least="0.{0}"),
        "rule, by metric": kind(tag="bad:char_rate", metric="char_rate", most="1{0}00"),
        "language, by metric": kind(lang="de", metric="char_rate", least="{0}"),
        "speaker": kind(speaker="en0{0}", metric="words"),
        "metric range": kind(metric="char_rate", least="1{0}", most="1{0}.5", order="up"),
        "not decided yet": kind(decided="no", metric="chars", least="{0}"),
    }


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rows", type=int, nargs="?", default=5_000_000)
    arguments.add_argument("--times", type=int, default=9)
    options = arguments.parse_args()
    server = ReviewServer(large_profile(options.rows))
    try:
        server.ask("/")
        print(f"{options.rows:,} rows; ready to answer after {server.ready_s:.1f} s")
        print("| question | median ms | worst ms |\n|---|---|---|")
        for name, paths in questions(options.times).items():
            taken = [1000 * server.ask(path)[0] for path in paths]
            print(f"| {name} | {statistics.median(taken):.0f} | {max(taken):.0f} |")
        row = json.loads(server.ask("/api/records?verdict=clean&count=1")[1])["records"][0]["row"]
        for name in ("", "/audio", "/spectrogram"):
            taken = [
                1000 * server.ask(f"/api/records/{row}{name}")[0] for _ in range(options.times)
            ]
            name = f"one record{name.replace('/', ': ')}"
            print(f"| {name} | {statistics.median(taken):.0f} | {max(taken):.0f} |")
    finally:
        server.run.terminate()
        server.run.wait()


if __name__ == "__main__":
    main()
