"""batch_sizes.json: the largest batch of each bucket that a device has memory for."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from curate.artifacts.base import CommandArtifact, Model, SchemaId

BucketKind = Literal["1d", "2d"]
"""Buckets by duration, or by duration and tokens."""


class MeasuredModel(Model):
    """The model that was trained; `sha256` is of what decides its memory: class, configuration but
    for data and tokenizer files, size of the weights, overrides, frozen parts.
    """

    class_name: str = Field(alias="class")
    parameters: int
    sha256: str


class MeasuredDevice(Model):
    """The device, its memory, and the part of it that a step may take.

    `counted` is how bytes were counted: `allocator` is what CUDA's allocator held at most,
    `tensors` the bytes of all tensors alive at once, without the interpreter, libraries and buffers
    inside of one operation.
    """

    name: str
    memory_bytes: int
    budget_bytes: int
    counted: Literal["allocator", "tensors"]


class MeasuredBucket(Model):
    """A bucket: the longest recording and transcript (with prompt and end), the largest batch of
    such recordings, and the memory that a training step on it took.
    """

    upto_s: float
    upto_tokens: int
    batch_size: int
    peak_bytes: int


class BatchSizes(CommandArtifact):
    """batch_sizes.json. Buckets are sorted by duration, then by tokens.

    `distributed`: memory for the gradients of several devices was set apart. `accumulates`:
    gradients of earlier batches were there.
    """

    file: ClassVar[str] = "batch_sizes.json"
    made_by: ClassVar[str] = "train calibrate"

    schema_id: SchemaId[Literal["train.batch_sizes/1"]] = "train.batch_sizes/1"
    model: MeasuredModel
    device: MeasuredDevice
    precision: str
    distributed: bool
    accumulates: bool
    kind: BucketKind
    buckets: tuple[MeasuredBucket, ...]
