"""Which rows must stay together: connected components over speaker, recording, and the like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from curate.arrays import Bools, Int32s, Int64s, UInt64s
from curate.native import kernel
from curate.splits.codes import numbered


def components(frame: pl.DataFrame, columns: Sequence[str]) -> Int64s:
    """Group number of each row: rows that share a value in any of `columns` share the group.

    Null shares nothing. Groups are numbered by their first row. A single row is a group.
    """
    parent = np.arange(frame.height, dtype=np.int64)
    for column in columns:
        values = frame[column]
        if values.dtype == pl.UInt64:
            _join_keys(parent, values)
        else:
            codes = numbered(values)
            _join(parent, codes, np.full(int(codes.max(initial=0)) + 1, -1, np.int64))
    _number(parent)
    return parent


def _join_keys(parent: Int64s, keys: pl.Series) -> None:
    """Nearly every key may be another one: a hash table of their first rows, no sorting."""
    slots = room_of(keys.len())
    known = keys.is_not_null().to_numpy()
    _join_equal(parent, keys.fill_null(0).to_numpy(), known, slots)


def room_of(rows: int) -> Int32s:
    """Room for a hash table of as many rows, at most two thirds of it full."""
    assert rows < 1 << 31, "rows are numbered in 32 bits"
    return np.full(1 << (rows + rows // 2 + 1).bit_length(), -1, np.int32)


@kernel("groups")
def _join(parent: Int64s, codes: Int64s, first: Int64s) -> None:
    """Join rows with equal codes > 0; the smaller root wins, so roots are first rows."""
    raise NotImplementedError


@kernel("groups")
def _join_equal(parent: Int64s, keys: UInt64s, known: Bools, slots: Int32s) -> None:
    """Join rows with equal keys, where they are known. `slots` is room for a hash table: a power
    of two, more than there are rows, all -1.
    """
    raise NotImplementedError


@kernel("groups")
def _number(parent: Int64s) -> None:
    """Put each row's group number in the place of its parent."""
    raise NotImplementedError
