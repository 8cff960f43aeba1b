"""ledger.json: every row that came in went out exactly once, in rows, bytes and microseconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, Self

from curate.artifacts.base import Artifact, Model, SchemaId


class Amount(Model):
    """So many rows: their bytes (lines without line ends) and their declared duration."""

    rows: int
    bytes: int
    duration_us: int

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            rows=self.rows + other.rows,
            bytes=self.bytes + other.bytes,
            duration_us=self.duration_us + other.duration_us,
        )


NOTHING = Amount(rows=0, bytes=0, duration_us=0)


class Entry(Model):
    """One named output and what went into it."""

    name: str
    rows: int
    bytes: int
    duration_us: int

    @classmethod
    def of(cls, name: str, amount: Amount) -> Self:
        """The output `name`, of this amount."""
        return cls(name=name, rows=amount.rows, bytes=amount.bytes, duration_us=amount.duration_us)

    @property
    def amount(self) -> Amount:
        """What went into it."""
        return Amount(rows=self.rows, bytes=self.bytes, duration_us=self.duration_us)


class BlankLines(Model):
    """Lines of only white space: no rows, and in no output."""

    rows: int
    bytes: int


class Ledger(Artifact):
    """Inputs against outputs of one stage. `copies` repeat rows and do not count."""

    file: ClassVar[str] = "ledger.json"
    made_by: ClassVar[str] = "the command that writes its directory"

    schema_id: SchemaId[Literal["curate.ledger/1"]] = "curate.ledger/1"
    stage: str
    inputs: Amount
    outputs: tuple[Entry, ...]
    copies: tuple[Entry, ...]
    blank: BlankLines
    balanced: bool

    @classmethod
    def of(
        cls,
        stage: str,
        inputs: Amount,
        outputs: Sequence[Entry],
        copies: Sequence[Entry] = (),
        blank: BlankLines | None = None,
    ) -> Self:
        """The ledger of a stage: balanced where the outputs add up to the inputs."""
        return cls(
            stage=stage,
            inputs=inputs,
            outputs=tuple(outputs),
            copies=tuple(copies),
            blank=blank or BlankLines(rows=0, bytes=0),
            balanced=sum((entry.amount for entry in outputs), NOTHING) == inputs,
        )

    def check(self) -> None:
        """Raise where a row was lost or doubled. That is a bug of this program, never a fault of
        the input.
        """
        assert self.balanced, f"the ledger of {self.stage} does not balance: {self.as_json()}"
