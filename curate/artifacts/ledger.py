"""The ledger: every row that came in went out exactly once, in rows, bytes and microseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

SCHEMA = "curate.ledger/1"


@dataclass(frozen=True, slots=True)
class Amount:
    """So many rows: their bytes (lines without line ends) and their declared duration."""

    rows: int = 0
    bytes: int = 0
    duration_us: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            self.rows + other.rows,
            self.bytes + other.bytes,
            self.duration_us + other.duration_us,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One named output and what went into it."""

    name: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class Ledger:
    """Inputs against outputs of one stage. `copies` repeat rows and do not count."""

    stage: str
    inputs: Amount
    outputs: Sequence[Entry]
    copies: Sequence[Entry] = ()
    blank: Amount = field(default_factory=Amount)

    @property
    def balanced(self) -> bool:
        """Whether the outputs add up to the inputs in all three measures."""
        return sum((entry.amount for entry in self.outputs), Amount()) == self.inputs

    def check(self) -> None:
        """Raise where a row was lost or doubled. That is a bug of ours, never the user's."""
        assert self.balanced, f"the ledger of {self.stage} does not balance: {self.as_json()}"

    def as_json(self) -> Mapping[str, object]:
        """The artefact `ledger.json`."""
        return {
            "schema": SCHEMA,
            "stage": self.stage,
            "inputs": asdict(self.inputs),
            "outputs": [_entry(entry) for entry in self.outputs],
            "copies": [_entry(entry) for entry in self.copies],
            "blank": {"rows": self.blank.rows, "bytes": self.blank.bytes},
            "balanced": self.balanced,
        }


def _entry(entry: Entry) -> Mapping[str, object]:
    return {"name": entry.name, **asdict(entry.amount)}
