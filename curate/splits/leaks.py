"""The leak audit: what two splits share. Computed from the finished assignment, not trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import polars as pl

from curate.artifacts.columns import NORMAL_KEY, RECORDING_KEY
from curate.artifacts.leaks import Leak
from curate.manifest.audio_files import segment_key

SEGMENT = "segment"
"""Column of the key of each row's segment."""


def leaks(rows: pl.DataFrame, splits: Sequence[str], group: Sequence[str]) -> list[Leak]:
    """For each kind and pair of splits, how many values are in both; nulls are no value.

    The count is null where the rows of a split have no value at all: nothing could be compared.
    """
    filled = [name for name in splits if rows["split"].eq(name).any()]
    kinds: Mapping[str, str] = {
        **{name: name for name in group},
        "recording": RECORDING_KEY.name,
        "audio": SEGMENT,
        "text": NORMAL_KEY.name,
    }
    rows = rows.with_columns(segment_key().alias(SEGMENT))
    is_in = {name: rows["split"] == name for name in splits}
    counted: list[Leak] = []
    for kind, column in kinds.items():
        values = {name: rows[column].filter(is_in[name]).drop_nulls() for name in splits}
        for one, other in combinations(splits, 2):
            # Only the smaller side is made a set: train is hundreds of times the others.
            few, many = sorted((values[one], values[other]), key=len)
            shared = many.filter(many.is_in(few.unique().implode())).n_unique()
            compared = all(len(values[name]) or name not in filled for name in (one, other))
            count = shared if compared else None
            counted.append(Leak(kind=kind, between=(one, other), count=count))
    return counted
