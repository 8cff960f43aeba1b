"""How near each split is to what it should be like: KS and TVD against the target, not the pool.

The target of a split is the clean pool with each stratum weighted by what is due of it: with
alpha below 1 a good split must differ from the pool.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import DURATION_US
from curate.rules.routes import POOL
from curate.splits.lock import STRATUM
from curate.splits.strata import GENDER

Json = dict[str, object]
Floats = npt.NDArray[np.float64]

_STEPS = 64
"""Steps per octave of the distributions that KS compares: 1 %."""


def balance(rows: pl.DataFrame, due_s: Mapping[str, Floats], available_s: Floats) -> list[Json]:
    """For each covariate and split, its distance from the target, by hours: 0 alike, 1 disjoint."""
    pool = rows.filter(pl.col("route") == POOL)
    found: list[Json] = []
    for name, due in due_s.items():
        inside = (pool["split"] == name).to_numpy()
        if not inside.any() or not due.any():
            continue
        us = pool[DURATION_US.name].to_numpy().astype(np.float64)
        share = np.divide(due, available_s, out=np.zeros_like(due), where=available_s > 0)
        wanted, got = us * share[pool[STRATUM.name].to_numpy()], np.where(inside, us, 0.0)
        found.append(_entry("strata", name, tvd=_tvd(pool[STRATUM.name], wanted, got)))
        found += [
            _entry(covariate, name, ks=_ks(pool[column], wanted, got))
            for covariate, column in (("duration_s", DURATION_US.name), ("char_rate", "char_rate"))
        ]
        if GENDER in pool.columns and pool[GENDER].null_count() < pool.height:
            codes = pool[GENDER].rank("dense").fill_null(0)
            found.append(_entry(GENDER, name, tvd=_tvd(codes, wanted, got)))
    return sorted(found, key=lambda each: str(each["covariate"]))


def shares(rows: pl.DataFrame, names: Sequence[str]) -> dict[str, Json]:
    """How many groups a split is worth (1 over the sum of squared shares), and its largest."""
    hours = (
        rows.filter(pl.col("split").is_in(list(names)))
        .group_by("split", "group")
        .agg(pl.col(DURATION_US.name).sum().alias("us"))
    )
    found: dict[str, Json] = {}
    for name in names:
        us = np.sort(hours.filter(pl.col("split") == name)["us"].to_numpy()).astype(np.float64)
        if us.size:
            share = us / us.sum()
            found[name] = {
                "effective_groups": round(float(1 / (share**2).sum()), 2),
                "largest_share": round(float(share[-1]), 4),
            }
    return found


def _entry(covariate: str, split: str, ks: float | None = None, tvd: float | None = None) -> Json:
    return {
        "covariate": covariate,
        "split": split,
        **({} if ks is None else {"ks": round(ks, 4)}),
        **({} if tvd is None else {"tvd": round(tvd, 4)}),
    }


def _ks(values: pl.Series, wanted: Floats, got: Floats) -> float:
    """Greatest distance between the two distributions of positive values; others count as none."""
    found = values.cast(pl.Float64).to_numpy()
    known = np.isfinite(found) & (found > 0)
    steps = np.zeros(found.size, np.int64)
    steps[known] = np.floor(np.log2(found[known]) * _STEPS)
    steps -= steps[known].min(initial=0)
    parts = [np.bincount(steps[known], weights[known]) for weights in (wanted, got)]
    if not all(part.sum() > 0 for part in parts):
        return 0.0
    sums = [np.cumsum(part) / part.sum() for part in parts]
    return float(np.abs(sums[0] - sums[1]).max())


def _tvd(codes: pl.Series, wanted: Floats, got: Floats) -> float:
    """Half the sum of the differences between the shares of each class."""
    places = codes.cast(pl.Int64).to_numpy()
    parts = [np.bincount(places, weights) for weights in (wanted, got)]
    return float(np.abs(parts[0] / parts[0].sum() - parts[1] / parts[1].sum()).sum() / 2)
