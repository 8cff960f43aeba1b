"""What all artifacts share: a schema with its version, strict reading, and whole writing.

A model declares each key of its file once. Producers build the model, readers use its attributes,
so that a renamed key is a type error. A key may be null only where its model says what null means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NoReturn, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curate.artifacts.outputs import write_json
from curate.artifacts.pages import first_screen
from curate.errors import Fault, InputError
from curate.errors.nearest import lacking, unreadable

if TYPE_CHECKING:
    from curate.formatting.notebook import HtmlTable

T = TypeVar("T")


def _is_none(value: object) -> bool:
    return value is None


SchemaId = Annotated[T, Field(alias="schema")]
"""The type of `schema_id`: `SchemaId[Literal["curate.profile/1"]]`, with that as its default."""
OptionalKey = Annotated[T | None, Field(exclude_if=_is_none)]
"""The type of a key that the file lacks where its value is None; None is its default."""


class Model(BaseModel):
    """A JSON object: frozen, strict types, no further keys, no NaN and no infinity.

    Keys are named by attributes, or by the alias where the JSON name is no Python name.
    """

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        defer_build=True,  # a command imports more models than it reads or writes
    )

    def as_json(self) -> dict[str, Any]:
        """The object as plain JSON values, keys in the order of their declaration."""
        return self.model_dump(mode="json")


class Artifact(Model):
    """What a command makes: a JSON document with a schema; `made_by` is the command.

    `file` is its name in a directory; an artifact that is only answered with `--json` has none.
    """

    file: ClassVar[str]
    made_by: ClassVar[str]

    schema_id: SchemaId[str]

    def headline(self) -> str:
        """The artifact in one line, as `print` shows it."""
        return f"{type(self).__name__} ({self.schema_read()})"

    def html_tables(self) -> Iterator[HtmlTable]:
        """The tables that a notebook shows below the headline."""
        yield from ()

    def __str__(self) -> str:
        return self.headline()

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return self.html(self.headline())

    def html(self, headline: str) -> str:
        """The first screen of the artifact's page and its tables, under `headline`."""
        from curate.formatting.notebook import render_html

        return render_html(headline, self.html_tables(), first_screen(self))

    @classmethod
    def schema_read(cls) -> str:
        """The schema, with its version, that this version of the package reads."""
        return str(cls.model_fields["schema_id"].default)


class CommandArtifact(Artifact):
    """An artifact that records the command that made it, the versions of its libraries, and what
    a reader of the results must know.
    """

    command: str
    versions: Mapping[str, str]
    warnings: tuple[str, ...] = ()


class Gate(Model):
    """A gate of --fail-on or of a preset: its figure in words, and whether it failed."""

    gate: str
    figure: str
    failed: bool


class GatedArtifact(CommandArtifact):
    """An artifact of a command that has gates; `fail_on` holds those that were evaluated."""

    fail_on: tuple[Gate, ...] = ()

    def with_gates(self, gates: Sequence[Gate]) -> Self:
        """The same artifact with these gates."""
        return self.model_copy(update={"fail_on": tuple(gates)})


class RuleFile(Model):
    """The rule file by which rows got their verdicts."""

    name: str
    path: str
    sha256: str


class Normaliser(Model):
    """The steps of a text normaliser, and the versions of libraries that take part."""

    steps: tuple[str, ...]
    libraries: Mapping[str, str]


A = TypeVar("A", bound=Artifact)


def write_artifact(path: Path, artifact: Artifact) -> None:
    """Write `artifact` as JSON, whole or not at all; a directory gets the file of its name."""
    write_json(path / artifact.file if path.is_dir() else path, artifact.as_json())


def read_artifact(path: Path, model: type[A]) -> A:
    """The artifact at `path`, a file or the directory that holds it.

    InputError where the file is missing or unreadable, is not JSON or is of another schema, and
    one with all keys that are missing, unknown or of a wrong type.
    """
    hint = f"make it with {model.made_by}"
    file = path / model.file if path.suffix != ".json" or path.is_dir() else path
    if file != path and not file.is_file():
        raise InputError(lacking(path, model.file, hint))
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InputError(unreadable(file, error, hint)) from None
    return parse_artifact(raw, model, file)


def parse_artifact(raw: bytes, model: type[A], where: Path) -> A:
    """The artifact in the bytes of the file `where`. InputError as `read_artifact` has it."""
    try:
        artifact = model.model_validate_json(raw, by_name=False)
        if "schema_id" in artifact.model_fields_set:
            return artifact
    except ValidationError:
        pass  # read again below, at leisure, for what is wrong
    value = _escape_surrogates(_parse_json(raw, model, where))
    try:
        return model.model_validate_json(json.dumps(value), by_name=False)
    except ValidationError as error:
        raise InputError(*_key_faults(error, where, _remake(model))) from None


def _key_faults(error: ValidationError, where: Path, hint: str) -> Iterator[Fault]:
    """A fault for each wrong key; of keys in items of one list the first, and how many follow."""
    alike: dict[tuple[str, str], list[str]] = {}
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        path, what = _json_path(each["loc"]), _describe(each["type"], each["msg"])
        alike.setdefault((_INDEX.sub("[]", path), what), []).append(path)
    for (_, what), paths in alike.items():
        more = f" (and in {len(paths) - 1:,} more places like it)" if len(paths) > 1 else ""
        yield Fault(f"{where}: {paths[0]}", f"{what}{more}", hint)


_INDEX = re.compile(r"\[\d+\]")


def _parse_json(raw: bytes, model: type[Artifact], where: Path) -> object:
    """The JSON object, of the schema that `model` reads; InputError for any other content."""
    try:
        value: object = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError.of(where, f"is not JSON: {error}", _remake(model)) from None
    if not isinstance(value, dict):
        raise InputError.of(f"{where}: (top level)", "is no JSON object", _remake(model))
    schema = value.get("schema")
    if schema != model.schema_read():
        stated = "states no schema" if schema is None else f"is of schema {schema!r}"
        what = f"{stated}; this version reads {model.schema_read()}"
        raise InputError.of(where, what, _remake(model))
    return value


def _remake(model: type[Artifact]) -> str:
    return f"make it again with {model.made_by}"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


_SURROGATE = re.compile("[\ud800-\udfff]")


def _escape_surrogates(value: object) -> object:
    """`value` with lone surrogates, which no UTF-8 text can hold, spelt out."""
    if isinstance(value, dict):
        return {_escape(key): _escape_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_escape_surrogates(item) for item in value]
    return _escape(value) if isinstance(value, str) else value


def _escape(text: str) -> str:
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _json_path(location: tuple[int | str, ...]) -> str:
    """A place in a document, as `metrics[3].name`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".") or "(top level)"


def _describe(kind: str, message: str) -> str:
    known = {"missing": "is missing", "extra_forbidden": "is not a key of this schema"}
    return known.get(kind, f"{message[:1].lower()}{message[1:]}")
