"""NeMo's `input_cfg`: a YAML list of datasets with weights and tags, groups among them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from curate.errors import Fault, InputError, raise_all
from curate.files.marked_yaml import Listing, Scalar, Table, Tree, read_tree
from curate.manifest.chunks import read_head
from curate.manifest.origin import Origin

WEIGHT = "_weight"
_LARGEST = 4 << 20
_DEEPEST = 16

Finder = Callable[[str, str], list[Origin]]
"""(name or pattern, format) to the origins behind it."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One dataset of the blend, with what it inherits."""

    file: str
    line: int
    fields: Mapping[str, Tree]
    weight: float | None
    tags: Mapping[str, str]

    def fault(self, what: str, hint: str = "") -> InputError:
        return InputError(Fault(f"{self.file}:{self.line}", what, hint))


def find_blend(name: str, find: Finder) -> list[Origin]:
    """The origins of a blend: each carries its tags, and `_weight`, the product down its groups.

    Weights in a group, or in a list of paths (`[[path, 0.3], ...]`), are shares of the whole that
    they are in, as NeMo has them. Scalars are text, as written (`no` is a language), once
    `${oc.env:NAME}`, `${oc.env:NAME,default}` and `${key}` of the file's own are put in. Paths are
    relative to the working folder as NeMo has it, else to the YAML file's. Raises InputError with
    every fault and its line.
    """
    origins: list[Origin] = []
    faults: list[Fault] = []
    for entry in _entries(name, None, {}, 0):
        try:
            origins.extend(_origins(entry, find))
        except InputError as error:
            faults.extend(error.faults)
    raise_all(InputError, faults)
    return origins


def _origins(entry: _Entry, find: Finder) -> list[Origin]:
    kind = _scalar(entry.fields.get("type"))
    keys = _KEYS.get(kind)
    if keys is None:
        raise entry.fault(f"type {kind!r} holds no speech records", f"known: {', '.join(_KEYS)}")
    key, format = keys
    paths = _paths(entry, entry.fields.get(key))
    if not paths:
        raise entry.fault(f"{kind} needs {key}")
    tar_paths = _paths(entry, entry.fields.get("tarred_audio_filepaths"))
    _check_pairs(entry, entry.fields.get(key), len(paths), len(tar_paths))
    tars = [tar.name for path, _ in tar_paths for tar in find(_near(path, entry.file), "nemo")]
    whole = sum(share for _, share in paths if share is not None)
    origins = []
    for path, share in paths:
        weight = entry.weight if share is None else (entry.weight or 1.0) * share / whole
        added = dict(entry.tags) if weight is None else {**entry.tags, WEIGHT: repr(weight)}
        for one in find(_near(path, entry.file), format):
            beside = {"tars": tuple(tars)} if tars else one.beside
            origins.append(replace(one, beside=beside, added=added))
    return origins


def _paths(entry: _Entry, node: Tree | None) -> list[tuple[str, float | None]]:
    """Paths as NeMo takes them, each with its weight where it has one: a path, `[path, ...]`,
    `[[path], ...]`, `[[path, weight], ...]`, or a mapping with `cuts`.
    """
    if isinstance(node, Table):
        node = node.values().get("cuts")
    if not isinstance(node, Listing):
        return [(node.text, None)] if isinstance(node, Scalar) else []
    paths = [_path(entry, item) for item in node.items]
    weighted = [weight for _, weight in paths if weight is not None]
    if weighted and (len(weighted) < len(paths) or not sum(weighted)):
        raise entry.fault("some paths of a list have a weight, others none or 0", "weigh them all")
    return paths


def _path(entry: _Entry, item: Tree) -> tuple[str, float | None]:
    match item:
        case Scalar(text=path) | Listing(items=(Scalar(text=path),)):
            return path, None
        case Listing(items=(Scalar(text=path), Scalar() as weight)):
            if not weight.plain:
                raise entry.fault(f"weight {weight.text!r} is text", "write it without quotes")
            return path, _number_from_0(entry.file, weight)
    raise entry.fault("a list of paths holds [path] or [path, weight]", "a bracket for each")


def _check_pairs(entry: _Entry, manifests: Tree | None, count: int, tars: int) -> None:
    """NeMo pairs both lists and passes over what one has more of, without a word."""
    if isinstance(manifests, Listing) and tars and tars != count:
        read = f"NeMo would read {min(count, tars)}"
        what = f"{count} manifests and {tars} tarred_audio_filepaths: {read}"
        raise entry.fault(what, "name the tars of each manifest")


_KEYS = {
    "nemo": ("manifest_filepath", "nemo"),
    "nemo_tarred": ("manifest_filepath", "nemo_tarred"),
    "lhotse": ("cuts_path", "lhotse_cuts"),
    "lhotse_shar": ("shar_path", "lhotse_shar"),
    "parquet": ("manifest_filepath", "parquet"),
}


def _near(path: str, file: str) -> str:
    beside = Path(file).parent / path
    return str(beside) if not Path(path).exists() and not Path(path).is_absolute() else path


def _entries(
    file: str, weight: float | None, tags: Mapping[str, str], depth: int
) -> Iterator[_Entry]:
    yield from _in_node(file, _read(file), weight, tags, depth)


