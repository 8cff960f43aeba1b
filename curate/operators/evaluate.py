"""What an expression means: once on a row in plain Python (the definition), once in Polars.

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
    return (
        None
        if node.symbol == "/" and right == 0
        else _finite(float(ARITHMETIC[node.symbol](left, right)))
    )


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


def vectorised(node: Node) -> pl.Expr:
    """The same meaning as a Polars expression over the columns that the names stand for."""
    match node:
        case Number():
            return pl.lit(node.value, dtype=pl.Float64)
        case Text():
            return pl.lit(node.value, dtype=pl.String)
        case Name():
            return _column(node)
        case Negative():
            return -vectorised(node.of)
        case Arithmetic():
            return _arithmetic(node)
        case Comparison():
            left, right = vectorised(node.left), vectorised(node.right)
            compared: pl.Expr = node.operator.compare(left, right)
            return compared
        case Member():
            return vectorised(node.of).is_in(list(node.values))
        case IsNull():
            return vectorised(node.of).is_null()
        case Not():
            return ~vectorised(node.of)
        case And():
            return reduce(operator.and_, map(vectorised, node.parts))
        case Or():
            return reduce(operator.or_, map(vectorised, node.parts))


def _column(node: Name) -> pl.Expr:
    column = pl.col(node.name)
    return column if node.kind == "text" else _only_finite(column.cast(pl.Float64))


def _arithmetic(node: Arithmetic) -> pl.Expr:
    left, right = vectorised(node.left), vectorised(node.right)
    return _only_finite(ARITHMETIC[node.symbol](left, right))


def _only_finite(number: pl.Expr) -> pl.Expr:
    return pl.when(number.is_finite()).then(number)
