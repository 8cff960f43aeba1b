"""The page about the JSON files that commands write, from the models of curate and train."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import curate.artifacts
import train.artifacts
from curate.artifacts.base import Artifact

Schema = Mapping[str, Any]

HEAD = """The JSON files that commands write, and what commands print with `--json`, key by key.
`keys[]` is each item of a list, `keys.*` each value of a mapping whose keys are data. A key is
always present unless it is optional, and null only where its type allows it. A version of the
package reads the schema version that is named here and refuses any other.
JSON Schema, for programs:

```python
from curate.artifacts.profile import Profile

schema = Profile.model_json_schema(mode="serialization")
```
"""


def artifacts() -> list[type[Artifact]]:
    """The models of all files, by the name of the file; then those of answers, by command."""
    for package in (curate.artifacts, train.artifacts):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    models = [model for model in _subclasses(Artifact) if hasattr(model, "made_by")]
    return sorted(models, key=lambda model: (not hasattr(model, "file"), _title(model)))


def _title(model: type[Artifact]) -> str:
    """A file by its name, an answer by the command that prints it."""
    return model.file if hasattr(model, "file") else f"{model.made_by} --json"


def artifact_lines(model: type[Artifact]) -> Iterator[str]:
    """A file: what it is, who writes it, and its keys."""
    schema = model.model_json_schema(mode="serialization")
    yield from (
        f"## {_title(model)}",
        "",
        f"`{model.schema_read()}`, written by {model.made_by}.",
        "",
    )
    yield from (inspect.cleandoc(model.__doc__ or ""), "")
    yield from ("| key | type | meaning |", "| --- | --- | --- |")
    for path, kind, meaning in _keys(schema, schema.get("$defs", {}), ""):
        yield f"| `{path}` | {kind} | {' '.join(meaning.split())} |"
    yield ""


def _subclasses(model: type[Artifact]) -> Iterator[type[Artifact]]:
    for child in model.__subclasses__():
        yield child
        yield from _subclasses(child)


def _keys(schema: Schema, defs: Schema, before: str) -> Iterator[tuple[str, str, str]]:
    """The keys of an object with their types, and what objects are; those of its parts too."""
    for name, value in schema.get("properties", {}).items():
        path = f"{before}{name}"
        parts = list(_parts(value, defs, ""))
        optional = ", optional" if value.get("default", ...) is None else ""
        meaning = " ".join(part.get("description", "") for part, _ in parts)
        yield path, f"{_type(value, defs)}{optional}", meaning
        for part, suffix in parts:
            yield from _keys(part, defs, f"{path}{suffix}.")


def _parts(schema: Schema, defs: Schema, suffix: str) -> Iterator[tuple[Schema, str]]:
    """The objects within a value, and how they are reached."""
    if "$ref" in schema:
        yield defs[schema["$ref"].rpartition("/")[2]], suffix
    for each in schema.get("anyOf", ()):
        yield from _parts(each, defs, suffix)
    if isinstance(schema.get("items"), dict):
        yield from _parts(schema["items"], defs, f"{suffix}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _parts(schema["additionalProperties"], defs, f"{suffix}.*")


def _type(schema: Schema, defs: Schema) -> str:
    """A type in words: `number or null`, `list of objects`."""
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(each, defs) for each in schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(f"`{each}`" for each in schema["enum"])
    if "$ref" in schema:
        return "object"
    match schema.get("type"):
        case "array" if "prefixItems" in schema:
            return f"{len(schema['prefixItems'])} values: {_listed(schema['prefixItems'], defs)}"
        case "array":
            return f"list of {_plural(_type(schema['items'], defs))}"
        case "object" if isinstance(schema.get("additionalProperties"), dict):
            return f"mapping to {_plural(_type(schema['additionalProperties'], defs))}"
        case str(name):
            return name
        case _:
            return "any value"


def _listed(schemas: Sequence[Schema], defs: Schema) -> str:
    return ", ".join(_type(each, defs) for each in schemas)


def _plural(kind: str) -> str:
    """`numbers or null` of `number or null`."""
    first, *rest = kind.split(" ", 1)
    words = {"object", "string", "number", "integer", "boolean", "list", "mapping"}
    return " ".join((f"{first}s" if first in words else first, *rest))
