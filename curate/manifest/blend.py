"""NeMo's `input_cfg`: a YAML list of datasets with weights and tags, groups among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from curate.errors import Fault, InputError, raise_all
from curate.manifest.chunks import read_head
from curate.manifest.origin import Origin

WEIGHT = "_weight"
_LARGEST = 4 << 20
_DEEPEST = 16

Node = yaml.Node
Finder = Callable[[str, str], list[Origin]]
"""(name or pattern, format) to the origins behind it."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One dataset of the blend, with what it inherits."""

    file: str
    line: int
    fields: Mapping[str, Node]
    weight: float | None
    tags: Mapping[str, str]

    def fault(self, what: str, hint: str = "") -> InputError:
        return InputError(Fault(f"{self.file}:{self.line}", what, hint))


def find_blend(name: str, find: Finder) -> list[Origin]:
    """The origins of a blend: each carries its tags, and `_weight`, the product down its groups.

    Scalars are text, as written (`no` is a language). Paths are relative to the working folder as
    NeMo has it, else to the YAML file's. Raises InputError with every fault and its line.
    """
    found: list[Origin] = []
    faults: list[Fault] = []
    for entry in _entries(name, None, {}, 0):
        try:
            found.extend(_origins(entry, find))
        except InputError as error:
            faults.extend(error.faults)
    raise_all(InputError, faults)
    return found


def _origins(entry: _Entry, find: Finder) -> list[Origin]:
    kind = _scalar(entry.fields.get("type"))
    keys = _KEYS.get(kind)
    if keys is None:
        raise entry.fault(f"type {kind!r} holds no speech records", f"known: {', '.join(_KEYS)}")
    key, format = keys
    paths = _texts(entry.fields.get(key))
    if not paths:
        raise entry.fault(f"{kind} needs {key}")
    added = dict(entry.tags)
    if entry.weight is not None:
        added[WEIGHT] = repr(entry.weight)
    tars = [
        tar.name
        for path in _texts(entry.fields.get("tarred_audio_filepaths"))
        for tar in find(_near(path, entry.file), "nemo")
    ]
    origins = [one for path in paths for one in find(_near(path, entry.file), format)]
    if tars:
        origins = [replace(one, beside={"tars": tuple(tars)}) for one in origins]
    return [replace(one, added=added) for one in origins]


_KEYS = {
    "nemo": ("manifest_filepath", "nemo"),
    "nemo_tarred": ("manifest_filepath", "nemo_tarred"),
    "lhotse": ("cuts_path", "lhotse_cuts"),
    "lhotse_shar": ("shar_path", "lhotse_shar"),
}


def _near(path: str, file: str) -> str:
    beside = Path(file).parent / path
    return str(beside) if not Path(path).exists() and not Path(path).is_absolute() else path


def _entries(
    file: str, weight: float | None, tags: Mapping[str, str], depth: int
) -> Iterator[_Entry]:
    root = _compose(file)
    yield from _in_node(file, root, weight, tags, depth)


def _in_node(
    file: str, node: Node, weight: float | None, tags: Mapping[str, str], depth: int
) -> Iterator[_Entry]:
    if isinstance(node, yaml.MappingNode):
        inner = _mapping(file, node).get("input_cfg")
        if inner is None:
            raise InputError(Fault(f"{file}:{_line(node)}", "is no blend: it has no input_cfg"))
        node = inner
    if depth > _DEEPEST:
        raise InputError(Fault(f"{file}:{_line(node)}", "its groups are nested too deeply"))
    if isinstance(node, yaml.ScalarNode):
        yield from _entries(_near(node.value, file), weight, tags, depth + 1)
        return
    for child in node.value:
        fields = _mapping(file, child)
        entry = _Entry(
            file,
            _line(child),
            fields,
            _weighted(file, fields.get("weight"), weight),
            {**tags, **_tags(file, fields.get("tags"))},
        )
        if _scalar(fields.get("type")) != "group":
            yield entry
        elif "input_cfg" not in fields:
            raise entry.fault("group needs input_cfg")
        else:
            yield from _in_node(file, fields["input_cfg"], entry.weight, entry.tags, depth + 1)


def _weighted(file: str, node: Node | None, inherited: float | None) -> float | None:
    if node is None:
        return inherited
    try:
        value = float(_scalar(node))
        if not 0 <= value < float("inf"):
            raise ValueError
    except ValueError:
        said = "weight is no number from 0"
        raise InputError(Fault(f"{file}:{_line(node)}", said)) from None
    return value if inherited is None else value * inherited


def _tags(file: str, node: Node | None) -> Mapping[str, str]:
    if node is None:
        return {}
    return {key: _scalar(value) for key, value in _mapping(file, node).items()}


def _compose(file: str) -> Node:
    """The YAML's nodes; nothing is constructed, and aliases are refused."""
    text = read_head(file, _LARGEST)
    depth = 0
    try:
        for event in yaml.parse(text, yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > 4 * _DEEPEST:  # before its nodes are built: that would take for ever
                raise InputError.of(file, "is nested too deeply")
            if isinstance(event, yaml.AliasEvent):
                where = f"{file}:{event.start_mark.line + 1 if event.start_mark else 1}"
                raise InputError(Fault(where, "aliases are not read", "write it out"))
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise InputError.of(file, f"is no YAML: {said}") from None
    except RecursionError:
        raise InputError.of(file, "is nested too deeply") from None
    if not isinstance(node, yaml.SequenceNode | yaml.MappingNode):
        raise InputError.of(file, "is no blend: neither a list nor a mapping with input_cfg")
    return node


def _mapping(file: str, node: Node) -> Mapping[str, Node]:
    if not isinstance(node, yaml.MappingNode):
        raise InputError(Fault(f"{file}:{_line(node)}", "a mapping is due here"))
    found: dict[str, Node] = {}
    for key, value in node.value:
        if _scalar(key) in found:
            raise InputError(Fault(f"{file}:{_line(key)}", f"{_scalar(key)!r} stands twice"))
        found[_scalar(key)] = value
    return found


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _scalar(node: Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _texts(node: Node | None) -> Sequence[str]:
    """A path, or every path of a list (of lists, of a mapping with `cuts`)."""
    if isinstance(node, yaml.ScalarNode):
        return [node.value]
    if isinstance(node, yaml.SequenceNode):
        return [text for child in node.value for text in _texts(child)]
    if isinstance(node, yaml.MappingNode):
        return [t for key, value in node.value if _scalar(key) == "cuts" for t in _texts(value)]
    return []
