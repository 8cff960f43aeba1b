"""Measure the largest batch of each bucket that the device has memory for: `calibrate(request)`.

As NeMo's OOMptimizer does: made-up batches of each bucket's longest recordings are trained on, the
most demanding bucket first, and a bisection closes in on the largest size that fits. What fits a
bucket fits every smaller one, so sizes never grow with length, and few steps are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curate.artifacts.base import write_artifact
from curate.artifacts.outputs import writable
from curate.errors import ConfigError
from train.artifacts.batch_sizes import BatchSizes, MeasuredBucket, MeasuredDevice, MeasuredModel
from train.config import RunConfig
from train.plan.buckets import bucket_shapes
from train.plan.demand import CPU, GIB, Gpu
from train.plan.facts import Inputs, blend_of, read_inputs
from train.plan.hardware import this_machine
from train.plan.measured import memory_key
from train.pretrained import archive_of
from train.recipe.buckets import Bucket
from train.runs import runtime
from train.runs.provenance import versions

if TYPE_CHECKING:
    from train.nemo.trial import Trial

MARGIN = 0.1
"""Of the memory, which no step may take: CUDA's own, fragments, decoding for the log."""

GAP = 0.05
"""The bisection ends where the smallest size that does not fit is so little above."""

MOST = 4096
"""No larger batch is tried, nor one of more recordings than there are."""

Fits = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class CalibrateRequest:
    """A run whose batch sizes to measure, within `memory_bytes` of its device, and where to write
    them; without `memory_bytes` all that a GPU has.
    """

    config: RunConfig
    out: Path
    memory_bytes: int | None = None
    command: str = ""


def calibrate(request: CalibrateRequest, log: Callable[[str], None] = lambda _: None) -> BatchSizes:
    """Measure, write batch_sizes.json, and return it; ConfigError where not even one recording
    fits. `log` gets a line per bucket.
    """
    run = request.config
    with writable(request.out):  # before minutes of measuring
        request.out.parent.mkdir(parents=True, exist_ok=True)
    runtime.prepare()  # before torch, which looks for a GPU
    gpu = this_machine(run.trainer)
    budget = int(resolve_memory(request.memory_bytes, gpu) * (1 - MARGIN))
    inputs = read_inputs(run, archive_of(run.model), blend_of(run))
    shapes = bucket_shapes(inputs.data, run.train_ds.buckets).buckets
    with runtime.importing():
        from train.nemo.trial import Trial

    trial = Trial(inputs.archive, inputs.recipe, run, inputs.data.around, budget)
    most = min(MOST, inputs.data.corpus.cuts)
    record = BatchSizes(
        command=request.command,
        versions=versions(),
        model=_model(inputs, trial),
        device=_device(gpu, budget),
        precision=trial.precision,
        distributed=run.trainer.devices * run.trainer.num_nodes > 1,
        accumulates=run.trainer.accumulate_grad_batches > 1,
        kind=run.train_ds.buckets,
        buckets=tuple(measure(trial, shapes, most, log)),
    )
    write_artifact(request.out, record)
    return record


def resolve_memory(requested: int | None, gpu: Gpu) -> int:
    """Bytes of memory to train in: those requested, which a CPU needs, or all of the GPU."""
    whole = int((gpu.memory_gib or 0.0) * GIB)
    if requested is None and gpu.name == CPU:
        what = "is missing: memory of a CPU has no limit of its own"
        raise ConfigError.of("--memory", what, "for instance --memory 2GB")
    if requested is not None and requested > (whole or requested):
        what = f"{requested:,} bytes are more than {gpu.name} has: {whole:,}"
        raise ConfigError.of("--memory", what, "less memory")
    return whole if requested is None else requested


def _model(inputs: Inputs, trial: Trial) -> MeasuredModel:
    data = inputs.data
    return MeasuredModel(
        class_name=inputs.archive.model_class,
        parameters=trial.parameters,
        sha256=memory_key(inputs.archive, data.run, data.tokenizer.vocabulary),
    )


def _device(gpu: Gpu, budget_bytes: int) -> MeasuredDevice:
    return MeasuredDevice(
        name=gpu.name,
        memory_bytes=int((gpu.memory_gib or 0.0) * GIB),
        budget_bytes=budget_bytes,
        counted="tensors" if gpu.name == CPU else "allocator",
    )


def measure(
    trial: Trial, shapes: tuple[Bucket, ...], most: int, log: Callable[[str], None]
) -> list[MeasuredBucket]:
    """The largest batch of each bucket, in the order of `shapes`; none is above `most`."""
    measured: list[MeasuredBucket] = []
    for shape in reversed(shapes):
        least = max((each.batch_size for each in measured if _holds(each, shape)), default=1)
        peaks: dict[int, int] = {}

        def fits(size: int, shape: Bucket = shape, peaks: dict[int, int] = peaks) -> bool:
            if is_fitting := trial.fits(shape, size):
                peaks[size] = trial.memory.peak_bytes
            return is_fitting

        size = find_largest(fits, least, most)
        if not size:
            raise _too_long(shape)
        measured.append(_measured(shape, size, peaks[size]))
        log(f"{_shown(shape)}: {size:,} a batch, {peaks[size] / GIB:,.2f} GiB")
    return list(_monotone(reversed(measured)))


def find_largest(fits: Fits, start: int, most: int) -> int:
    """The largest size up to `most` that fits, within GAP of the smallest that does not; 0 if none.

    Every smaller size must fit too. Sizes are tried from `start`, doubled until one does not fit.

    >>> find_largest(lambda size: size <= 37, 1, 4096), find_largest(lambda size: False, 8, 4096)
    (37, 0)
    """
    low, high, size = 0, most + 1, min(start, most)
    while high - low > max(1.0, GAP * high if high <= most else 1.0):
        if fits(size):
            low = size
        else:
            high = size
        size = min(2 * low, (low + high) // 2) if low else high // 2
    return low


def _holds(measured: MeasuredBucket, shape: Bucket) -> bool:
    """Whether every batch of `shape` is smaller than one of as many recordings of `measured`."""
    is_as_long = measured.upto_s >= shape.upto_s
    return is_as_long and measured.upto_tokens >= (shape.upto_tokens or 0)


def _monotone(buckets: Iterator[MeasuredBucket]) -> Iterator[MeasuredBucket]:
    """No bucket has larger batches than one within it: fragments may have made it seem so."""
    before: list[MeasuredBucket] = []
    for bucket in buckets:
        within = (each.batch_size for each in before if _within(each, bucket))
        size = min(within, default=bucket.batch_size)
        before.append(bucket.model_copy(update={"batch_size": min(size, bucket.batch_size)}))
        yield before[-1]


def _within(one: MeasuredBucket, other: MeasuredBucket) -> bool:
    return one.upto_s <= other.upto_s and one.upto_tokens <= other.upto_tokens


def _measured(shape: Bucket, size: int, peak_bytes: int) -> MeasuredBucket:
    return MeasuredBucket(
        upto_s=shape.upto_s,
        upto_tokens=shape.upto_tokens or 0,
        batch_size=size,
        peak_bytes=peak_bytes,
    )


def _shown(shape: Bucket) -> str:
    return f"up to {shape.upto_s:.2f} s and {shape.upto_tokens:,} tokens"


def _too_long(shape: Bucket) -> ConfigError:
    what = f"a training step on a single recording of {_shown(shape)} does not fit"
    return ConfigError.of("--memory", what, "more memory, or a lower train_ds.max_duration")
