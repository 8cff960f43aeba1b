"""Values to cells between edges, and rows to classes of rows that no rule can tell apart.

A rule compares metrics with a few numbers. Rows for which all those comparisons come out alike are
alike to the rules, so that millions of rows are evaluated by evaluating one of each class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from curate.arrays import Bytes, Floats, Int32s, Int64s, Int64Table, UInt64s
from curate.native import kernel
from curate.rules.expression import (
    And,
    Comparison,
    IsNull,
    Member,
    Name,
    Node,
    Not,
    Number,
    Or,
)
from curate.statistics.splitmix import splitmix64

_BUCKETS: Final = 1024


@dataclass(frozen=True)
class BinEdges:
    """Numbers that a metric is held against, ascending.

    Cell 2i lies between cut i-1 and cut i, cell 2i+1 is cut i itself, the last cell is null.
    `classes` says for each cell which numbers of the rules lie below it.
    """

    values: Floats
    classes: Int64s
    _low: float
    _scale: float
    _start: Int64s

    @classmethod
    def of(cls, rule_numbers: Sequence[float], further: Sequence[float] = ()) -> BinEdges:
        """BinEdges at all of these numbers, classes by those of rules only."""
        values = np.array(sorted({*rule_numbers, *further}) or [0.0], np.float64)
        low, high = float(values[0]), float(values[-1])
        scale = _BUCKETS / (high - low) if high > low else 0.0
        edges = low + np.arange(_BUCKETS + 1) / (scale or 1.0)
        start = np.searchsorted(values, edges)
        return cls(values, _classes(values, np.array(sorted(set(rule_numbers)))), low, scale, start)

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return 2 * self.values.size + 2

    def place(self, values: Floats, keys: UInt64s, which: int) -> Int32s:
        """The cell of each value; NaN is null. The rows' keys get the salts of the cells' classes,
        as those of condition number `which`.
        """
        cells = np.empty(values.size, np.int32)
        of_cell = salts(which, self.classes)
        _place(values, self.values, self._low, self._scale, self._start, of_cell, cells, keys)
        return cells


def salts(which: int, codes: Int64s) -> UInt64s:
    """A number for each code (-1 or more) of condition number `which`, as if drawn at random.

    A row's key is the sum over all conditions: two of ten thousand classes share a key once in
    10^11 corpora.
    """
    return splitmix64(splitmix64(np.array([which + 1], np.uint64)) + (codes + 2).astype(np.uint64))


def _classes(values: Floats, rule_numbers: Floats) -> Int64s:
    """The place of each cell among the numbers of rules, numbered as cells are."""
    at = np.searchsorted(rule_numbers, values)
    on = np.append(rule_numbers, np.nan)[at] == values
    classes = np.zeros(2 * values.size + 2, np.int64)
    classes[1:-1:2] = 2 * at + on
    classes[2:-1:2] = 2 * np.searchsorted(rule_numbers, values, "right")
    classes[-1] = -1
    return classes


def leaves(node: Node) -> Iterator[tuple[str, list[float]] | Node]:
    """What decides a condition: names with the numbers they are held against, and the nodes that
    are more than that (texts, arithmetic).
    """
    match node:
        case And() | Or():
            for part in node.parts:
                yield from leaves(part)
        case Not():
            yield from leaves(node.of)
        case Comparison(left=Name(kind="number") as name, right=Number() as number):
            yield name.name, [number.value]
        case Comparison(left=Number() as number, right=Name(kind="number") as name):
            yield name.name, [number.value]
        case Member(of=Name(kind="number") as name):
            yield name.name, [float(value) for value in node.values]
        case IsNull(of=Name(kind="number") as name):
            yield name.name, []
        case _:
            yield node


@kernel("binning")
def _place(
    values: Floats,
    edges: Floats,
    low: float,
    scale: float,
    start: Int64s,
    salts: UInt64s,
    cells: Int32s,
    keys: UInt64s,
) -> None:
    raise NotImplementedError


@kernel("binning")
def mix_in(keys: UInt64s, codes: Bytes, salts: UInt64s) -> None:
    """Add the salt of each row's code to its key."""
    raise NotImplementedError


class Kinds:
    """Which kind each key is of: an open hash table. No key may be zero."""

    def __init__(self, room: int = 1 << 12) -> None:
        self.keys: UInt64s = np.zeros(room, np.uint64)
        self.kinds: Int32s = np.full(room, -1, np.int32)
        self.size = 0

    def of(self, keys: UInt64s, learn: Callable[[Int64s], Sequence[int]]) -> Int32s:
        """The kind of each row; `learn` says it of rows (by number) whose keys are new."""
        kinds = np.empty(keys.size, np.int32)
        while True:
            room = self.keys.size // 2 - self.size
            fresh = np.empty(room, np.int64)
            fresh = fresh[: _look_up(keys, self.keys, self.kinds, kinds, fresh)]
            if not fresh.size and (kinds >= 0).all():
                return kinds
            if fresh.size:
                self.size += fresh.size
                _put(self.keys, self.kinds, keys[fresh], np.array(learn(fresh), np.int32))
            if fresh.size == room:
                self._grow()

    def _grow(self) -> None:
        known = np.flatnonzero(self.keys)
        keys, kinds = self.keys[known], self.kinds[known]
        self.keys = np.zeros(2 * self.keys.size, np.uint64)
        self.kinds = np.full(self.keys.size, -1, np.int32)
        _put(self.keys, self.kinds, keys, kinds)


@kernel("binning")
def _look_up(keys: UInt64s, table: UInt64s, kinds: Int32s, row_kinds: Int32s, fresh: Int64s) -> int:
    """The kind of each row, -1 where nobody knows; `fresh` gets the first row of each new key, of
    which as many are taken in as it has room for. Returns how many.
    """
    raise NotImplementedError


@kernel("binning")
def _put(table: UInt64s, kinds: Int32s, keys: UInt64s, known: Int32s) -> None:
    raise NotImplementedError


@kernel("binning")
def count(
    kinds: Int32s,
    cells: Int32s,
    us: Int64s,
    first: int,
    rows: Int64Table,
    spent: Int64Table,
    seen: Int64Table,
) -> None:
    """Add each row to its kind's cell: a row, its microseconds, and the first row's number."""
    raise NotImplementedError
