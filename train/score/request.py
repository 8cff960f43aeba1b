"""What to score, and by which model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from train.runs.lines import check_sources

Device = Literal["auto", "cpu", "gpu"]


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
        check_sources(self.manifests, self.data)
