"""Whole commands as a person waits for them, beside other tools: from Enter to the prompt.

    .venv/bin/python -m benchmarks.commands --rows 100 100000
    .venv/bin/python -m benchmarks.commands --write      README, its picture, results.md

Each run is a process of its own, imports and page included: clock, processor time and anonymous
memory of it and its children. Runs are interleaved on the same file; the table has medians of
--repeat runs, of one where one takes more than ten seconds. The states are those of `State`; other
tools run warm alone, those that would take many minutes on up to a million rows alone. --write is
for a quiet machine: it takes about ten minutes, after the manifests were made once.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from benchmarks.command_figures import (
    PROFILE,
    QUIET,
    Figure,
    Figures,
    State,
    readme_lines,
    result_lines,
)
from benchmarks.corpus import make
from benchmarks.cuts import write_cuts
from benchmarks.processes import (
    ROOT,
    Cost,
    console_script,
    drop_pages,
    installed_files,
    measure,
    resident_share,
)

STATES: tuple[State, ...] = ("first", "cold", "warm")
SIZES = (100, 100_000, 1_000_000, 5_000_000)
LONG_S = 10.0
"""A command that takes longer runs once."""
WORK = Path(tempfile.gettempdir()) / "curate-bench"
QUERY = "SELECT lang, count(*), sum(duration_s) FROM records GROUP BY lang ORDER BY lang"
LHOTSE = "Lhotse cut describe"
PACKAGES = ("polars", "duckdb", "pandas", "lhotse", "joblib")


@dataclass(frozen=True)
class Place:
    """Where the runs on one size happen: the manifest, its cuts, and directories of results."""

    rows: int
    manifest: Path
    folder: Path

    @property
    def cuts(self) -> Path:
        """The manifest as Lhotse's cuts."""
        return self.folder / "cuts.jsonl"

    @property
    def profile(self) -> Path:
        """The profile that commands read."""
        return self.folder / "profile"

    @property
    def split(self) -> Path:
        """Where a split goes."""
        return self.folder / "split"

    @property
    def targets(self) -> list[str]:
        """20 and 30 hours, or what a small corpus has."""
        seconds = {"--eval": min(72_000, 0.3 * self.rows), "--test": min(108_000, 0.45 * self.rows)}
        return [word for name, size in seconds.items() for word in (name, f"{size:.0f}s")]


Words = Sequence[str | Path]
Line = Callable[[Place], Words]


@dataclass(frozen=True)
class Command:
    """A command line at a place. `fresh` is a directory that is removed before each run."""

    name: str
    words: Line
    fresh: Callable[[Place], Path] | None = None
    peer: bool = False
    most_rows: int = SIZES[-1]


def curate(words: Line) -> Line:
    return lambda place: [console_script("curate"), *words(place)]


def script(name: str) -> Line:
    """A script of benchmarks/peers.py."""
    python = [sys.executable, "-m", "benchmarks.peers", name]
    return lambda place: [*python, place.manifest, place.folder]


def peer(name: str, words: Line, most_rows: int = 1_000_000) -> Command:
    return Command(name, words, peer=True, most_rows=most_rows)


COMMANDS = (
    Command("curate --help", curate(lambda at: ["--help"])),
    Command(
        PROFILE,
        curate(lambda at: ["profile", at.manifest, "--out", at.profile]),
        fresh=lambda at: at.profile,
    ),
    Command(
        "curate profile, unchanged",
        curate(lambda at: ["profile", at.manifest, "--out", at.profile]),
    ),
    Command(
        "curate profile --no-cache",
        curate(lambda at: ["profile", at.manifest, "--out", at.profile, "--no-cache"]),
    ),
    Command("curate head", curate(lambda at: ["head", at.profile])),
    Command("curate query", curate(lambda at: ["query", QUERY, at.profile])),
    Command(
        "curate rules explain",
        curate(lambda at: ["rules", "explain", "--profile", at.profile, f"{at.manifest}:17"]),
    ),
    Command("curate rules what-if", curate(lambda at: ["rules", "what-if", at.profile])),
    Command(
        "curate split",
        curate(lambda at: ["split", at.profile, "--out", at.split, *at.targets]),
        fresh=lambda at: at.split,
    ),
    peer("DuckDB, by hand (two metrics)", script("duckdb"), SIZES[-1]),
    peer("Polars, by hand", script("polars"), SIZES[-1]),
    peer("Polars, Python function", script("polars-function")),
    peer("Speech Data Explorer", script("explorer")),
    peer("pandas", script("pandas")),
    peer(LHOTSE, lambda at: [console_script("lhotse"), "cut", "describe", at.cuts]),
    peer("Speech Data Processor", script("processor")),
)


