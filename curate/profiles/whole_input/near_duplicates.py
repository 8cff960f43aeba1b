"""Clusters of rows whose texts are nearly the same, by the keys that they share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from curate.arrays import Int32s, UInt64s
from curate.artifacts.columns import BANDS, NEAR_KEYS
from curate.native import kernel


def near_duplicates(records: Path) -> pl.Series:
    """`near_duplicates` of every row of a records table: how many rows its cluster has.

    A cluster is what keys shared at the same place hold together, directly or by way of others.
    Null where NEAR_KEYS is. One band is in memory at a time, beside two numbers a row.
    """
    table = pl.scan_parquet(records)
    known = table.select(NEAR_KEYS.expr.is_not_null()).collect().to_series().to_numpy()
    rows = np.flatnonzero(known).astype(np.int32)
    parent = np.arange(known.size, dtype=np.int32)
    for band in range(BANDS):
        keys = table.select(NEAR_KEYS.expr.arr.get(band)).collect().to_series().drop_nulls()
        values = keys.to_numpy()
        order = np.argsort(values, kind="stable")
        _join(values[order], rows[order], parent)
    counts = np.zeros(parent.size, np.int32)
    _count_sizes(parent, counts)
    return pl.Series("near_duplicates", counts, dtype=pl.Int32).set(pl.Series(~known), None)


@kernel("clusters")
def _join(keys: UInt64s, rows: Int32s, parent: Int32s) -> None:
    """Put rows of equal keys, which stand side by side, into one cluster."""
    raise NotImplementedError


@kernel("clusters")
def _count_sizes(parent: Int32s, sizes: Int32s) -> None:
    raise NotImplementedError
