"""The tree of an expression. Trees come from `parse`, so their types always fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from curate.rules.expression.declare import Kind, Operator


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Negative:
    of: Node


@dataclass(frozen=True, slots=True)
class Arithmetic:
    symbol: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: Operator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Member:
    of: Node
    values: tuple[float | str, ...]


@dataclass(frozen=True, slots=True)
class IsNull:
    of: Node


@dataclass(frozen=True, slots=True)
class Not:
    of: Node


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]


Node: TypeAlias = (
    Number | Text | Name | Negative | Arithmetic | Comparison | Member | IsNull | Not | And | Or
)


def kind_of(node: Node) -> Kind:
    """What the node gives."""
    match node:
        case Number() | Negative() | Arithmetic():
            return "number"
        case Text():
            return "text"
        case Name():
            return node.kind
        case _:
            return "truth"


def _children(node: Node) -> tuple[Node, ...]:
    match node:
        case Arithmetic() | Comparison():
            return (node.left, node.right)
        case And() | Or():
            return node.parts
        case Negative() | Member() | IsNull() | Not():
            return (node.of,)
        case _:
            return ()


def _walk(node: Node) -> Iterator[str]:
    if isinstance(node, Name):
        yield node.name
    for child in _children(node):
        yield from _walk(child)


def names_in(*nodes: Node | None) -> tuple[str, ...]:
    """The metrics and fields that the nodes use, each once, in order of appearance."""
    return tuple(dict.fromkeys(name for node in nodes if node for name in _walk(node)))
