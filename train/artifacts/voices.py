"""voices.json: what `train voices` made of its manifests; the rows are in voices.jsonl."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from curate.artifacts.base import CommandArtifact, Model, OptionalKey, SchemaId
from train.artifacts.scores import Missing


class EqualErrorRate(Model):
    """Over pairs of records: the `cosine` at which as large a share of the pairs of one name is
    below as of the pairs of two names is above it, and that share.
    """

    rate: float
    cosine: float
    pairs: int
    pairs_of_one_name: int


class Voices(CommandArtifact):
    """voices.json. `lines` are all of the manifests but blank ones: `embedded` ones with a voice
    embedding of so many `dimensions`, those without one, and `malformed` ones: no records. They are
    of `manifests`, or of the records of the directories of shards in `data`.

    `model` made the embeddings, or is the file that they were read from. `named` rows have a
    speaker and a voice. Records whose cosine is `same_voice` or more are of one of the `clusters`.
    `values` counts the rows that have each number. `equal_error_rate` compares the names; null
    where no two records are of one name, or all are.
    """

    file: ClassVar[str] = "voices.json"
    made_by: ClassVar[str] = "train voices"

    schema_id: SchemaId[Literal["train.voices/1"]] = "train.voices/1"
    model: str
    dimensions: int
    same_voice: float
    manifests: tuple[str, ...]
    data: OptionalKey[tuple[str, ...]] = None
    lines: int
    embedded: int
    hours: float
    malformed: int
    named: int
    speakers: int
    clusters: int
    values: Mapping[str, int]
    equal_error_rate: EqualErrorRate | None
    missing: tuple[Missing, ...]
