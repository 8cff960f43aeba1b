"""bins.json: duration buckets of the stored rows, and by tokens where there are tokenizers."""

from __future__ import annotations

from typing import ClassVar, Literal

from curate.artifacts.base import Artifact, OptionalKey, SchemaId


class Buckets(Artifact):
    """bins.json, which `curate shard` writes, with the names of NeMo's training configuration.

    The last three keys are absent without `--tokenizer`.
    """

    file: ClassVar[str] = "bins.json"
    made_by: ClassVar[str] = "curate shard"

    schema_id: SchemaId[Literal["curate.bins/1"]] = "curate.bins/1"
    rows: int
    num_buckets: int
    max_duration: float
    bucket_duration_bins: tuple[float, ...]
    tokenizers: OptionalKey[tuple[str, ...]] = None
    bucket_duration_bins_2d: OptionalKey[tuple[tuple[float, int], ...]] = None
    max_tps: OptionalKey[tuple[float, ...]] = None
