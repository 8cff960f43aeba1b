"""Which rows must stay together: connected components over speaker, recording, and the like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from curate.arrays import Int64s
from curate.native import kernel


def components(frame: pl.DataFrame, columns: Sequence[str]) -> Int64s:
    """Group number of each row: rows that share a value in any of `columns` share the group.

    Null shares nothing. Groups are numbered by their first row. A single row is a group.
    """
    parent = np.arange(frame.height, dtype=np.int64)
    for column in columns:
        codes = _codes(frame[column])
        _join(parent, codes, np.full(int(codes.max(initial=0)) + 1, -1, np.int64))
    _point_at_roots(parent)
    groups: Int64s = np.unique(parent, return_inverse=True)[1].astype(np.int64)
    return groups


def _codes(values: pl.Series) -> Int64s:
    """Equal values to equal numbers from 1, null to 0. Strings by their hash: sorting them is slow,
    and which number a value gets changes nothing.
    """
    if values.dtype == pl.String:
        values = (
            values.to_frame()
            .select(pl.when(pl.first().is_not_null()).then(pl.first().hash()))
            .to_series()
        )
    return values.rank("dense").cast(pl.Int64).fill_null(0).to_numpy()


@kernel("groups")
def _join(parent: Int64s, codes: Int64s, first: Int64s) -> None:
    """Join rows with equal codes > 0; the smaller root wins, so roots are first rows."""
    raise NotImplementedError


@kernel("groups")
def _point_at_roots(parent: Int64s) -> None:
    raise NotImplementedError
