"""Trees of the presets, stored: reading them as YAML takes a fiftieth of a short profile.

A tree is stored under the digest of the text that it is of. A text that has none, as it was changed
or is a file of the user, is read as YAML. `docs/generate.py` writes the trees.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from curate.files.marked_yaml import Listing, Scalar, Table, Tree, read_tree

FILE = Path(__file__).with_name("preset_trees.txt")
"""A line for each: the digest, and the tree as JSON."""


def tree_of(text: str, file: str) -> Tree:
    """The tree of a rule file; ConfigError with all that is wrong with it as YAML."""
    stored = _stored().get(_digest(text.encode("utf-8", "surrogatepass")))
    return read_tree(text, file) if stored is None else _from_json(json.loads(stored))


def is_stored(content: bytes) -> bool:
    """Whether a tree is stored for a file of this content."""
    return _digest(content) in _stored()


def stored_trees(texts: Iterable[str]) -> str:
    """The content of FILE for presets of these texts."""
    return "".join(f"{_digest(text.encode())} {_written(read_tree(text, ''))}\n" for text in texts)


@cache
def _stored() -> Mapping[str, str]:
    lines = FILE.read_text(encoding="utf-8").split("\n")
    return dict(line.split(" ", 1) for line in lines if line)


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _written(tree: Tree) -> str:
    return json.dumps(_as_json(tree), ensure_ascii=False, separators=(",", ":"))


def _as_json(tree: Tree) -> list[Any]:
    """`[line, text]`, and a third value for quotes; `[line, items]`; `[line, keys, items]`."""
    match tree:
        case Scalar():
            return [tree.line, tree.text] if tree.plain else [tree.line, tree.text, "quoted"]
        case Listing():
            return [tree.line, [_as_json(item) for item in tree.items]]
        case Table():
            entries = [(_as_json(key), _as_json(item)) for key, item in tree.entries]
            return [tree.line, [key for key, _ in entries], [item for _, item in entries]]


def _from_json(tree: list[Any]) -> Tree:
    line, content, *more = tree
    if isinstance(content, str):
        return _scalar(tree)
    if not more:
        return Listing(line, tuple(map(_from_json, content)))
    return Table(line, tuple(zip(map(_scalar, content), map(_from_json, more[0]), strict=True)))


def _scalar(tree: list[Any]) -> Scalar:
    line, text, *quoted = tree
    return Scalar(line, text, plain=not quoted)
