"""average.json: the average of a run's best checkpoints, and whether it is better than the best."""

from __future__ import annotations

from typing import ClassVar, Literal

from curate.artifacts.base import CommandArtifact, Model, SchemaId
from train.artifacts.wer import Change


class AveragedCheckpoint(Model):
    """A checkpoint in the average, and the figures of its validation."""

    file: str
    step: int
    val_loss: float | None
    val_wer: float | None


class Average(CommandArtifact):
    """average.json.

    `change` is that of the average against the `best` model on the manifest, whose WERs are null
    without reference words. model.nemo beside it holds the weights of `chosen`.
    """

    file: ClassVar[str] = "average.json"
    made_by: ClassVar[str] = "train average"

    schema_id: SchemaId[Literal["train.average/1"]] = "train.average/1"
    run: str
    checkpoints: tuple[AveragedCheckpoint, ...]
    best: str
    manifest: str
    utterances: int
    change: Change
    chosen: Literal["average", "best"]
