"""Splits of the same rows by us and by peers: `python -m benchmarks.split [ROWS] [--real FOLDER]`.

Beside ours: scikit-learn's StratifiedGroupKFold (20 folds: two for eval, three for test; once the
first ones, once those that come nearest to the hours), and
speakers assigned one after the other by clip counts, one clip a sentence, as Common Voice's
CorporaCreator does. Asked of all: 10 % of the clean hours for eval, 15 % for test, alike in strata,
so ours runs with alpha 1. Leaks are speakers and normalised texts that stand in two of train, eval
and test; TVD and KS are distances to all clean rows, by hours. Of those, and of the number of equal
speakers that would weigh as much, the worse of eval and test is shown.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.model_selection import StratifiedGroupKFold

from benchmarks.corpus import make
from benchmarks.memory import watch
from curate.manifest.audio_files import segment_key
from curate.rules.file import load_rules
from curate.rules.routes import POOL, route
from curate.splits import AllocationOptions, SplitRequest, Targets, split_profile
from curate.splits.balance import balance
from curate.splits.leaks import leaks
from curate.splits.strata import duration_bin, number_strata
from tests.profiling import write_profile as profile

WORK = Path(tempfile.gettempdir()) / "curate-bench"
SHARES = {"eval": 0.10, "test": 0.15}
PROPORTIONAL = AllocationOptions(alpha=1.0, floor_s=0.0)
FOLDS = {"eval": slice(0, 2), "test": slice(2, 5)}


def folds_of(rows: pl.DataFrame) -> list[npt.NDArray[np.intp]]:
    """Folds of groups with class counts alike."""
    groups = rows["who"].rank("dense").to_numpy()
    folds = StratifiedGroupKFold(n_splits=20, shuffle=True, random_state=0)
    strata = rows["stratum"].to_numpy()
    with warnings.catch_warnings(action="ignore"):
        return [test for _, test in folds.split(strata, strata, groups)]


def first_folds(rows: pl.DataFrame) -> pl.Series:
    """StratifiedGroupKFold as one uses it: two folds for eval, the next three for test."""
    folds = folds_of(rows)
    return _named(rows, {name: folds[part] for name, part in FOLDS.items()})


def nearest_folds(rows: pl.DataFrame) -> pl.Series:
    """The same, with those folds for eval, and then for test, that come nearest to the hours."""
    folds = folds_of(rows)
    us = rows["duration_us"].to_numpy()
    lengths = np.array([us[fold].sum() for fold in folds])
    left, chosen = list(range(len(folds))), {}
    for name, part in FOLDS.items():
        due = SHARES[name] * us.sum()
        many = part.stop - part.start
        best = min(combinations(left, many), key=lambda some: abs(lengths[list(some)].sum() - due))
        left = [fold for fold in left if fold not in best]
        chosen[name] = [folds[fold] for fold in best]
    return _named(rows, chosen)


def _named(rows: pl.DataFrame, chosen: Mapping[str, Sequence[npt.NDArray[np.intp]]]) -> pl.Series:
    split = np.full(rows.height, "train", object)
    for name, folds in chosen.items():
        split[np.concatenate(folds)] = name
    return pl.Series("split", split.tolist())


def corpora_creator(rows: pl.DataFrame) -> pl.Series:
    """One clip a sentence; speakers with few clips to test, then to dev, as long as they fit."""
    once = rows.with_row_index("at").unique("normal_key", keep="first", maintain_order=True)
    sizes = {name: int(share * once.height) for name, share in SHARES.items()}
    place: dict[str, str] = {}
    counts = once.group_by("who").len().sort("len", "who")
    for who, count in counts.iter_rows():
        name = next((n for n in ("test", "eval") if count <= sizes[n]), "train")
        if name != "train":
            sizes[name] -= count
        place[who] = name
    assigned = once.select("at", pl.col("who").replace_strict(place).alias("split"))
    joined = rows.with_row_index("at").join(assigned, on="at", how="left", maintain_order="left")
    return joined["split"].fill_null("dropped")


def split_by_curate(
    rows: pl.DataFrame, profiled: Path, allocation: AllocationOptions = PROPORTIONAL
) -> tuple[pl.Series, float]:
    """Our split of the profile, outputs, near-duplicates and certificate included; and seconds."""
    clean_s = float(rows["duration_us"].sum()) / 1e6
    sizes = {name: share * clean_s for name, share in SHARES.items()}
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        begun = time.perf_counter()
        targets = Targets(sizes, allocation)
        split_profile(profiled, Path(folder), SplitRequest(targets=targets, by=["lang"]))
        seconds = time.perf_counter() - begun
        lock = pl.read_parquet(Path(folder) / "splits.lock.parquet", columns=["verdict", "split"])
        return lock.filter(pl.col("verdict") == "clean")["split"], seconds


@dataclass(frozen=True, slots=True)
class Figures:
    """What a split is like: see the module."""

    leaking_speakers: int
    leaking_texts: int
    miss: float
    lost: float
    strata_tvd: float
    duration_ks: float
    rate_ks: float
    effective_speakers: float


def figures_of(rows: pl.DataFrame, split: pl.Series) -> Figures:
    """The figures of a split of these rows."""
    rows = rows.with_columns(split.alias("split"))
    sides = ["train", *SHARES]
    counted = leaks(rows, sides, ["speaker"])
    count = {
        kind: sum(each.count or 0 for each in counted if each.kind == kind)
        for kind in ("speaker", "text")
    }
    available = np.zeros(int(rows["stratum"].to_numpy().max()) + 1)
    np.add.at(available, rows["stratum"].to_numpy(), rows["duration_us"].to_numpy() / 1e6)
    due = {name: share * available for name, share in SHARES.items()}
    far = balance(rows, due, available)
    worst = {
        key: max(
            (each.ks or each.tvd or 0.0 for each in far if each.covariate == key),
            default=1.0,  # nothing in it
        )
        for key in ("strata", "duration_s", "char_rate")
    }
    hours = rows.group_by("split").agg(pl.col("duration_us").sum() / 3.6e9)
    got: Mapping[str, float] = dict(hours.iter_rows())
    whole = float(available.sum()) / 3600
    miss = max(abs(got.get(n, 0.0) / (share * whole) - 1) for n, share in SHARES.items())
    lost = 1 - sum(got.get(side, 0.0) for side in sides) / whole
    return Figures(
        count["speaker"], count["text"], miss, lost,
        worst["strata"], worst["duration_s"], worst["char_rate"], _speakers(rows),
    )  # fmt: skip


def table_row(name: str, rows: pl.DataFrame, split: pl.Series, seconds: float) -> str:
    """A row of the table."""
    of = figures_of(rows, split)
    cells = [
        name, f"{seconds:.2f}", str(of.leaking_speakers), str(of.leaking_texts), f"{of.miss:.1%}",
        f"{of.lost:.1%}", f"{of.strata_tvd:.3f}", f"{of.duration_ks:.3f}", f"{of.rate_ks:.3f}",
        f"{of.effective_speakers:.1f}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _speakers(rows: pl.DataFrame) -> float:
    """Speakers that eval or test is worth, the fewer: as many equal ones would weigh as much."""
    hours = rows.group_by("split", "who").agg(pl.col("duration_us").sum().cast(pl.Float64))
    effective = hours.group_by("split").agg(
        pl.col("duration_us").sum() ** 2 / (pl.col("duration_us") ** 2).sum()
    )
    return min((value for name, value in effective.iter_rows() if name in SHARES), default=0.0)


def clean_rows(profiled: Path) -> pl.DataFrame:
    """The rows of a profile that may be drawn, with `who` speaks and their stratum."""
    names = ["lang", "speaker", "duration_us", "char_rate", "normal_key", "audio_key", "verdict"]
    columns = sorted({*names, *segment_key().meta.root_names()})
    rows = pl.read_parquet(profiled / "records.parquet", columns=columns)
    rows = rows.with_columns(
        route(),
        duration_bin(),
        pl.coalesce("speaker", pl.col("recording_key").cast(pl.String)).alias("who"),
    )
    rows, _ = number_strata(rows, ["lang", "duration_bin"])
    return rows.filter(pl.col("route") == POOL)


def compare(label: str, profiled: Path, peers: bool) -> None:
    """One table for one profile."""
    rows = clean_rows(profiled)
    print(f"\n{label}: {rows.height:,} clean rows, {rows['who'].n_unique():,} groups\n")
    print("| split by | s | speakers on two sides | texts on two sides | hours off by | hours lost "
          "| strata TVD | duration KS | rate KS | speakers worth |")  # fmt: skip
    print(f"|{'---|' * 10}")
    with watch() as peak:
        split, seconds = split_by_curate(rows, profiled)
        print(table_row("asr-curate", rows, split, seconds), flush=True)
    for name, peer in (("StratifiedGroupKFold", first_folds),
                       ("StratifiedGroupKFold, by hours", nearest_folds),
                       ("per speaker, one clip a sentence", corpora_creator)):  # fmt: skip
        if peers and rows["who"].n_unique() >= 20:
            begun = time.perf_counter()
            try:
                split = peer(rows)
            except ValueError as error:
                print(f"| {name} | refuses: {error} |{' |' * 8}")
                continue
            print(table_row(name, rows, split, time.perf_counter() - begun), flush=True)
    print(f"\nours used {peak.mib:,.0f} MiB of anonymous memory")


def main() -> None:
    """Tables for generated rows, and for every manifest of a folder of real ones."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rows", type=int, nargs="?", default=1_000_000)
    arguments.add_argument("--real", type=Path, help="a folder of manifests with speakers")
    arguments.add_argument("--no-peers", action="store_true")
    chosen = arguments.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    manifests = sorted(chosen.real.glob("*.jsonl")) if chosen.real else []
    if not manifests:
        manifests = [make(WORK / f"rows{chosen.rows}.jsonl", chosen.rows)]
    for manifest in manifests:
        compare(manifest.stem, profile_of(manifest), not chosen.no_peers)


def profile_of(manifest: Path) -> Path:
    """The profile of a manifest, made at the first call."""
    profiled = WORK / f"profile-{manifest.stem}"
    if not (profiled / "profile.json").exists():
        profiled.mkdir(parents=True, exist_ok=True)
        profile([str(manifest)], profiled, load_rules(None))
    return profiled


if __name__ == "__main__":
    main()
