"""Which rows must stay together: connected components over speaker, recording, and the like."""

from __future__ import annotations

from collections.abc import Sequence

import numba as nb
import numpy as np
import numpy.typing as npt
import polars as pl


def components(frame: pl.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.int64]:
    """Group number of each row: rows that share a value in any of `columns` share the group.

    Null shares nothing. Groups are numbered by their first row. A row alone is a group.
    """
    parent = np.arange(frame.height, dtype=np.int64)
    for column in columns:
        codes = _codes(frame[column])
        _join(parent, codes, np.full(int(codes.max(initial=0)) + 1, -1, np.int64))
    roots = _roots(parent)
    return np.unique(roots, return_inverse=True)[1].astype(np.int64)


def _codes(values: pl.Series) -> npt.NDArray[np.int64]:
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


@nb.njit(cache=True)
def _find(parent, row):  # type: ignore[no-untyped-def]
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


@nb.njit(cache=True)
def _join(parent, codes, first):  # type: ignore[no-untyped-def]
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


@nb.njit(cache=True)
def _roots(parent):  # type: ignore[no-untyped-def]
    roots = np.empty_like(parent)
    for row in range(parent.size):
        roots[row] = _find(parent, row)
    return roots
