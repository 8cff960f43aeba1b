"""Histograms and quantiles of every metric against plain counting."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curate.columns import DURATION_US
from curate.metrics import METRICS
from curate.metrics.declare import Metric
from curate.profile.spread import measure_spreads

SHARES = (0.01, 0.25, 0.5, 0.99)


def values_of(metric: Metric) -> list[float | None]:
    """Values on, between and beyond the edges of a metric's histogram, and no value."""
    rng = np.random.default_rng(len(metric.name))
    reach = metric.high - metric.low
    beyond = rng.uniform(metric.low - reach / 3, metric.high + reach / 3, 300).tolist()
    edges = np.linspace(metric.low, metric.high, metric.bins + 1).tolist()
    found = [*beyond, *edges, *edges]
    whole = metric.dtype.is_integer()
    # Metrics count or measure; those that may be negative have a histogram that is.
    kept = [max(0.0, value) if metric.low >= 0 else value for value in found]
    return [*(float(round(value)) if whole else value for value in kept), None]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_is_counted_where_it_lies(metric: Metric, tmp_path: Path) -> None:
    values = values_of(metric)
    records = pl.DataFrame({
        metric.name: pl.Series(values, dtype=pl.Float64).cast(metric.dtype),
        DURATION_US.name: pl.Series([1_000_000] * len(values), dtype=pl.Int64),
    })  # fmt: skip
    path = tmp_path / "records.parquet"
    records.write_parquet(path)
    spread = measure_spreads(path, [metric], SHARES)[0][metric.name]

    known = sorted(records[metric.name].drop_nulls().cast(pl.Float64).to_list())
    width = (metric.high - metric.low) / metric.bins
    bins = [0] * metric.bins
    for value in known:
        if metric.low <= value < metric.high:
            bins[min(int((value - metric.low) / width), metric.bins - 1)] += 1
    assert spread.rows == len(known)
    assert list(spread.bin_rows) == bins
    assert spread.below == sum(value < metric.low for value in known)
    assert spread.above == sum(value >= metric.high for value in known)
    assert [spread.least, spread.greatest] == [known[0], known[-1]]
    nearest = [known[max(1, math.ceil(share * len(known))) - 1] for share in SHARES]
    assert list(spread.quantiles) == nearest
    assert list(spread.bin_us) == [1_000_000 * rows for rows in bins]
