"""Lhotse's recipes: what they prepare of a published corpus, as files that are then the input.

A recipe is code of Lhotse's for one corpus; some fetch files that the corpus lacks. It passes over
what it cannot pair: audio files of the folder that are in none of its recordings are counted.
"""

from __future__ import annotations

import gzip
import inspect
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from curate.artifacts.outputs import whole_directory
from curate.environment.extras import require
from curate.errors import ConfigError, InputError, parameter
from curate.errors.nearest import suggest
from curate.manifest.folders.tree import Tree

_PREFIX = "prepare_"
_MARKER = "recipe.json"
_OUTPUT = "output_dir"
_KINDS = ("recordings", "supervisions")
Prepare = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a recipe prepared: the folder of its recordings and supervisions, and what it left."""

    folder: Path
    warnings: Sequence[str]


def prepare(name: str, inputs: Sequence[str], into: Path) -> Prepared:
    """Run the recipe `name` on one folder, and write what it prepares to the folder `into`.

    ConfigError for an unknown recipe, or one that takes more than a folder; InputError where the
    recipe fails, or prepares nothing.
    """
    if len(inputs) != 1 or not Path(inputs[0]).is_dir():
        what = f"takes one folder, the corpus of {name}"
        raise ConfigError.of(parameter("recipe"), what, f"have {', '.join(inputs)}")
    recipe, folder = _function(name), os.path.realpath(inputs[0])
    with whole_directory(into, _own(into), _MARKER) as scratch:
        used = set[str]()
        for part, recordings, supervisions in _run(name, recipe, folder):
            stem = "_".join([name, *part])
            used.update(_sources(recordings))
            for kind, items in zip(_KINDS, (recordings, supervisions), strict=True):
                _write(scratch / f"{stem}_{kind}.jsonl.gz", items)
        (scratch / _MARKER).write_text(json.dumps({"recipe": name, "folder": folder}) + "\n")
    return Prepared(into, _left_out(folder, used))


def _own(into: Path) -> frozenset[str]:
    names = (each.name for each in into.iterdir()) if into.is_dir() else ()
    return frozenset(name for name in names if name.endswith(".jsonl.gz") or name == _MARKER)


def _function(name: str) -> tuple[Prepare, str]:
    """A recipe's function, and the name of the parameter that takes the folder."""
    recipes = require("lhotse.recipes", "recipes of corpora")
    known = [each.removeprefix(_PREFIX) for each in dir(recipes) if each.startswith(_PREFIX)]
    if name not in known:
        what = f"unknown recipe {name!r} of Lhotse's"
        raise ConfigError.of(parameter("recipe"), what, suggest(name, known))
    function: Prepare = getattr(recipes, f"{_PREFIX}{name}")
    parameters = inspect.signature(function).parameters.values()
    needed = [
        each.name
        for each in parameters
        if each.default is each.empty
        and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        and each.name != _OUTPUT
    ]
    if len(needed) != 1:
        what = f"the recipe {name} takes more than a folder ({', '.join(needed)})"
        hint = f"run lhotse prepare {name.replace('_', '-')}, and name the folder of its manifests"
        raise ConfigError.of(parameter("recipe"), what, hint)
    return function, needed[0]


Pair = tuple[tuple[str, ...], Sequence[Any], Sequence[Any]]


def _run(name: str, recipe: tuple[Prepare, str], folder: str) -> list[Pair]:
    """The parts that a recipe prepares, by the order of their names."""
    function, takes = recipe
    try:
        with TemporaryDirectory() as scratch:
            needs_output = _OUTPUT in inspect.signature(function).parameters
            output = {_OUTPUT: scratch} if needs_output else {}
            parts = sorted(_pairs(function(**{takes: folder}, **output)), key=lambda one: one[0])
    except Exception as error:
        first = ": ".join(filter(None, (type(error).__name__, str(error).split("\n", 1)[0])))
        what = f"Lhotse's recipe {name} fails: {first}"
        raise InputError.of(folder, what, "name the folder that the recipe expects") from None
    if not any(supervisions for _, _, supervisions in parts):
        what = f"Lhotse's recipe {name} prepares no supervision of it"
        raise InputError.of(folder, what, "name the folder that the recipe expects")
    return parts


def _pairs(value: object, part: tuple[str, ...] = ()) -> Iterator[Pair]:
    """Recordings with supervisions, however deep a recipe's dictionaries of parts go."""
    if not isinstance(value, Mapping):
        return
    if all(value.get(kind) is not None for kind in _KINDS):
        recordings, supervisions = (
            sorted(value[kind], key=lambda one: str(one.id)) for kind in _KINDS
        )
        yield part, recordings, supervisions
        return
    for key, inner in value.items():
        yield from _pairs(inner, (*part, re.sub(r"[^\w.-]", "-", str(key))))


def _sources(recordings: Sequence[Any]) -> Iterator[str]:
    for recording in recordings:
        yield from (os.path.realpath(str(each.source)) for each in recording.sources)


def _write(path: Path, items: Sequence[Any]) -> None:
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
        for item in items:
            file.write(json.dumps(item.to_dict(), ensure_ascii=False).encode() + b"\n")


def _left_out(folder: str, used: set[str]) -> Sequence[str]:
    """How many audio files of the folder are in no recording, with the first."""
    audio = (os.path.realpath(f"{folder}/{name}") for name in Tree.read(folder).audio)
    left = [path for path in audio if path not in used]
    if not left:
        return ()
    what = f"{len(left):,} audio files are in no recording of the recipe, such as {left[0]}"
    return [what]
