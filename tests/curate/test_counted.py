"""What is counted of metrics adds up exactly, however the rows are cut into parts."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.artifacts.columns import DURATION_US
from curate.metrics import BY_NAME
from curate.native.wide import plain_loops
from curate.profiles.statistics.correlation import GRID
from curate.profiles.statistics.counts import Counted, counting

METRICS = tuple(BY_NAME[name] for name in ("char_rate", "words", "cer"))
VALUES = st.one_of(
    st.none(),
    st.floats(allow_nan=False),
    st.integers(-5, 5000).map(float),
    st.sampled_from([math.inf, 0.1, 29.99999999]),
)
ROWS = st.lists(st.tuples(VALUES, st.none() | st.integers(0, 5000), VALUES), max_size=40)


def frame_of(rows: list[tuple[float | None, int | None, float | None]]) -> pl.DataFrame:
    schema = {metric.name: metric.dtype for metric in METRICS}
    times = pl.Series(DURATION_US.name, range(len(rows)), pl.Int64)
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(times)


def state(counted: Counted) -> str:
    """All of it, exactly."""
    tallies = {
        name: [
            each.rows.tolist(), each.us.tolist(), each.span.tolist(), each.total,
            each.ends(high=False), each.ends(high=True),
        ]
        for name, each in counted.tallies.items()
    }  # fmt: skip
    products = counted.products
    sums = [products.rows, products.sums, products.squares, products.products]
    return json.dumps([counted.rows, tallies, [each.tolist() for each in sums]])


@settings(max_examples=60, deadline=None)
@given(ROWS, st.lists(st.integers(0, 40), max_size=3))
def test_parts_add_up(
    rows: list[tuple[float | None, int | None, float | None]], cuts: list[int]
) -> None:
    whole, merged, streamed = (Counted.of(METRICS) for _ in range(3))
    frame = frame_of(rows)
    whole.add(frame)
    ends = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    with counting(lambda: streamed) as counter:
        for first, last in pairwise(ends):
            part = Counted.of(METRICS)
            part.add(frame[first:last])
            merged.merge(part)
            counter.add(frame[first:last])
    assert state(whole) == state(merged) == state(streamed)


@pytest.mark.parametrize("plain", [False, True])
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(VALUES, st.none() | st.integers(0, 5000), VALUES), max_size=9))
def test_blocks_of_rows_are_counted_as_each_row_is(
    plain: bool, rows: list[tuple[float | None, int | None, float | None]]
) -> None:
    frame = frame_of(rows * 70)
    at_once, one_by_one = Counted.of(METRICS), Counted.of(METRICS)
    with plain_loops(plain):
        at_once.add(frame)
    for row in range(len(frame)):
        one_by_one.add(frame[row : row + 1])
    assert state(at_once) == state(one_by_one)


@settings(max_examples=20, deadline=None)
@given(rows=ROWS)
def test_counts_survive_a_file(
    rows: list[tuple[float | None, int | None, float | None]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("counts") / "one"
    counted = Counted.of(METRICS)
    counted.add(frame_of(rows))
    counted.save(path)
    loaded = Counted.load(path, METRICS)
    assert state(loaded) == state(counted)
    loaded.merge(counted)  # its arrays can be written
    assert loaded.rows == 2 * len(rows)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data.partition(b"\n")[0] + b"\n",
        lambda data: data.partition(b"\n")[0] + b"\n" + zstandard.compress(b"short"),
        lambda data: data.replace(b"char_rate", b"char_hate", 1),
    ],
)
def test_a_damaged_file_of_counts_is_refused(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "counts"
    Counted.of(METRICS).save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r".+"):
        Counted.load(path, METRICS)


@pytest.mark.parametrize("plain", [False, True])
@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from([1, 1, 20, 60]))
def test_correlations_are_those_of_the_definition(
    plain: bool, rows: list[tuple[float | None, int | None, float | None]], times: int
) -> None:
    rows = rows * times
    counted = Counted.of(METRICS)
    with plain_loops(plain):
        counted.add(frame_of(rows))

    def on_grid(value: float | None, at: int) -> int | None:
        if value is None or not math.isfinite(value):
            return None
        low, high = METRICS[at].low, METRICS[at].high
        return int(np.rint(min(max((value - low) * (GRID / (high - low)), 0), GRID)))

    grid = [[on_grid(value, at) for at, value in enumerate(row)] for row in rows]
    for i in range(len(METRICS)):
        for j in range(len(METRICS)):
            pairs = [(r[i], r[j]) for r in grid if r[i] is not None and r[j] is not None]
            products = counted.products
            assert products.rows[i, j] == len(pairs)
            assert products.sums[i, j] == sum(x for x, _ in pairs if x is not None)
            assert products.squares[i, j] == sum(x * x for x, _ in pairs if x is not None)
            assert products.products[i, j] == sum(x * y for x, y in pairs if x and y)


def test_an_error_while_counting_is_raised() -> None:
    raised = pytest.raises(pl.exceptions.ColumnNotFoundError)
    with raised, counting(lambda: Counted.of(METRICS)) as counter:
        counter.add(pl.DataFrame({"words": [1]}))
