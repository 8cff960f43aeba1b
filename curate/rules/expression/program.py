"""Conditions as steps of a stack machine, which a compiled loop runs on blocks of rows.

One call decides every condition of a rule set: what costs per condition, per row or per batch in
Python would cost more than measuring the texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from curate.arrays import ByteTable, Floats, FloatTable, Int64Table
from curate.native import kernel
from curate.native.columns import Columns
from curate.rules.expression.declare import BY_SYMBOL
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
    kind_of,
)

BLOCK: Final = 512
"""Rows at a time."""
YES: Final = 1
NO: Final = 2
"""Bits of a truth; neither is unknown."""

_STEPS = (
    "column", "constant", "negative", "+", "-", "*", "/", ">=", "<=", "==", "!=", ">", "<",
    "is null", "leaf", "not", "and", "or", "emit",
)  # fmt: skip
_EQUAL = BY_SYMBOL["=="]
_STEP = {name: at for at, name in enumerate(_STEPS)}


class Output(NamedTuple):
    """A condition, and the codes of rows where it holds and where it is unknown (0: none)."""

    condition: Node
    held: int
    unknown: int


class Program(NamedTuple):
    """The steps for some conditions (what to do, with which, and one more number), and the columns
    and the conditions on texts that they read.

    Each row of the result is the codes by one or more conditions, of which a later one has
    priority.
    """

    rows: int
    steps: Int64Table
    constants: Floats
    columns: tuple[str, ...]
    leaves: tuple[Node, ...]

    @classmethod
    def of(cls, outputs: Sequence[Sequence[Output]]) -> Program:
        """The program for a row of codes by each of these sequences."""
        compiler = _Compiler()
        for at, conditions in enumerate(outputs):
            for each in conditions:
                compiler.add_truth(each.condition)
                compiler.add("emit", at, each.held | each.unknown << 8)
        return cls(
            len(outputs),
            np.array(compiler.steps, np.int64).reshape(-1, 3),
            np.array([*compiler.constants], np.float64),
            tuple(compiler.columns),
            tuple(compiler.leaves),
        )

    def run(self, columns: Columns, leaves: ByteTable) -> ByteTable:
        """The codes of rows: `columns` has their numbers, NaN or infinite where unknown, `leaves`
        their truths.
        """
        codes = np.zeros((self.rows, columns.rows), np.uint8)
        depth = len(self.steps) + 1
        numbers, truths = np.empty((depth, BLOCK)), np.empty((depth, BLOCK + 1), np.uint8)
        ranges = np.empty((len(self.columns), 2))
        _evaluate(self.steps, self.constants, columns, leaves, numbers, truths, ranges, codes)
        return codes


@dataclass(frozen=True)
class _Compiler:
    steps: list[tuple[int, int, int]] = field(default_factory=list)
    constants: dict[float, int] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)
    leaves: dict[Node, int] = field(default_factory=dict)

    def add(self, step: str, which: int = 0, more: int = 0) -> None:
        self.steps.append((_STEP[step], which, more))

    def add_truth(self, node: Node) -> None:
        match node:
            case And() | Or():
                self.add_truth(node.parts[0])
                for part in node.parts[1:]:
                    self.add_truth(part)
                    self.add("and" if isinstance(node, And) else "or")
            case Not():
                self.add_truth(node.of)
                self.add("not")
            case Comparison(left=left) | Member(of=left) | IsNull(of=left):
                if kind_of(left) == "number":
                    self._add_decision(node)
                else:
                    self.add("leaf", self.leaves.setdefault(node, len(self.leaves)))
            case _:
                raise AssertionError("the parser lets only conditions through")

    def _add_decision(self, node: Comparison | Member | IsNull) -> None:
        """A condition on numbers."""
        match node:
            case Comparison(left=Name() as name, right=Number() as number):
                column, constant = self._column(name), self._constant(number)
                self.add(node.operator.symbol, column, 1 + constant)
            case Comparison():
                self._add_number(node.left)
                self._add_number(node.right)
                self.add(node.operator.symbol)
            case IsNull(of=Name() as name):
                self.add("is null", self._column(name), 1)
            case IsNull():
                self._add_number(node.of)
                self.add("is null")
            case Member():
                equal = [Comparison(_EQUAL, node.of, Number(float(each))) for each in node.values]
                self.add_truth(Or(tuple(equal)))

    def _add_number(self, node: Node) -> None:
        match node:
            case Number():
                self.add("constant", self._constant(node))
            case Name():
                self.add("column", self._column(node))
            case Negative():
                self._add_number(node.of)
                self.add("negative")
            case Arithmetic():
                self._add_number(node.left)
                self._add_number(node.right)
                self.add(node.symbol)
            case _:
                raise AssertionError("the parser lets only numbers through")

    def _constant(self, node: Number) -> int:
        return self.constants.setdefault(node.value, len(self.constants))

    def _column(self, node: Name) -> int:
        return self.columns.setdefault(node.name, len(self.columns))


@kernel("conditions")
def _evaluate(
    steps: Int64Table,
    constants: Floats,
    columns: Columns,
    leaves: ByteTable,
    numbers: FloatTable,
    truths: ByteTable,
    ranges: FloatTable,
    codes: ByteTable,
) -> None:
    """Run the steps on all rows; `numbers` and `truths` are the stacks, a row for each level.

    Where all rows of a block have one truth, only that is kept, behind the places of the rows:
    most conditions hold nowhere in most blocks. `ranges` has room for each column's numbers.
    """
    raise NotImplementedError
