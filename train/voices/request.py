"""Whose voices to compare, and by which embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from train.runs.lines import check_sources

SAME_VOICE = 0.6
"""Between the cosines of the equal error rates on recorded digits and on Common Voice."""


@dataclass(frozen=True, slots=True)
class VoicesRequest:
    """Whose voices to compare, by the embeddings of a file (`embeddings`), else by CAM++ from the
    directory `model` or as it is installed: those of `manifests`, or of the directories of shards
    in `data`. Records whose cosine is `same_voice` or more are put into one cluster.
    """

    manifests: Sequence[Path]
    out: Path
    embeddings: Path | None = None
    model: Path | None = None
    device: Literal["auto", "cpu", "gpu"] = "auto"
    same_voice: float = SAME_VOICE
    command: str = ""
    data: Sequence[Path] = ()

    def __post_init__(self) -> None:
        check_sources(self.manifests, self.data)
