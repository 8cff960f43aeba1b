"""What every artefact has: its contract, command, versions and, where it keeps one, a ledger."""

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


class Twin(Model):
    """A JSON file that a page was made from."""

    file: str
    sha256: str
    bytes: int


class Amount(Model):
    """One side of a ledger."""

    name: str = ""
    rows: int | None = None
    bytes: int | None = None
    duration_us: int | None = None


class Ledger(Model):
    """ledger.json: what went in and where all of it went."""

    stage: str = ""
    inputs: Amount = Amount()
    outputs: tuple[Amount, ...] = ()
    copies: tuple[Amount, ...] = ()
    blank: Amount = Amount()
    balanced: bool | None = None


class Gate(Model):
    """A gate of --fail-on or of a preset: the figure in words, and whether it failed."""

    gate: str
    figure: str
    failed: bool


class Artefact(Model):
    """What every artefact says of itself. `ledger` and `twins` are filled in on reading."""

    contract: ClassVar[str] = ""

    schema_name: str = Field(alias="schema")
    command: str = ""
    versions: Mapping[str, str] = Field(default_factory=dict)
    fail_on: tuple[Gate, ...] = ()
    ledger: Ledger | None = Field(default=None, alias="(ledger)")
    twins: tuple[Twin, ...] = Field(default=(), alias="(twins)")

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
