"""What every artefact has: its contract, command and versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Model(BaseModel):
    """Frozen; further keys ignored; no NaN, no infinity."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Steps(Model):
    """The steps of a normaliser, and the versions of libraries that take part."""

    steps: tuple[str, ...] = ()
    libraries: Mapping[str, str] = Field(default_factory=dict)


class Gate(Model):
    """A gate of --fail-on or of a preset: the figure in words, and whether it failed."""

    gate: str
    figure: str
    failed: bool


class Artefact(Model):
    """What every artefact says of itself."""

    contract: ClassVar[str] = ""

    schema_name: str = Field(alias="schema")
    command: str = ""
    versions: Mapping[str, str] = Field(default_factory=dict)
    fail_on: tuple[Gate, ...] = ()

    @field_validator("schema_name")
    @classmethod
    def _known_schema(cls, name: str) -> str:
        if name != cls.contract:
            raise ValueError(f"this page reads {cls.contract}, not {name!r}")
        return name


class Rules(Model):
    """The rule file that judged the rows."""

    name: str | None = None
    path: str | None = None
    sha256: str | None = None
