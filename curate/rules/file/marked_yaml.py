"""YAML read as a plain tree that knows its lines: no types guessed, no aliases, no tags.

YAML 1.1 turns `no` into False, 12:30 into 750 and leaves 1e5 a text; here a scalar stays the text
that was written, and whoever reads it says what it ought to be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from curate.errors import ConfigError, Fault

MAX_DEPTH = 20

_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_QUOTE = "put the value in quotes, as in bad: '>= 30'"


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as written; `plain` where it stands without quotes."""

    line: int
    text: str
    plain: bool

    def number(self) -> float | None:
        """The number it writes, if it is one and stands without quotes."""
        is_number = self.plain and _NUMBER.fullmatch(self.text)
        return float(self.text) if is_number else None

    def is_null(self) -> bool:
        """Whether it is YAML's null."""
        return self.plain and self.text in ("", "~", "null")

    def value(self) -> object:
        """The value as JSON would have it: number, true, false, null, else text."""
        if self.is_null():
            return None
        if self.plain and self.text in ("true", "false"):
            return self.text == "true"
        if self.plain and _INTEGER.fullmatch(self.text) and len(self.text) < 20:
            return int(self.text)
        number = self.number()
        return self.text if number is None else number


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of nodes."""

    line: int
    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Keys to nodes, in the order of the file."""

    line: int
    entries: tuple[tuple[Scalar, Tree], ...]


Tree: TypeAlias = Scalar | Listing | Table


def plain_value(tree: Tree) -> object:
    """The tree as JSON would have it."""
    match tree:
        case Scalar():
            return tree.value()
        case Listing():
            return [plain_value(item) for item in tree.items]
        case Table():
            return {key.text: plain_value(item) for key, item in tree.entries}


def read_tree(text: str, file: str) -> Tree:
    """The tree of the one document in `text`; ConfigError with every fault found."""
    reader = _Reader(file)
    try:
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        tree = reader.document(events)
    except yaml.YAMLError as error:
        raise ConfigError(*reader.faults, _broken(error, file)) from None
    if tree is None or reader.faults:
        raise ConfigError(*reader.faults or (Fault(file, "the file is empty"),))
    return tree


def _broken(error: yaml.YAMLError, file: str) -> Fault:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        where, problem = f"{file}:{error.problem_mark.line + 1}", str(error.problem)
        # A plain value may not begin with '>', '!', '%', '@' or '`': the usual slip in rule files.
        if "\\t" in problem:
            return Fault(where, "a tab, where YAML has spaces", "indent by spaces")
        slip = "block scalar" in str(error.context) or "cannot start any token" in problem
        return Fault(where, f"not YAML: {problem}", _QUOTE if slip else "")
    return Fault(file, f"not YAML: {' '.join(str(error).split())}")


class _Reader:
    """Builds the tree from parser events, so that depth is ours to bound."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def document(self, events: Iterator[yaml.Event]) -> Tree | None:
        tree: Tree | None = None
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                if tree is not None:
                    raise self._stop(_line(event), "a second document")
                tree = self._node(event, events, 0)
        return tree

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Tree:
        line = _line(event)
        if depth > MAX_DEPTH:
            raise self._stop(line, f"nested more than {MAX_DEPTH} deep")
        self._refuse_extras(event, line)
        if isinstance(event, yaml.SequenceStartEvent):
            nodes = self._until(yaml.SequenceEndEvent, events, depth)
            return Listing(line, tuple(nodes))
        if isinstance(event, yaml.MappingStartEvent):
            return Table(line, tuple(self._entries(events, depth)))
        text = event.value if isinstance(event, yaml.ScalarEvent) else ""
        plain = isinstance(event, yaml.ScalarEvent) and event.style is None
        return Scalar(line, text, plain)

    def _until(
        self, end: type[yaml.Event], events: Iterator[yaml.Event], depth: int
    ) -> Iterator[Tree]:
        for event in events:
            if isinstance(event, end):
                return
            yield self._node(event, events, depth + 1)

    def _entries(self, events: Iterator[yaml.Event], depth: int) -> Iterator[tuple[Scalar, Tree]]:
        seen: dict[str, int] = {}
        nodes = self._until(yaml.MappingEndEvent, events, depth)
        for key, value in zip(nodes, nodes, strict=True):
            if not isinstance(key, Scalar):
                self._fault(key.line, "a key must be a word")
            elif key.text in seen:
                what = f"key '{key.text}' occurs twice, first in line {seen[key.text]}"
                self._fault(key.line, what, "keep one")
            else:
                seen[key.text] = key.line
                yield key, value

    def _refuse_extras(self, event: yaml.Event, line: int) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._fault(line, f"alias '*{event.anchor}'", "write the value out")
        elif isinstance(event, yaml.NodeEvent) and event.anchor:
            self._fault(line, f"anchor '&{event.anchor}'", "write the value out where it is used")
        if tag := getattr(event, "tag", None):
            self._fault(line, f"tag '{tag}'", _QUOTE)

    def _fault(self, line: int, what: str, hint: str = "") -> None:
        self.faults.append(Fault(f"{self.file}:{line}", what, hint))

    def _stop(self, line: int, what: str) -> ConfigError:
        return ConfigError(*self.faults, Fault(f"{self.file}:{line}", what))


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None, "the parser marks every event"
    return int(event.start_mark.line) + 1
