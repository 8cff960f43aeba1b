"""The search for batch sizes, over a device of which the memory is a formula."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import ConfigError
from train.calibrate import GAP, find_largest, measure, resolve_memory
from train.plan.demand import GIB, Gpu
from train.recipe.buckets import Bucket

LARGEST = [
    (1, 4096, 37, 37),
    (500, 4096, 37, 37),  # a start that does not fit
    (1, 4096, 0, 0),
    (64, 4096, 0, 0),
    (1, 1, 5, 1),
    (1, 20, 5000, 20),
    (30, 20, 5000, 20),  # never beyond the bound
]


@pytest.mark.parametrize(("start", "most", "limit", "size"), LARGEST)
def test_the_largest_size_that_fits(start: int, most: int, limit: int, size: int) -> None:
    tried: list[int] = []

    def fits(number: int) -> bool:
        tried.append(number)
        return number <= limit

    assert find_largest(fits, start, most) == size
    assert all(1 <= number <= most for number in tried)
    assert len(tried) == len(set(tried)) <= 16


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(0, 6000))
def test_a_size_that_fits_and_is_within_the_gap(start: int, most: int, limit: int) -> None:
    size = find_largest(lambda number: number <= limit, start, most)
    largest = min(limit, most)
    assert size <= largest
    assert largest - size <= max(0, GAP * (largest + 1))


@dataclass
class FormulaTrial:
    """A device whose memory is linear in the batch, and which counts what it is asked to try."""

    budget: float
    fragments: dict[tuple[float, int], float] = field(default_factory=dict)
    tried: list[tuple[float, int, int]] = field(default_factory=list)
    memory: Any = field(default_factory=lambda: SimpleNamespace(peak_bytes=0))

    def fits(self, bucket: Bucket, size: int) -> bool:
        assert bucket.upto_tokens is not None
        self.tried.append((bucket.upto_s, bucket.upto_tokens, size))
        shape = (bucket.upto_s, bucket.upto_tokens)
        need = 100 + size * (bucket.upto_s + bucket.upto_tokens / 10)
        self.memory.peak_bytes = int(need)
        return need <= self.budget - self.fragments.get(shape, 0.0)


PAIRS = ((2.0, 10), (2.0, 30), (5.0, 20), (5.0, 60), (20.0, 200))
SHAPES = tuple(Bucket(*pair) for pair in PAIRS)


def sizes_of(trial: Any, shapes: tuple[Bucket, ...] = SHAPES, most: int = 4096) -> list[int]:
    measured = measure(trial, shapes, most, lambda _: None)
    assert [(each.upto_s, each.upto_tokens) for each in measured] == [
        (each.upto_s, each.upto_tokens) for each in shapes
    ]
    return [each.batch_size for each in measured]


def test_each_bucket_gets_what_fits_it_and_its_peak() -> None:
    trial: Any = FormulaTrial(1000)
    measured = measure(trial, SHAPES, 4096, lambda _: None)
    for each in measured:
        need = each.upto_s + each.upto_tokens / 10
        assert 900 / need * (1 - GAP) - 1 <= each.batch_size <= 900 / need
        assert each.peak_bytes == int(100 + each.batch_size * need) <= 1000


def test_the_most_demanding_bucket_comes_first_and_few_steps_are_tried() -> None:
    trial = FormulaTrial(1000)
    sizes_of(trial)
    assert trial.tried[0] == (20.0, 200, 1)
    assert len(trial.tried) <= 8 * len(SHAPES)


def test_no_batch_is_larger_than_the_bound() -> None:
    trial = FormulaTrial(1e9)
    assert sizes_of(trial, most=50) == [50] * len(SHAPES)
    assert max(size for *_, size in trial.tried) == 50


def test_fragments_make_no_long_bucket_seem_larger_than_a_short_one() -> None:
    sizes = sizes_of(FormulaTrial(1000, {(2.0, 10): 500.0}))
    assert sizes[0] >= max(sizes[1:])
    assert sizes[2] <= sizes[0]


def test_a_recording_that_does_not_fit_alone_is_named() -> None:
    trial: Any = FormulaTrial(120)
    with pytest.raises(ConfigError) as raised:
        measure(trial, SHAPES, 4096, lambda _: None)
    (fault,) = raised.value.faults
    assert fault.what == (
        "a training step on a single recording of up to 20.00 s and 200 tokens does not fit"
    )
    assert "train_ds.max_duration" in fault.hint


@pytest.mark.parametrize(
    ("requested", "gpu", "what"),
    [
        (None, Gpu("CPU", 8.0, None), "is missing"),
        (9 * GIB, Gpu("CPU", 8.0, None), "more than CPU has"),
        (90 * GIB, Gpu("NVIDIA H100", 80.0, None), "more than NVIDIA H100 has"),
    ],
)
def test_memory_that_is_not_there_is_refused(requested: int | None, gpu: Gpu, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        resolve_memory(requested, gpu)


@pytest.mark.parametrize(
    ("requested", "gpu", "memory"),
    [
        (None, Gpu("NVIDIA H100", 80.0, None), 80 * GIB),
        (10 * GIB, Gpu("NVIDIA H100", 80.0, None), 10 * GIB),
        (GIB, Gpu("CPU", None, None), GIB),
    ],
)
def test_memory_to_train_in(requested: int | None, gpu: Gpu, memory: int) -> None:
    assert resolve_memory(requested, gpu) == memory
