"""YAML without surprises, and with the line on which each value stands.

Scalars follow YAML 1.2's core schema: `no` is a word (and a language), `12:30` is text, `1e-3` is a
number. Duplicate keys, foreign tags and, unless allowed, aliases are errors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

Steps = tuple[str | int, ...]
"""Where a value stands in the document: keys and list positions from the root."""

MOST_VALUES = 200_000
"""A model's configuration has some hundreds; aliases of aliases can mean billions."""

_TAG = "tag:yaml.org,2002:"
_SCALARS = (
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("bool", r"true|True|TRUE|false|False|FALSE", tuple("tTfF")),
    ("int", r"[-+]?[0-9]+", tuple("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", tuple("-+.0123456789")),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", tuple("-+.")),
)


class YamlError(ValueError):
    """The text is not YAML as we read it; `line` is 1-based."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


@dataclass(frozen=True)
class Marked:
    """A document: its value, and the line of every value in it."""

    value: Any
    lines: Mapping[Steps, int] = field(repr=False)

    def line(self, steps: Steps) -> int:
        """The line of the value at `steps`, else of the closest parent that is there."""
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps, 1)


def read(text: str, *, aliases: bool = False) -> Marked:
    """Read one document; where `aliases` are allowed, they are copied out."""
    try:
        loader = _CoreLoader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or str(error)
        if "\\t" in problem:
            problem = "a tab, where YAML has spaces: indent by spaces"
        raise YamlError(mark.line + 1 if mark else 1, problem) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise YamlError(1, str(error).split("\n")[0]) from error
    reading = _Reading(aliases)
    return Marked(None if node is None else reading.value(node, ()), reading.lines)


class _CoreLoader(yaml.SafeLoader):
    """Knows the core schema's scalars and no others; we use it to compose nodes only."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own shape


for _name, _pattern, _first in _SCALARS:
    _CoreLoader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), list(_first))


class _Reading:
    """One walk over a document's nodes."""

    def __init__(self, aliases: bool) -> None:
        self.lines: dict[Steps, int] = {}
        self._aliases = aliases
        self._seen: set[int] = set()
        self._open: set[int] = set()

    def value(self, node: yaml.Node, steps: Steps) -> Any:
        """The node's value; notes the line of it and of all within."""
        line = node.start_mark.line + 1
        self._enter(node, line)
        self.lines[steps] = line
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, steps)
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*steps, i)) for i, item in enumerate(node.value)]
            return _scalar(node, line)
        finally:
            self._open.discard(id(node))

    def _enter(self, node: yaml.Node, line: int) -> None:
        if id(node) in self._open:
            raise YamlError(line, "an alias within what it names")
        if id(node) in self._seen and not self._aliases:
            raise YamlError(line, "anchors and aliases (& and *) are not allowed here")
        if len(self.lines) >= MOST_VALUES:
            raise YamlError(line, f"more than {MOST_VALUES} values")
        self._seen.add(id(node))
        self._open.add(id(node))

    def _mapping(self, node: yaml.MappingNode, steps: Steps) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == f"{_TAG}merge":
                raise YamlError(line, "a key must be a plain word")
            if key in values:
                raise YamlError(line, f"duplicate key {key!r}")
            values[key] = self.value(value_node, (*steps, key))
            self.lines[(*steps, key)] = line
        return values


def _scalar(node: yaml.Node, line: int) -> Any:
    kind, text = node.tag.removeprefix(_TAG), node.value
    if kind == "str":
        return text
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    raise YamlError(line, f"tag {node.tag!r} is not allowed")
