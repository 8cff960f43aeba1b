"""What an expression means: on a row in plain Python (the definition), and on a batch.

Both keep three truths: true, false and unknown (null). A comparison with an unknown side is
unknown; `false and unknown` is false, `true or unknown` is true, else unknown spreads (Kleene).
A number that is not finite, dividing by zero included, is unknown: no rule fires on infinity.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.arrays import Bytes, ByteTable, Floats, Int64s
from curate.artifacts.text_codes import text_codes
from curate.native.columns import as_readable, columns_of
from curate.rules.expression.program import NO, YES, Output, Program
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
    names_in,
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


class Batch:
    """Rows on which conditions are decided, all rows at once; each column is made ready once.

    Arrays, not a lazy expression: for the tens of thousands of rows of a batch, planning a hundred
    small expressions costs ten times what their work does.
    """

    def __init__(self, rows: pl.DataFrame) -> None:
        self.rows = rows
        self._codes: dict[str, tuple[list[str], Int64s]] = {}

    def decide(self, node: Node) -> Truth:
        """Where the condition holds: `holds`, row by row."""
        (codes,) = self.run(Program.of([[Output(node, held=1, unknown=2)]]))
        return Truth(codes == 1, codes == 0)

    def run(self, program: Program) -> ByteTable:
        """The codes that the program gives the rows."""
        numbers = [as_readable(self._numbers(name)) for name in program.columns]
        leaves = np.empty((len(program.leaves), self.rows.height), np.uint8)
        for at, leaf in enumerate(program.leaves):
            leaves[at] = self._text_truths(leaf)
        return program.run(columns_of(numbers, self.rows.height), leaves)

    def numbers(self, name: str) -> Floats:
        """A column of numbers; NaN where it is not known."""
        values = self._numbers(name)
        if values.dtype != np.float64:
            return values.astype(np.float64)
        finite = np.isfinite(values)
        return values if finite.all() else np.where(finite, values, np.nan)

    def texts(self, name: str) -> list[str]:
        """The distinct texts of a column, in no order."""
        return self._text_codes(name)[0]

    def _numbers(self, name: str) -> npt.NDArray[Any]:
        """A column of numbers; NaN or infinite where it is not known."""
        column = self.rows[name]
        return (column.cast(pl.Float64) if column.null_count() else column).to_numpy()

    def _text_truths(self, leaf: Node) -> Bytes:
        """Bits of the truth of a condition on texts: YES, NO, or neither."""
        condition = _text_condition(leaf)
        if len(condition.names) > 1:
            assert isinstance(leaf, Comparison), "nothing else has two names"
            one, other = (self.rows[name] for name in condition.names)
            same = leaf.operator.compare(one, other).cast(pl.UInt8).fill_null(NO).to_numpy()
            known = one.is_not_null().to_numpy() & other.is_not_null().to_numpy()
            return np.where(known, NO - same, 0).astype(np.uint8)
        if not condition.names:
            return np.full(self.rows.height, condition.of_null, np.uint8)
        texts, codes = self._text_codes(condition.names[0])
        each = [condition.of_text.get(text, condition.of_others) for text in texts]
        return np.array([*each, condition.of_null], np.uint8)[codes]

    def _text_codes(self, name: str) -> tuple[list[str], Int64s]:
        """The distinct texts of a column, and which of them each row has; null is the last."""
        if name not in self._codes:
            self._codes[name] = text_codes(self.rows[name])
        return self._codes[name]


class _TextCondition(NamedTuple):
    """Bits of the truths of a condition on texts: of those that it names, of all other texts, which
    are alike to it, and of null.
    """

    names: tuple[str, ...]
    of_text: Mapping[str, int]
    of_others: int
    of_null: int


@lru_cache
def _text_condition(leaf: Node) -> _TextCondition:
    names = names_in(leaf)
    of_null = _bits(holds(leaf, {}))
    if len(names) != 1:
        return _TextCondition(names, {}, of_null, of_null)
    (name,) = names
    texts = [*_texts_in(leaf)]
    of_text = {text: _bits(holds(leaf, {name: text})) for text in texts}
    return _TextCondition(names, of_text, _bits(holds(leaf, {name: "".join(texts) + "."})), of_null)


def _bits(truth: bool | None) -> int:
    return 0 if truth is None else YES if truth else NO


def _texts_in(node: Node) -> Iterator[str]:
    match node:
        case Text():
            yield node.value
        case Comparison():
            yield from _texts_in(node.left)
            yield from _texts_in(node.right)
        case Member():
            yield from _texts_in(node.of)
            yield from (value for value in node.values if isinstance(value, str))
        case _:
            pass
