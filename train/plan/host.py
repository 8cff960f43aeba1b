"""Memory of the host and the time to the first batch, from what Lhotse holds and reads.

Memory of one device's processes. Each data worker (without workers, the training process) fills its
own buffer: `bucket_buffer_size` and `shuffle_buffer_size`, which Lhotse adds up, of cuts with their
audio as it is stored. Then two batches a worker are ahead of training, decoded and padded; one is
being trained on. The training process holds NeMo, and the weights twice while it restores them;
workers are forks of it, and copy a part.

Time: before the first batch a worker reads its whole buffer, then decodes one batch. Workers do so
at the same time, on local disks; a network's bandwidth is on top.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from curate.nemo.archive import Archive
from train.artifacts.plan import PlanHost
from train.data import Blend
from train.plan.batches import Batches
from train.recipe import Recipe

PREFETCHED = 2
"""Batches that torch lets each worker make ahead."""

SAMPLE_BYTES = 4
STORED_BYTES_A_S = 18_000
"""FLAC of 16 kHz speech, where there are no shards yet to measure."""

CUT_BYTES = 4_000
"""A cut's objects in memory, beside its audio: supervision, recording, tokens of the prompt."""

PROCESS_BYTES = 1_500_000_000
WORKER_BYTES = 400_000_000
READ_S = 0.0007
"""To read a cut from a shard, tokenize it and put it in its bucket, on one core."""

DECODE_S = 0.0016
"""To decode a second of FLAC and pad it into a batch, on one core."""


@dataclass(frozen=True, slots=True)
class Host:
    """What the processes of one device hold, and how long they read before the first batch."""

    buffered_cuts: int
    buffer_bytes: int
    memory_bytes: int
    first_batch_s: float

    def record(self) -> PlanHost:
        """The estimate for plan.json."""
        return PlanHost(
            buffered_cuts=self.buffered_cuts,
            buffer_bytes=self.buffer_bytes,
            memory_bytes=self.memory_bytes,
            first_batch_s=round(self.first_batch_s, 1),
        )


def estimate_host(archive: Archive, recipe: Recipe, batches: Batches, blend: Blend | None) -> Host:
    """The estimate for one device; `blend` is None before there are shards."""
    section: dict[str, Any] = recipe.config["train_ds"]
    workers = section["num_workers"]
    cuts = section["bucket_buffer_size"] + section["shuffle_buffer_size"]
    buffer = cuts * int(CUT_BYTES + _stored_bytes(batches, blend))
    padded_s = batches.speech_a_batch_s * max((p.audio for p in batches.padding), default=1.0)
    batch = int(padded_s * section["sample_rate"] * SAMPLE_BYTES)
    ahead = PREFETCHED * workers + 1
    processes = PROCESS_BYTES + workers * WORKER_BYTES + 2 * archive.weights_bytes
    return Host(
        buffered_cuts=max(1, workers) * cuts,
        buffer_bytes=max(1, workers) * buffer,
        memory_bytes=max(1, workers) * buffer + ahead * batch + processes,
        first_batch_s=cuts * READ_S + padded_s * DECODE_S,
    )


def _stored_bytes(batches: Batches, blend: Blend | None) -> float:
    """Mean size of a recording in the shards; without shards, by its length."""
    shards = [] if blend is None else [shard for _, shard in blend.shards()]
    cuts = sum(shard.cuts for shard in shards)
    if not cuts:
        return STORED_BYTES_A_S * batches.hours * 3600 / max(1, batches.cuts)
    return sum(shard.sizes.get("recording", 0) for shard in shards) / cuts
