"""The leak audit: what two splits share. Computed from the finished assignment, not trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.columns import AUDIO_KEY, DURATION_US, NORMAL_KEY, RECORDING_KEY

Json = dict[str, object]


def leaks(rows: pl.DataFrame, splits: Sequence[str], group: Sequence[str]) -> list[Json]:
    """For each kind and pair of splits, how many values stand in both; nulls are no value."""
    kinds: Mapping[str, str] = {
        **{name: name for name in group},
        "recording": RECORDING_KEY.name,
        "audio": AUDIO_KEY.name,
        "text": NORMAL_KEY.name,
    }
    found: list[Json] = []
    for kind, column in kinds.items():
        values = {
            name: rows.filter(pl.col("split") == name).select(column).drop_nulls().unique()
            for name in splits
        }
        for one, other in combinations(splits, 2):
            shared = values[one].join(values[other], on=column, how="semi").height
            found.append({"kind": kind, "between": [one, other], "count": shared})
    return found


def balance(rows: pl.DataFrame, splits: Sequence[str]) -> list[Json]:
    """Kolmogorov-Smirnov distance of each split from the clean pool, for what should be alike."""
    pool = rows.filter(pl.col("route") == "pool")
    return [
        {
            "covariate": covariate,
            "split": name,
            "ks": round(_ks(_values(pool, covariate), _values(chosen, covariate)), 4),
        }
        for covariate in ("duration_s", "char_rate")
        for name in splits
        for chosen in [pool.filter(pl.col("split") == name)]
        if chosen.height
    ]


def _values(rows: pl.DataFrame, covariate: str) -> npt.NDArray[np.float64]:
    column = DURATION_US.expr / 1e6 if covariate == "duration_s" else pl.col(covariate)
    return rows.select(column.alias("v"))["v"].drop_nulls().sort().to_numpy()


def _ks(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Greatest distance between two empirical distributions; both sorted."""
    points = np.concatenate([one, other])
    below = [np.searchsorted(values, points, side="right") / values.size for values in (one, other)]
    return float(np.abs(below[0] - below[1]).max())
