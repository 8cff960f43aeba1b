"""What `curate select --toward` gains: `python -m benchmarks.select_target FOLDER [--rows N]`.

FOLDER has earnings21_dev.jsonl (company calls) and whisper_aapb_dev.jsonl (television news). Of one
domain two recordings are the target and two others are kept for measuring; of all the rest hours
are chosen toward the target, and as many at random (five seeds). Shown: how many of the kept words
the choice does not have (out of vocabulary), their perplexity by a bigram model of the choice
(Witten-Bell, open vocabulary of 20,000 words), and the share of hours that is of the domain. With
--rows, the time of a selection from so many synthetic rows toward 10,000 texts, too.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import curate
from benchmarks.corpus import make
from benchmarks.processes import console_script
from benchmarks.processes import measure as measure_command
from benchmarks.split import WORK
from curate.text import normalise

DOMAINS = {"calls": "earnings21_dev", "news": "whisper_aapb_dev"}
HOURS = (1.0, 2.0, 4.0)
SEEDS = range(5)
OPEN = 20_000
BEGIN = "<s>"
Record = dict[str, Any]


def words(record: Record) -> list[str]:
    """The words of a text, and where it begins."""
    return [BEGIN, *normalise(record["text"]).split()]


def measure(chosen: Sequence[Record], kept: Sequence[Record]) -> tuple[float, float]:
    """Share of the kept words that the choice lacks, and their perplexity by it."""
    pairs = Counter(pair for record in chosen for pair in pairwise(words(record)))
    single, before, kinds = Counter[str](), Counter[str](), Counter[str]()
    for (first, second), count in pairs.items():
        single[second] += count
        before[first] += count
        kinds[first] += 1
    total, lacking, logs = 0, 0, 0.0
    for record in kept:
        for first, second in pairwise(words(record)):
            as_word = (single[second] + 0.5) / (single.total() + 0.5 * OPEN)
            rest = kinds[first] / (before[first] + kinds[first]) if before[first] else 1.0
            seen = pairs[first, second] / before[first] if before[first] else 0.0
            logs -= math.log((1 - rest) * seen + rest * as_word)
            lacking += second not in single
            total += 1
    return lacking / total, math.exp(logs / total)


def read(path: Path) -> list[Record]:
    """The records of a manifest."""
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def write(path: Path, records: Sequence[Record]) -> Path:
    """A manifest of the records."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def choices(folder: Path, domain: str, kept: Sequence[Record]) -> Iterator[str]:
    """Rows of the table: the hours toward the domain's target, and those at random."""
    for hours in HOURS:
        figures: dict[str, list[tuple[float, float, float]]] = {"selected": [], "random": []}
        for seed in SEEDS:
            out = folder / f"out{hours:g}-{seed}"
            curate.select(folder / "p", out, hours=hours, toward=folder / "target.jsonl", seed=seed)
            for name, of in figures.items():
                chosen = read(out / f"{name}.jsonl")
                own = sum(each["duration"] for each in chosen if each["domain"] == domain)
                share = own / sum(each["duration"] for each in chosen)
                of.append((*measure(chosen, kept), share))
        for name, of in figures.items():
            lacking, perplexity, share = (mean(column) for column in zip(*of, strict=True))
            cells = f"{lacking:.1%} | {perplexity:.0f} | {share:.0%}"
            yield f"| {domain} | {hours:g} | {name} | {cells} |"


def compare(real: Path, domain: str) -> None:
    """The table of one domain."""
    records = [
        {**record, "domain": name}
        for name, stem in DOMAINS.items()
        for record in read(real / f"{stem}.jsonl")
    ]
    own = sorted({each["audio_filepath"] for each in records if each["domain"] == domain})
    target, kept = own[:2], own[2:4]
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        folder = Path(name)
        parts = {
            part: [each for each in records if (each["audio_filepath"] in paths) == is_in]
            for part, paths, is_in in (("target", target, True), ("kept", kept, True),
                                       ("pool", [*target, *kept], False))
        }  # fmt: skip
        for part, rows in parts.items():
            write(folder / f"{part}.jsonl", rows)
        curate.profile([folder / "pool.jsonl"], folder / "p")
        for row in choices(folder, domain, parts["kept"]):
            print(row, flush=True)


def time_of(rows: int) -> None:
    """What the whole command costs on synthetic rows, by a metric and toward a target."""
    manifest = make(WORK / f"rows{rows}.jsonl", rows)
    target = make(WORK / "rows10000.jsonl", 10_000)
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        curate.profile([manifest], Path(name) / "p")
        select = [
            str(console_script("curate")),
            "select",
            f"{name}/p",
            "--hours",
            f"{rows / 4000:g}",
        ]
        for option in (["--lowest", "char_rate"], ["--toward", str(target)]):
            cost = measure_command([*select, *option, "--quiet", "--out", f"{name}/o"])
            print(
                f"{rows:,} rows, {option[0]}: {cost.clock_s:.1f} s, {cost.processor_s:.1f} "
                f"processor s, {cost.anonymous_mib:,.0f} MiB"
            )


def main() -> None:
    """Both domains, and the time where it is wanted."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("real", type=Path)
    arguments.add_argument("--rows", type=int)
    chosen = arguments.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    print("| target | hours | choice | out of vocabulary | perplexity | of the domain |")
    print(f"|{'---|' * 6}")
    for domain in DOMAINS:
        compare(chosen.real, domain)
    if chosen.rows:
        time_of(chosen.rows)


if __name__ == "__main__":
    main()
