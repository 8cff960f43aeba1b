"""YAML without surprises, and with the line of each value.

Scalars follow YAML 1.2's core schema: `no` is a word (and a language), `12:30` is text, `1e-3` is
a number. Duplicate keys, tags, merge keys and, unless allowed, anchors and aliases are faults; all
are reported at once.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from curate.errors import ConfigError, CurateError

_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_MAX_DIGITS = 300
"""A longer integer is a float: Python reads no integer of thousands of digits."""

_CONSTANTS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}

Steps: TypeAlias = tuple[str | int, ...]
"""Where a value is in a document: keys and list positions from the root."""


class Scalar(NamedTuple):
    """One value as written; `plain` where it is without quotes."""

    line: int
    text: str
    plain: bool

    def number(self) -> float | None:
        """The number it writes, if it is one and stands without quotes."""
        is_number = self.plain and _NUMBER.fullmatch(self.text)
        return float(self.text) if is_number else None

    def is_null(self) -> bool:
        """Whether it is YAML's null."""
        return self.plain and _CONSTANTS.get(self.text, "") is None

    def value(self) -> object:
        """The value by the core schema: null, true, false, a number, else text."""
        if self.plain and self.text in _CONSTANTS:
            return _CONSTANTS[self.text]
        if self.plain and _INTEGER.fullmatch(self.text) and len(self.text) < _MAX_DIGITS:
            return int(self.text)
        number = self.number()
        return self.text if number is None else number


class Listing(NamedTuple):
    """A list of nodes."""

    line: int
    items: tuple[Tree, ...]


class Table(NamedTuple):
    """Keys to nodes, in the order of the file."""

    line: int
    entries: tuple[tuple[Scalar, Tree], ...]

    def values(self) -> dict[str, Tree]:
        """The nodes by key."""
        return {key.text: node for key, node in self.entries}


Tree: TypeAlias = Scalar | Listing | Table


def plain_value(tree: Tree) -> object:
    """The tree as plain values, as JSON would have it."""
    match tree:
        case Scalar():
            return tree.value()
        case Listing():
            return [plain_value(item) for item in tree.items]
        case Table():
            return {key: plain_value(item) for key, item in tree.values().items()}


def line_of(tree: Tree, steps: Steps) -> int:
    """The line of the value at `steps`, else of the closest parent that is there."""
    line = tree.line
    for step in steps:
        match tree:
            case Table():
                entries = ((key.line, item) for key, item in tree.entries if key.text == step)
                line, inner = next(entries, (line, None))
            case Listing() if isinstance(step, int) and step < len(tree.items):
                inner = tree.items[step]
                line = inner.line
            case _:
                inner = None
        if inner is None:
            return line
        tree = inner
    return line


def read_tree(
    text: str, file: str, *, aliases: bool = False, error: type[CurateError] = ConfigError
) -> Tree:
    """The tree of the one document in `text`; an `error` with all its faults.

    Where `aliases` are allowed, an alias stands for the value that it names.
    """
    from curate.files.yaml_parser import parse  # PyYAML: what is stored as a tree waits for none

    return parse(text, file, aliases, error)
