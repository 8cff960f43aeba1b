"""What an expression means: on a row in plain Python (the definition), and on a batch.

Both keep three truths: true, false and unknown (null). A comparison with an unknown side is
unknown; `false and unknown` is false, `true or unknown` is true, else unknown spreads (Kleene).
A number that is not finite, dividing by zero included, is unknown: no rule fires on infinity.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.rules.expression.syntax import (
    And,
    Arithmetic,
    Comparison,
    IsNull,
    Member,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Or,
    Text,
    kind_of,
)

Value: TypeAlias = float | str | bool | None
Mask: TypeAlias = npt.NDArray[np.bool_]

ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def holds(node: Node, row: Mapping[str, object]) -> bool | None:
    """Whether the condition holds on the row; None where it is unknown. A missing name is null."""
    truth = _value(node, row)
    assert truth is None or isinstance(truth, bool), "the parser lets only conditions through"
    return truth


def _value(node: Node, row: Mapping[str, object]) -> Value:
    match node:
        case Number() | Text():
            return node.value
        case Name():
            return _field(node, row)
        case And() | Or():
            return _joined([_value(part, row) for part in node.parts], isinstance(node, Or))
        case IsNull():
            return _value(node.of, row) is None
        case Negative() | Not() | Member():
            inner = _value(node.of, row)
            return None if inner is None else _unary(node, inner)
        case Arithmetic() | Comparison():
            left, right = _value(node.left, row), _value(node.right, row)
            return None if left is None or right is None else _binary(node, left, right)


def _unary(node: Negative | Not | Member, inner: float | str | bool) -> Value:
    match node:
        case Negative():
            assert isinstance(inner, float)
            return -inner
        case Not():
            return not inner
        case Member():
            return inner in node.values


def _binary(node: Arithmetic | Comparison, left: Any, right: Any) -> Value:
    if isinstance(node, Comparison):
        return bool(node.operator.compare(left, right))
    if node.symbol == "/" and right == 0:
        return None
    return _finite(float(ARITHMETIC[node.symbol](left, right)))


def _joined(truths: list[Value], decisive: bool) -> bool | None:
    if decisive in truths:
        return decisive
    return None if None in truths else not decisive


def _field(node: Name, row: Mapping[str, object]) -> Value:
    value = row.get(node.name)
    if node.kind == "text":
        return value if isinstance(value, str) else None
    return _finite(float(value)) if isinstance(value, int | float) else None


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


class Truth(NamedTuple):
    """Where a condition holds and where it does not; where neither, it is unknown."""

    yes: Mask
    no: Mask

    def unknown(self) -> Mask:
        """Where nobody can say."""
        return ~(self.yes | self.no)


class _Numbers(NamedTuple):
    """Numbers and where they are known; elsewhere they are NaN."""

    values: npt.NDArray[np.float64]
    known: Mask


class Batch:
    """Rows on which conditions are decided, all rows at once; each column is made ready once.

    Arrays, not a lazy expression: for the tens of thousands of rows of a batch, planning a hundred
    small expressions costs ten times what their work does.
    """

    def __init__(self, rows: pl.DataFrame) -> None:
        self.rows = rows
        self._columns: dict[str, _Numbers] = {}

    def decide(self, node: Node) -> Truth:
        """Where the condition holds: `holds`, row by row."""
        with np.errstate(all="ignore"):
            truth = self._truth(node)
        # Constants stand as a single truth until they meet a column.
        every = (self.rows.height,)
        return Truth(np.broadcast_to(truth.yes, every), np.broadcast_to(truth.no, every))

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """A column of numbers; NaN where it is not known."""
        return self._column(name).values

    def _truth(self, node: Node) -> Truth:
        match node:
            case And():
                parts = [self._truth(part) for part in node.parts]
                return Truth(_all(part.yes for part in parts), _any(part.no for part in parts))
            case Or():
                parts = [self._truth(part) for part in node.parts]
                return Truth(_any(part.yes for part in parts), _all(part.no for part in parts))
            case Not():
                truth = self._truth(node.of)
                return Truth(truth.no, truth.yes)
            case IsNull():
                known = self._known(node.of)
                return Truth(~known, known)
            case Comparison() | Member():
                true, known = self._compared(node)
                return Truth(true & known, ~true & known)
            case _:
                raise AssertionError("the parser lets only conditions through")

    def _compared(self, node: Comparison | Member) -> tuple[Mask, Mask]:
        match node:
            case Comparison() if kind_of(node.left) == "number":
                left, right = self._numbers(node.left), self._numbers(node.right)
                true = np.asarray(node.operator.compare(left.values, right.values))
                return true, left.known & right.known
            case Comparison():
                same = node.operator.compare(self._texts(node.left), self._texts(node.right))
                return _mask(same), self._known(node.left) & self._known(node.right)
            case Member() if kind_of(node.of) == "number":
                numbers = self._numbers(node.of)
                return np.isin(numbers.values, np.array(node.values, np.float64)), numbers.known
            case Member():
                return _mask(self._texts(node.of).is_in(list(node.values))), self._known(node.of)

    def _known(self, node: Node) -> Mask:
        if kind_of(node) == "number":
            return self._numbers(node).known
        return _mask(self._texts(node).is_not_null())

    def _numbers(self, node: Node) -> _Numbers:
        match node:
            case Number():
                return _Numbers(np.asarray(node.value), np.asarray(True))
            case Name():
                return self._column(node.name)
            case Negative():
                values, known = self._numbers(node.of)
                return _Numbers(-values, known)
            case Arithmetic():
                left, right = self._numbers(node.left), self._numbers(node.right)
                return _finite_ones(ARITHMETIC[node.symbol](left.values, right.values))
            case _:
                raise AssertionError("the parser lets only numbers through")

    def _column(self, name: str) -> _Numbers:
        if name not in self._columns:
            self._columns[name] = _finite_ones(self.rows[name].cast(pl.Float64).to_numpy())
        return self._columns[name]

    def _texts(self, node: Node) -> pl.Series:
        if isinstance(node, Name):
            return self.rows[node.name]
        assert isinstance(node, Text), "the parser lets only texts through"
        return pl.Series([node.value])


def _finite_ones(values: npt.NDArray[np.float64]) -> _Numbers:
    known = np.isfinite(values)
    if known.all():
        return _Numbers(values, np.asarray(True))
    return _Numbers(np.where(known, values, np.nan), known)


def _mask(truths: pl.Series) -> Mask:
    """The series as an array, false where it is null; one row stands for all."""
    mask = truths.fill_null(False).to_numpy()
    return mask[0] if mask.size == 1 else mask


def _all(masks: Iterable[Mask]) -> Mask:
    return reduce(operator.and_, masks)


def _any(masks: Iterable[Mask]) -> Mask:
    return reduce(operator.or_, masks)
