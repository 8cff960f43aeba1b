"""What to score, by which model, and which part of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from curate.errors import ConfigError

Device = Literal["auto", "cpu", "gpu"]


@dataclass(frozen=True, slots=True)
class Part:
    """The `number`-th of `count` parts of the pieces, from 1."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Part:
        """The part that `k/n` names; ConfigError where it names none."""
        match = re.fullmatch(r"(\d+)/(\d+)", text)
        part = cls(int(match[1]), int(match[2])) if match else cls(0, 0)
        if not 1 <= part.number <= part.count:
            raise ConfigError.of("--part", f"{text!r} is no part", "for instance --part 1/8")
        return part


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """What to score, and by which model: `manifests`, or the records of the directories of shards
    in `data`. Rows longer than `max_duration_s` are not scored.
    """

    model: str
    manifests: Sequence[Path]
    out: Path
    batch_size: int = 16
    device: Device = "auto"
    max_duration_s: float = 40.0
    command: str = ""
    data: Sequence[Path] = ()

    def __post_init__(self) -> None:
        if bool(self.manifests) == bool(self.data):
            what = "exactly one is needed"
            raise ConfigError.of("--manifest, --data", what, "name manifests, or shards")
