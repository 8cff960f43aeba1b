"""Which rows must stay together: connected components over speaker, recording, and the like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from curate.arrays import Int64s
from curate.arrays.compiled import kernel


def components(frame: pl.DataFrame, columns: Sequence[str]) -> Int64s:
    """Group number of each row: rows that share a value in any of `columns` share the group.

    Null shares nothing. Groups are numbered by their first row. A single row is a group.
    """
    parent = np.arange(frame.height, dtype=np.int64)
    for column in columns:
        codes = _codes(frame[column])
        _join(parent, codes, np.full(int(codes.max(initial=0)) + 1, -1, np.int64))
    roots = _roots(parent)
    groups: Int64s = np.unique(roots, return_inverse=True)[1].astype(np.int64)
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


@kernel
def _find(parent: Int64s, row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


@kernel
def _join(parent: Int64s, codes: Int64s, first: Int64s) -> None:
    """Join rows with equal codes > 0; the smaller root wins, so roots are first rows."""
    for row in range(codes.size):
        code = codes[row]
        if code == 0:
            continue
        if first[code] < 0:
            first[code] = row
            continue
        one = _find(parent, first[code])
        other = _find(parent, row)
        if one < other:
            parent[other] = one
        elif other < one:
            parent[one] = other


@kernel
def _roots(parent: Int64s) -> Int64s:
    roots = np.empty_like(parent)
    for row in range(parent.size):
        roots[row] = _find(parent, row)
    return roots
