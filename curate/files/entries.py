"""Typed access to the tables of a rule file: a fault is noted at its line, and reading goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from curate.errors import ConfigError, Fault
from curate.errors.nearest import suggest
from curate.files.marked_yaml import Listing, Scalar, Table, Tree

Word = TypeVar("Word", bound=str)


class FaultCollector:
    """The faults of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def at(self, line: int) -> str:
        """`file:line`."""
        return f"{self.file}:{line}"

    def add(self, line: int, what: str, hint: str = "") -> None:
        """Note one fault."""
        self.faults.append(Fault(self.at(line), what, hint))

    def take(self, error: ConfigError) -> None:
        """Note the faults of an error."""
        self.faults.extend(error.faults)


class Entries:
    """The entries of a table whose keys are known; `what` names the table to people."""

    def __init__(self, tree: Tree, known: Iterable[str], what: str, notes: FaultCollector) -> None:
        known = tuple(known)
        self.line = tree.line
        self.what = what
        self.notes = notes
        self._nodes: dict[str, Tree] = {}
        if not isinstance(tree, Table):
            notes.add(tree.line, f"{what} is written as keys and values", f"known: {_all(known)}")
            return
        for key, node in tree.entries:
            self._nodes[key.text] = node
            if key.text not in known:
                notes.add(key.line, f"unknown key '{key.text}'", suggest(key.text, known))

    def __contains__(self, key: str) -> bool:
        return key in self._nodes

    def node(self, key: str) -> Tree | None:
        """What stands under the key."""
        return self._nodes.get(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def require(self, *keys: str) -> None:
        """Note the keys that are missing."""
        for key in keys:
            if key not in self._nodes:
                self.notes.add(self.line, f"{self.what} without '{key}'")

    def text(self, key: str) -> str:
        """The text under the key; empty where there is none."""
        node = self._nodes.get(key)
        if node is None:
            return ""
        if isinstance(node, Scalar) and not node.is_null() and node.text.strip():
            return node.text.strip()
        self.notes.add(node.line, f"'{key}' is a text")
        return ""

    def choice(self, key: str, known: Sequence[Word]) -> Word:
        """One of the known words; the first of them where the key is missing or wrong."""
        word = self.text(key)
        for each in known:
            if each == word:
                return each
        if word:
            line = self._nodes[key].line
            self.notes.add(line, f"'{key}' cannot be '{word}'", suggest(word, tuple(known)))
        return known[0]

    def flag(self, key: str) -> bool:
        """True or false; false where the key is missing."""
        node = self._nodes.get(key)
        value = node.value() if isinstance(node, Scalar) else None
        if node is not None and not isinstance(value, bool):
            self.notes.add(node.line, f"'{key}' is true or false")
        return value is True

    def items(self, key: str) -> tuple[Tree, ...]:
        """The nodes of a list; none where the key is missing."""
        node = self._nodes.get(key)
        if node is None or isinstance(node, Listing):
            return node.items if node else ()
        self.notes.add(node.line, f"'{key}' is a list")
        return ()

    def scalars(self, key: str) -> tuple[Scalar, ...]:
        """A value, or a list of them."""
        node = self._nodes.get(key)
        nodes = node.items if isinstance(node, Listing) else (node,) if node else ()
        wrong = [each for each in nodes if not isinstance(each, Scalar)]
        for each in wrong:
            self.notes.add(each.line, f"'{key}' is a value or a list of values")
        if node and not nodes:
            self.notes.add(node.line, f"'{key}' is an empty list")
        return tuple(each for each in nodes if isinstance(each, Scalar))


def _all(words: Sequence[str]) -> str:
    return ", ".join(words)