def _in_node(
    file: str, node: Tree, weight: float | None, tags: Mapping[str, str], depth: int
) -> Iterator[_Entry]:
    if isinstance(node, Table):
        inner = node.values().get("input_cfg")
        if inner is None:
            raise InputError(Fault(f"{file}:{node.line}", "is not a blend: it has no input_cfg"))
        node = inner
    if depth > _DEEPEST:
        raise InputError(Fault(f"{file}:{node.line}", "its groups are nested too deeply"))
    if isinstance(node, Scalar):
        yield from _entries(_near(node.text, file), weight, tags, depth + 1)
        return
    children = [(child, _mapping(file, child)) for child in _items(file, node)]
    shares = _shares(file, [fields.get("weight") for _, fields in children], depth)
    for (child, fields), share in zip(children, shares, strict=True):
        entry = _Entry(
            file,
            child.line,
            fields,
            weight if share is None else share * (1.0 if weight is None else weight),
            {**tags, **_tags(file, fields.get("tags"))},
        )
        if _scalar(fields.get("type")) != "group":
            yield entry
        elif "input_cfg" not in fields:
            raise entry.fault("group needs input_cfg")
        else:
            yield from _in_node(file, fields["input_cfg"], entry.weight, entry.tags, depth + 1)


def _shares(file: str, nodes: Sequence[Tree | None], depth: int) -> list[float | None]:
    """The weights of a group's datasets; inside a group its shares. All have one, or none has."""
    weights = [None if node is None else _number_from_0(file, node) for node in nodes]
    given = [weight for weight in weights if weight is not None]
    if not given:
        return list(weights)
    if len(given) < len(weights):
        first = next(node for node in nodes if node is not None)
        what = "weighs a dataset whose neighbours have no weight: NeMo refuses that"
        raise InputError(Fault(f"{file}:{first.line}", what, "weigh all datasets, or none"))
    whole = sum(given) if depth else 1.0
    return [weight / whole if whole else 0.0 for weight in given]


def _number_from_0(file: str, node: Tree) -> float:
    try:
        value = float(_scalar(node))
        if not 0 <= value < float("inf"):
            raise ValueError
    except ValueError:
        fault = "weight is not a number >= 0"
        raise InputError(Fault(f"{file}:{node.line}", fault)) from None
    return value


def _tags(file: str, node: Tree | None) -> Mapping[str, str]:
    if node is None:
        return {}
    return {key: _scalar(value) for key, value in _mapping(file, node).items()}


def _read(file: str) -> Tree:
    """The YAML's tree, with what its `${...}` stand for."""
    try:
        text = read_head(file, _LARGEST).decode()
    except UnicodeDecodeError as error:
        raise InputError.of(file, f"is not UTF-8: {error.reason}") from None
    tree = read_tree(text, file, error=InputError)
    if isinstance(tree, Scalar):
        raise InputError.of(file, "is not a blend: neither a list nor a mapping with input_cfg")
    return _interpolated(file, tree, _own_values(tree))


_INTERPOLATION = re.compile(r"\$\{([^${}]*)\}")


def _own_values(root: Tree) -> Mapping[str, str]:
    """The scalars at the top of a file, for `${key}`."""
    values = root.values() if isinstance(root, Table) else {}
    return {key: value.text for key, value in values.items() if isinstance(value, Scalar)}


def _interpolated(file: str, node: Tree, known: Mapping[str, str]) -> Tree:
    """Put in what `${...}` stands for, as OmegaConf does; InputError for what cannot be."""

    def put_in(scalar: Scalar) -> Scalar:
        where = f"{file}:{scalar.line}"
        text = _INTERPOLATION.sub(lambda match: _value(where, match[1], known), scalar.text)
        return scalar._replace(text=text)

    match node:
        case Scalar():
            return put_in(node)
        case Listing():
            items = (_interpolated(file, each, known) for each in node.items)
            return Listing(node.line, tuple(items))
        case Table():
            pairs = ((put_in(key), _interpolated(file, each, known)) for key, each in node.entries)
            return Table(node.line, tuple(pairs))


def _value(where: str, name: str, known: Mapping[str, str]) -> str:
    resolver, colon, argument = name.partition(":")
    if not colon and name in known and "${" not in known[name]:
        return known[name]
    if resolver == "oc.env":
        variable, comma, default = argument.partition(",")
        value = os.environ.get(variable.strip(), default.strip() if comma else None)
        if value is not None:
            return value
        what = f"the environment variable {variable.strip()} is not set"
        hint = f"export it, or write ${{oc.env:{variable.strip()},default}}"
        raise InputError(Fault(where, what, hint))
    hint = "write the value out, or use ${oc.env:NAME}"
    raise InputError(Fault(where, f"${{{name}}} is not known here", hint))


def _mapping(file: str, node: Tree) -> Mapping[str, Tree]:
    if not isinstance(node, Table):
        raise InputError(Fault(f"{file}:{node.line}", "a mapping is due here"))
    return node.values()


def _items(file: str, node: Tree) -> Sequence[Tree]:
    if not isinstance(node, Listing):
        raise InputError(Fault(f"{file}:{node.line}", "a list of datasets is due here"))
    return node.items


def _scalar(node: Tree | None) -> str:
    return node.text if isinstance(node, Scalar) else ""
