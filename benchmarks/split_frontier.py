"""What balance costs: `python -m benchmarks.split_frontier FOLDER`, a folder of real manifests.

Each manifest is split by `curate split --prefer hours|balance|speakers` with several bounds of
held-out data, and by splitutils 0.4.3 (`pip install splitutils`) with its default of 30 trials a
set, three seeds, whole speakers, the same strata. Requested, and shown: as `benchmarks.split`; the
leaks are speakers and normalised texts in two splits together. A split of asr-curate without a
leak matches one of splitutils that has no smaller TVD, no smaller deviation of hours, and fewer
effective speakers; the last column of splitutils' rows names the first that does.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.split import SHARES, Figures, clean_rows, figures_of, profile_of, split_by_curate
from curate.errors import InputError
from curate.splits import AllocationOptions

BOUNDS = {"hours": (0.05,), "balance": (0.05, 0.10, 0.20), "speakers": (0.05, 0.10)}
SEEDS = (42, 0, 1)
"""splitutils' default, and two more."""


def splitutils(rows: pl.DataFrame, peer: Any, seed: int) -> pl.Series:
    """Its split by speakers. SystemExit where a stratum cannot be in all of train, eval and test,
    ValueError where there are too few speakers.
    """
    stratum = rows["stratum"].to_numpy()
    whole = np.arange(rows.height)
    _, evaluated, tested, _ = peer.optimize_traindevtest_split(
        X=whole, y=stratum.astype(float), split_on=rows["who"].rank("dense").to_numpy(),
        stratify_on={"stratum": stratum}, dev_size=SHARES["eval"], test_size=SHARES["test"],
        seed=seed,
    )  # fmt: skip
    split = np.full(rows.height, "train", object)
    split[evaluated], split[tested] = "eval", "test"
    return pl.Series("split", split.tolist())


def splits_of_curate(rows: pl.DataFrame, profiled: Path) -> Iterator[tuple[str, Figures, float]]:
    """Ours by each preference and bound of held-out data."""
    for prefer, bounds in BOUNDS.items():
        for bound in bounds:
            allocation = AllocationOptions(1.0, 0.0, max_held_out=bound, prefer=prefer)
            split, seconds = split_by_curate(rows, profiled, allocation)
            yield f"--prefer {prefer} --max-held-out {bound:.0%}", figures_of(rows, split), seconds


def splits_of_splitutils(rows: pl.DataFrame, peer: Any) -> Iterator[tuple[str, Figures, float]]:
    """Its split of each seed; none where it refuses, which is printed."""
    for seed in SEEDS:
        begun = time.perf_counter()
        try:
            split = splitutils(rows, peer, seed)
        except (SystemExit, ValueError) as error:
            print(f"| splitutils | refuses: {' '.join(str(error).split())[:60]} |{' |' * 6}")
            return
        seconds = time.perf_counter() - begun
        yield f"splitutils, seed {seed}", figures_of(rows, split), seconds


def matches(one: Figures, other: Figures) -> bool:
    """Whether a split without leaks is no worse than another in balance and hours, and has more
    effective speakers.
    """
    return (
        one.leaking_speakers + one.leaking_texts == 0
        and one.strata_tvd <= other.strata_tvd
        and one.miss <= other.miss
        and one.effective_speakers > other.effective_speakers
    )


def show(name: str, of: Figures, seconds: float, matched: str = "") -> None:
    """A row of the table."""
    cells = [
        name, f"{seconds:.1f}", str(of.leaking_speakers + of.leaking_texts), f"{of.miss:.2%}",
        f"{max(of.lost, 0.0):.1%}", f"{of.strata_tvd:.3f}", f"{of.effective_speakers:.1f}", matched,
    ]  # fmt: skip
    print(f"| {' | '.join(cells)} |", flush=True)


def compare(manifest: Path, peer: Any) -> None:
    """One table of one manifest; nothing where nothing can be drawn."""
    profiled = profile_of(manifest)
    rows = clean_rows(profiled)
    try:
        own = list(splits_of_curate(rows, profiled))
    except InputError as error:
        what, _, _ = str(error).partition("\n")
        print(f"\n{manifest.stem}: {what}")
        return
    print(f"\n{manifest.stem}: {rows.height:,} clean rows, {rows['who'].n_unique():,} speakers\n")
    print("| split by | s | leaks | deviation of hours | hours lost | strata TVD "
          "| effective speakers | matched by |")  # fmt: skip
    print(f"|{'---|' * 8}")
    for name, of, seconds in own:
        show(name, of, seconds)
    for name, of, seconds in splits_of_splitutils(rows, peer):
        matching = (own_name for own_name, one, _ in own if matches(one, of))
        show(name, of, seconds, next(matching, "none"))


def main() -> None:
    """A table for every manifest of a folder."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("real", type=Path, help="a folder of manifests with speakers")
    peer = importlib.import_module("splitutils")
    for manifest in sorted(arguments.parse_args().real.glob("*.jsonl")):
        compare(manifest, peer)


if __name__ == "__main__":
    main()
