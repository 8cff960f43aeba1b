"""PyYAML's events to trees: what `curate.files.marked_yaml` reads where no tree is stored."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from curate.errors import CurateError, Fault
from curate.files.marked_yaml import Listing, Scalar, Table, Tree

MAX_DEPTH = 20
MAX_VALUES = 200_000
"""A model's configuration has some hundreds; aliases of aliases can mean billions."""

_QUOTE = "put the value in quotes, as in key: '>= 30'"


def parse(text: str, file: str, aliases: bool, error: type[CurateError]) -> Tree:
    """The tree of the one document in `text`, as `read_tree` has it.

    libyaml parses (17 times as fast); the parser in Python reads again what it refuses, for its
    clearer messages.
    """
    try:
        return _read(text, _Reader(file, aliases), _FAST_LOADER)
    except (yaml.YAMLError, _Refused, UnicodeEncodeError):
        reader = _Reader(file, aliases)
    try:
        return _read(text, reader, yaml.SafeLoader)
    except yaml.YAMLError as problem:
        raise error(*reader.faults, _broken(problem, file)) from None
    except _Refused:
        raise error(*reader.faults or (Fault(file, "the file is empty"),)) from None


_FAST_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML is built without libyaml on some platforms."""


def _read(text: str, reader: _Reader, loader: type[yaml.SafeLoader | yaml.CSafeLoader]) -> Tree:
    """The tree of the one document; _Refused where there is none, or one with faults."""
    tree = reader.document(yaml.parse(text, Loader=loader))
    if tree is None or reader.faults:
        raise _Refused
    return tree


class _Refused(Exception):  # noqa: N818 - its fault is noted already
    """The rest of the document is not read."""


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
    """Builds the tree from parser events, so that depth and size are bounded."""

    def __init__(self, file: str, aliases: bool) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self._aliases = aliases
        self._anchors: dict[str, tuple[Tree, int]] = {}
        self._count = 0

    def document(self, events: Iterator[yaml.Event]) -> Tree | None:
        tree: Tree | None = None
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                if tree is not None:
                    raise self._stop(_line(event), "a second document")
                tree = self._node(event, events, 0)
        return tree

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Tree:
        line, before = _line(event), self._count
        if depth > MAX_DEPTH:
            raise self._stop(line, f"nested more than {MAX_DEPTH} deep")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, line)
        self._refuse_extras(event, line)
        self._add(1, line)
        tree = self._value(event, events, depth)
        if anchor := getattr(event, "anchor", None):
            self._anchors[anchor] = tree, self._count - before
        return tree

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Tree:
        line = _line(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return Listing(line, tuple(self._until(yaml.SequenceEndEvent, events, depth)))
        if isinstance(event, yaml.MappingStartEvent):
            return Table(line, tuple(self._entries(events, depth)))
        assert isinstance(event, yaml.ScalarEvent), event
        return Scalar(line, event.value, plain=not event.style)

    def _alias(self, event: yaml.AliasEvent, line: int) -> Tree:
        if not self._aliases:
            self._fault(line, f"alias '*{event.anchor}'", "write the value out")
            return Scalar(line, "", plain=False)
        if event.anchor not in self._anchors:
            raise self._stop(line, f"alias '*{event.anchor}' names nothing, or what it is within")
        tree, count = self._anchors[event.anchor]
        self._add(count, line)
        return tree

    def _add(self, count: int, line: int) -> None:
        self._count += count
        if self._count > MAX_VALUES:
            raise self._stop(line, f"more than {MAX_VALUES} values")

    def _until(
        self, end: type[yaml.Event], events: Iterator[yaml.Event], depth: int
    ) -> Iterator[Tree]:
        for event in events:
            if isinstance(event, end):
                return
            yield self._node(event, events, depth + 1)

    def _entries(self, events: Iterator[yaml.Event], depth: int) -> Iterator[tuple[Scalar, Tree]]:
        lines: dict[str, int] = {}
        nodes = self._until(yaml.MappingEndEvent, events, depth)
        for key, value in zip(nodes, nodes, strict=True):
            if not isinstance(key, Scalar) or (key.plain and key.text == "<<"):
                self._fault(key.line, "a key must be a word")
            elif key.text in lines:
                what = f"key '{key.text}' occurs twice, first in line {lines[key.text]}"
                self._fault(key.line, what, "keep one")
            else:
                lines[key.text] = key.line
                yield key, value

    def _refuse_extras(self, event: yaml.Event, line: int) -> None:
        if isinstance(event, yaml.NodeEvent) and event.anchor and not self._aliases:
            self._fault(line, f"anchor '&{event.anchor}'", "write the value out where it is used")
        if tag := getattr(event, "tag", None):
            self._fault(line, f"tag '{tag}'", _QUOTE)

    def _fault(self, line: int, what: str, hint: str = "") -> None:
        self.faults.append(Fault(f"{self.file}:{line}", what, hint))

    def _stop(self, line: int, what: str) -> _Refused:
        self._fault(line, what)
        return _Refused()


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None, "the parser marks every event"
    return int(event.start_mark.line) + 1
