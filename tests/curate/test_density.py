"""Rows by duration and char_rate together hold every row once, in the cell of its values."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.profiles.statistics.density import density

VALUE = st.none() | st.floats(1e-6, 5000.0)
RATE = st.none() | st.sampled_from([0.0, 1.0, 39.999, 40.0]) | st.floats(0.0, 1000.0)


def _table(folder: Path, rows: list[tuple[float | None, float | None]]) -> Path:
    path = folder / "records.parquet"
    schema = {"duration_s": pl.Float64, "char_rate": pl.Float64}
    pl.DataFrame(rows, schema, orient="row").write_parquet(path)
    return path


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.tuples(VALUE, RATE), max_size=40))
def test_cells_are_those_of_numpy(
    rows: list[tuple[float | None, float | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    counted = density(_table(tmp_path_factory.mktemp("density"), rows))
    known = [(s, rate) for s, rate in rows if s is not None and rate is not None]
    if counted is None:
        assert not known
        return
    x = [math.log10(s) for s, _ in known]
    edges = np.linspace(-1, 3, len(counted.x_edges)), np.linspace(0, 40, len(counted.y_edges))
    inside = [
        (a, rate) for a, (_, rate) in zip(x, known, strict=True) if a < 3 - 1e-9 and rate < 40
    ]
    expected, _, _ = np.histogram2d(
        [rate for _, rate in inside], [a + 1e-10 for a, _ in inside], bins=(edges[1], edges[0])
    )
    assert np.array_equal(np.array(counted.rows), expected)
    assert counted.outside == len(known) - int(expected.sum())


@pytest.mark.parametrize(
    ("duration", "column"), [(0.1, 0), (1.0, 12), (10.0, 24), (100.0, 36), (0.999, 11), (30.0, 29)]
)
def test_a_cell_begins_at_its_edge(duration: float, column: int, tmp_path: Path) -> None:
    counted = density(_table(tmp_path, [(duration, 12.5)]))
    assert counted is not None
    assert counted.rows[12][column] == 1
    assert counted.x_edges[column] <= duration < counted.x_edges[column + 1]
    assert counted.y_edges[12:14] == (12.0, 13.0)


def test_no_row_has_both(tmp_path: Path) -> None:
    assert density(_table(tmp_path, [(1.0, None), (None, 2.0)])) is None