@dataclass
class Bench:
    """The runs so far, by command, rows and state; how much of an input a cold run found cached."""

    repeat: int
    costs: dict[tuple[Command, int, State], list[Cost]] = field(default_factory=dict)
    resident_share: float | None = None
    installed: list[Path] = field(default_factory=installed_files)

    def run_size(self, place: Place, commands: Sequence[Command], states: Sequence[State]) -> None:
        """All runs on one manifest, in turns; other tools run warm alone."""
        chosen = [command for command in commands if place.rows <= command.most_rows]
        if any(command.name == LHOTSE for command in chosen):
            write_cuts(place.manifest, place.cuts)
        if not any(command.name == PROFILE for command in chosen):
            measure(COMMANDS[1].words(place))  # the others read it
        for _ in range(self.repeat):
            for state in states:
                for command in chosen:
                    if state == "warm" or not command.peer:
                        self.run(command, place, state)

    def run(self, command: Command, place: Place, state: State) -> None:
        """One more run, unless one took long."""
        costs = self.costs.setdefault((command, place.rows, state), [])
        if costs and costs[0].clock_s > LONG_S:
            return
        if command.fresh:
            shutil.rmtree(command.fresh(place), ignore_errors=True)
        if state != "warm":
            self.make_cold(place)
        with tempfile.TemporaryDirectory(dir=place.folder) as bytecode:
            first = {"PYTHONPYCACHEPREFIX": bytecode} if state == "first" else {}
            costs.append(measure(command.words(place), first))
        note = f"{place.rows:>9,} {state:5} {command.name:30} {costs[-1].clock_s:8.2f} s\n"
        sys.stderr.write(note)

    def make_cold(self, place: Place) -> None:
        """Drop the pages of everything that a run reads."""
        os.sync()
        drop_pages([*self.installed, place.manifest, place.profile])
        if (share := resident_share(place.manifest)) is not None:
            self.resident_share = max(self.resident_share or 0.0, round(share, 3))

    def figures(self) -> Iterator[Figure]:
        """Medians, in the order of the runs."""
        for (command, rows, state), costs in self.costs.items():
            clock_s, processor_s, mib = map(statistics.median, zip(*costs, strict=True))
            yield Figure(
                command=command.name, peer=command.peer, rows=rows, state=state, runs=len(costs),
                clock_s=round(clock_s, 3), processor_s=round(processor_s, 3),
                anonymous_mib=round(mib, 1),
            )  # fmt: skip


def measure_all(
    sizes: Sequence[int],
    commands: Sequence[Command],
    repeat: int,
    states: Sequence[State] = STATES,
) -> Figures:
    """Every size, the smallest first; first runs are of the smallest."""
    load, bench = os.getloadavg()[0], Bench(repeat)
    if load > QUIET:
        sys.stderr.write(f"the machine is not quiet: load {load:.1f}\n")
    for rows in sorted(sizes):
        manifest = make(WORK / f"rows{rows}.jsonl", rows)
        with tempfile.TemporaryDirectory(dir=WORK) as folder:
            chosen = [state for state in states if state != "first" or rows == min(sizes)]
            bench.run_size(Place(rows, manifest, Path(folder)), commands, chosen)
    return Figures(
        processors=os.cpu_count() or 1,
        machine=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        load=round(load, 2),
        resident_share=bench.resident_share,
        versions={name: version(name) for name in PACKAGES},
        figures=tuple(bench.figures()),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES)
    parser.add_argument("--only", nargs="+", default=[""], help="commands with this in their name")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--states", nargs="+", choices=STATES, default=STATES)
    parser.add_argument("--write", action="store_true", help="commands.json, README, the picture")
    options = parser.parse_args()
    whole = (SIZES, STATES, [""])
    if options.write and (tuple(options.rows), tuple(options.states), options.only) != whole:
        parser.error("--write takes all sizes, states and commands")
    WORK.mkdir(parents=True, exist_ok=True)
    chosen = [each for each in COMMANDS if any(part in each.name for part in options.only)]
    figures = measure_all(options.rows, chosen, options.repeat, options.states)
    print("\n".join([*result_lines(figures), *readme_lines(figures)]))
    if options.write:
        figures.write()
        subprocess.run([sys.executable, ROOT / "docs" / "generate.py"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
