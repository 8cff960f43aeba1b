"""How near each split is to what it should be like: KS and TVD against the target, not the pool.

The target of a split is the clean pool with each stratum weighted by what is due of it: with
alpha below 1 a good split must differ from the pool.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import DURATION_US
from curate.artifacts.split import Balance
from curate.rules.routes import POOL
from curate.splits.lock import STRATUM
from curate.splits.strata import GENDER

Floats = npt.NDArray[np.float64]

_STEPS = 64
"""Steps per octave of the distributions that KS compares: 1 %."""


def balance(
    rows: pl.DataFrame, due_s: Mapping[str, Floats], available_s: Floats
) -> tuple[Balance, ...]:
    """For each covariate and split, its distance from the target, by hours: 0 alike, 1 disjoint."""
    columns = ("route", "split", STRATUM.name, DURATION_US.name, "char_rate", GENDER)
    present = [name for name in columns if name in rows.columns]
    pool = rows.select(present).filter(pl.col("route") == POOL)
    distances: list[Balance] = []
    for name, due in due_s.items():
        inside = (pool["split"] == name).to_numpy()
        if not inside.any() or not due.any():
            continue
        us = pool[DURATION_US.name].to_numpy().astype(np.float64)
        share = np.divide(due, available_s, out=np.zeros_like(due), where=available_s > 0)
        target, reached = us * share[pool[STRATUM.name].to_numpy()], np.where(inside, us, 0.0)
        tvd = _tvd(pool[STRATUM.name], target, reached)
        distances.append(Balance(covariate="strata", split=name, tvd=tvd))
        distances += [
            Balance(covariate=covariate, split=name, ks=_ks(pool[column], target, reached))
            for covariate, column in (("duration_s", DURATION_US.name), ("char_rate", "char_rate"))
        ]
        if GENDER in pool.columns and pool[GENDER].null_count() < pool.height:
            codes = pool[GENDER].rank("dense").fill_null(0)
            tvd = _tvd(codes, target, reached)
            distances.append(Balance(covariate=GENDER, split=name, tvd=tvd))
    return tuple(sorted(distances, key=lambda each: each.covariate))


def shares(rows: pl.DataFrame, name: str) -> tuple[float, float] | None:
    """The effective number of groups of a split (1 over the sum of squared shares), and the share
    of its largest; None where it has no hours.
    """
    chosen = rows.select("split", "group", DURATION_US.name).filter(pl.col("split") == name)
    sums = chosen.group_by("group").agg(pl.col(DURATION_US.name).sum().alias("us"))
    us = np.sort(sums["us"].to_numpy()).astype(np.float64)
    if not us.size:
        return None
    share = us / us.sum()
    return round(float(1 / (share**2).sum()), 2), round(float(share[-1]), 4)


def _ks(values: pl.Series, target: Floats, reached: Floats) -> float:
    """Greatest distance between the two distributions of positive values; others count as none."""
    numbers = values.cast(pl.Float64).to_numpy()
    known = np.isfinite(numbers) & (numbers > 0)
    steps = np.zeros(numbers.size, np.int64)
    steps[known] = np.floor(np.log2(numbers[known]) * _STEPS)
    steps -= steps[known].min(initial=0)
    parts = [np.bincount(steps[known], weights[known]) for weights in (target, reached)]
    if not all(part.sum() > 0 for part in parts):
        return 0.0
    sums = [np.cumsum(part) / part.sum() for part in parts]
    return round(float(np.abs(sums[0] - sums[1]).max()), 4)


def _tvd(codes: pl.Series, target: Floats, reached: Floats) -> float:
    """Half the sum of the differences between the shares of each class."""
    places = codes.cast(pl.Int64).to_numpy()
    parts = [np.bincount(places, weights) for weights in (target, reached)]
    return round(float(np.abs(parts[0] / parts[0].sum() - parts[1] / parts[1].sum()).sum() / 2), 4)
