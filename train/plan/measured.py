"""Measured batch sizes (`train calibrate`), and whether they hold for a run.

They hold for a model of the same memory, in the same precision, on a device with as much memory,
and for every recording that the run draws.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from curate.artifacts.base import read_artifact
from curate.errors import ConfigError, Fault, raise_all
from curate.nemo.archive import Archive
from train.artifacts.batch_sizes import BatchSizes
from train.config import RunConfig
from train.plan.buckets import BucketData
from train.plan.demand import CPU, GIB, MOMENTS, Gpu
from train.recipe import DATA_SECTIONS
from train.recipe.behaviors import CONFIG_KEY
from train.recipe.buckets import Bucket, Buckets
from train.recipe.pitfalls import STARTING_POINTS

NO_MEMORY = frozenset(
    {
        *(*DATA_SECTIONS, *STARTING_POINTS, "optim", "tokenizer", "nemo_version", "version"),
        *("target", "prompt_format", "use_loss_mask_for_prompt", CONFIG_KEY),
    }
)
"""Sections of a model's configuration on which its memory in training does not depend."""

SAME_MEMORY = 0.02
"""Two devices of one kind differ by less: drivers reserve a little."""

AGAIN = "measure them again with `train calibrate`"


def read_batch_sizes(data: BucketData, archive: Archive, gpu: Gpu) -> Buckets:
    """The buckets and sizes of `train_ds.batch_sizes`; ConfigError with every reason why they do
    not hold for this run.
    """
    run = data.run
    path = run.train_ds.batch_sizes
    assert path is not None, "the run names a file"
    record = read_artifact(path, BatchSizes)
    key = memory_key(archive, run, data.tokenizer.vocabulary)
    faults = [*_of_model(record, archive, key), *_of_device(record, run, gpu)]
    faults += _of_data(record, run, data.limit)
    raise_all(ConfigError, [Fault(str(path), what, hint) for what, hint in faults])
    return Buckets(tuple(_buckets(record)), str(path))


def _buckets(record: BatchSizes) -> Iterator[Bucket]:
    for each in record.buckets:
        tokens = each.upto_tokens if record.kind == "2d" else None
        yield Bucket(each.upto_s, tokens, each.batch_size)


def memory_key(archive: Archive, run: RunConfig, vocabulary: int) -> str:
    """SHA-256 of what decides how much memory a step on a given batch takes, precision aside."""
    sections = {key: value for key, value in archive.config.items() if key not in NO_MEMORY}
    parts = {
        "class": archive.model_class,
        "vocabulary": vocabulary,
        "config": sections,
        "overrides": run.overrides,
        "freeze": run.freeze.model_dump(mode="json"),
        "adapter": run.adapter and run.adapter.model_dump(mode="json"),
        "average": run.optim.ema_decay is not None,
        "moments": MOMENTS[run.optim.name],
        "gradient_checkpointing": run.trainer.gradient_checkpointing,
    }
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _of_model(record: BatchSizes, archive: Archive, key: str) -> Iterator[tuple[str, str]]:
    if record.model.class_name != archive.model_class:
        what = f"was measured for a {record.model.class_name}, and this is a {archive.model_class}"
        yield what, AGAIN
    elif record.model.sha256 != key:
        what = "was measured for another model: its sizes, overrides, optimiser, frozen parts, "
        what += "adapter or average differ"
        yield what, AGAIN


def _of_device(record: BatchSizes, run: RunConfig, gpu: Gpu) -> Iterator[tuple[str, str]]:
    """Precision and memory; what is not known before the run starts is not compared."""
    trainer = run.trainer
    precision = gpu.precision if trainer.precision == "auto" else trainer.precision
    if precision is not None and precision != record.precision:
        what = f"was measured with precision {record.precision}, and this run has {precision}"
        yield what, f"trainer.precision: {record.precision}, or {AGAIN}"
    if trainer.devices * trainer.num_nodes > 1 and not record.distributed:
        yield "was measured for one device, and several also hold gradients twice", AGAIN
    if trainer.accumulate_grad_batches > 1 and not record.accumulates:
        yield "was measured without gradients of earlier batches, which this run accumulates", AGAIN
    if gpu.at_hand and gpu.memory_gib is not None:
        yield from _of_memory(record, gpu)


def _of_memory(record: BatchSizes, gpu: Gpu) -> Iterator[tuple[str, str]]:
    measured, own = record.device, (gpu.memory_gib or 0.0) * GIB
    budget = measured.budget_bytes / GIB
    what = f"was measured on {measured.name} within {budget:,.1f} GiB, and this is {gpu.name} with "
    what += f"{own / GIB:,.1f} GiB"
    on_cpu = gpu.name == CPU
    is_other_kind = (measured.counted == "tensors") != on_cpu
    is_other_memory = not on_cpu and not _is_alike(own, measured.memory_bytes)
    if is_other_kind or is_other_memory or measured.budget_bytes > own:
        yield what, AGAIN


def _is_alike(own_bytes: float, measured_bytes: int) -> bool:
    return abs(own_bytes - measured_bytes) <= SAME_MEMORY * measured_bytes


def _of_data(record: BatchSizes, run: RunConfig, limit: int | None) -> Iterator[tuple[str, str]]:
    """Recordings beyond the last bucket would be in no batch."""
    last, longest = record.buckets[-1], run.train_ds.max_duration
    if last.upto_s < longest:
        what = f"ends at {last.upto_s:g} s, and train_ds.max_duration is {longest:g} s: "
        what += "recordings between them would be left out"
        yield what, f"--set train_ds.max_duration={last.upto_s:g}, or {AGAIN}"
    if record.kind == "2d" and (limit is None or last.upto_tokens < limit):
        what = f"ends at {last.upto_tokens} tokens, and the model takes {limit or 'any number'}: "
        yield what + "transcripts between them would be left out", AGAIN
