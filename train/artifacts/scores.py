"""scores.json: what `train score` made of its manifests; the scores are in scores.jsonl."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from curate.artifacts.base import CommandArtifact, Model, OptionalKey, SchemaId


class Missing(Model):
    """Rows that lack something, by the reason; `first` is where the first of them is."""

    reason: str
    rows: int
    first: str


class Scores(CommandArtifact):
    """scores.json. `lines` are all of the manifests but blank ones: `scored` ones with a
    hypothesis, those without one, and `malformed` ones, which are no records. `data` are the
    directories of shards whose records were scored, instead of manifests.

    `values` counts the rows that have each number. `hours` are of the scored rows.
    """

    file: ClassVar[str] = "scores.json"
    made_by: ClassVar[str] = "train score"

    schema_id: SchemaId[Literal["train.scores/1"]] = "train.scores/1"
    model: str
    manifests: tuple[str, ...]
    data: OptionalKey[tuple[str, ...]] = None
    lines: int
    scored: int
    hours: float
    malformed: int
    values: Mapping[str, int]
    missing: tuple[Missing, ...]
