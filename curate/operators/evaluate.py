"""What an expression means: on a row in plain Python (the definition), and on a batch in Polars.

Both keep three truths: true, false and unknown (null). A comparison with an unknown side is
unknown; `false and unknown` is false, `true or unknown` is true, else unknown spreads (Kleene).
A number that is not finite, dividing by zero included, is unknown: no rule fires on infinity.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, TypeAlias

import polars as pl

from curate.operators.syntax import (
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
)

Value: TypeAlias = float | str | bool | None

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


class Batch:
    """Rows on which conditions are decided; each column is made ready once.

    Eager series, not a lazy expression: for the tens of thousands of rows that a batch has, a
    plan of a hundred small expressions costs ten times what their work does.
    """

    def __init__(self, rows: pl.DataFrame) -> None:
        self.rows = rows
        self._columns: dict[str, pl.Series] = {}

    def decide(self, node: Node) -> pl.Series:
        """A Boolean for each row, null where it is unknown: `holds`, row by row."""
        truth = self._series(node)
        assert truth.dtype == pl.Boolean, "the parser lets only conditions through"
        # Constants stand as a single row until they meet a column; a condition has a name.
        assert len(truth) == self.rows.height, "a condition names a column"
        return truth

    def _series(self, node: Node) -> pl.Series:
        match node:
            case Number() | Text():
                return pl.Series([node.value])
            case Name():
                return self._column(node)
            case Negative():
                return -self._series(node.of)
            case Not():
                return ~self._series(node.of)
            case IsNull():
                return self._series(node.of).is_null()
            case Member():
                return self._series(node.of).is_in(list(node.values))
            case And():
                return reduce(operator.and_, map(self._series, node.parts))
            case Or():
                return reduce(operator.or_, map(self._series, node.parts))
            case Arithmetic():
                return _only_finite(self._both(ARITHMETIC[node.symbol], node))
            case Comparison():
                return self._both(node.operator.compare, node)

    def _both(
        self, operation: Callable[[Any, Any], Any], node: Arithmetic | Comparison
    ) -> pl.Series:
        result = operation(self._series(node.left), self._series(node.right))
        assert isinstance(result, pl.Series)
        return result

    def _column(self, node: Name) -> pl.Series:
        if node.name not in self._columns:
            column = self.rows[node.name]
            number = node.kind == "number"
            self._columns[node.name] = _only_finite(column.cast(pl.Float64)) if number else column
        return self._columns[node.name]


def _only_finite(numbers: pl.Series) -> pl.Series:
    finite = numbers.is_finite()
    return numbers if finite.all() else numbers.set(~finite, None)
