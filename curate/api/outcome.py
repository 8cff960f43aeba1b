"""What a verb gives to its caller: the artefact, and the gates that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from curate.errors import GateFailed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """An artefact that was made, and the gates that failed; outputs are written with either."""

    artifact: T
    failed: GateFailed | None = None

    def passed(self) -> T:
        """The artefact; GateFailed where a gate failed."""
        if self.failed is not None:
            raise self.failed
        return self.artifact
