"""How metrics are spread: exact counts and quantiles, without sorting what need not be sorted.

Two passes over records.parquet: the first counts fine bins, the second fetches only the values of
the bins that hold a quantile.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.arrays import Floats, Int64s
from curate.artifacts.columns import DURATION_US, TAGS, VERDICT
from curate.environment.cores import thread_count
from curate.metrics import METRICS
from curate.metrics.declare import Metric
from curate.profiles.rows import batches, scan
from curate.profiles.statistics.correlation import Products
from curate.profiles.statistics.counts import Counted
from curate.profiles.statistics.histogram import Cut, Histogram, cuts_of, histogram
from curate.profiles.statistics.tally import Hits, Tally
from curate.rules.file import RuleSet


@dataclass(frozen=True, slots=True)
class Spread:
    """Non-null `rows` of a metric; all but the counts are None where there is no row.

    Quantiles are nearest-rank: the least value that at least that share of the rows does not
    exceed. `lowest` and `highest` are (row number, value) pairs of the rows at either end, worst
    first.
    """

    rows: int
    mean: float | None
    least: float | None
    greatest: float | None
    quantiles: Sequence[float | None]
    histogram: Histogram
    lowest: Sequence[tuple[int, float]]
    highest: Sequence[tuple[int, float]]


def measure_spreads(
    records: Path,
    metrics: Sequence[Metric],
    shares: Sequence[float],
    rules: RuleSet | None = None,
    counted: Counted | None = None,
) -> tuple[Mapping[str, Spread], Products]:
    """The spread of these metrics, and the sums behind their correlations.

    `rules` are those by which the records have their verdicts. `counted` is what was counted of
    the records while they were made, of these metrics at least, with the same rules.
    """
    cuts = cuts_of(rules)
    if counted is None:
        counted = Counted.of(metrics, rules)
        tag_columns = [VERDICT.name, TAGS.name] if rules else []
        columns = [*(metric.name for metric in metrics), DURATION_US.name, *tag_columns]
        for frame in batches(scan(records).select(columns)):
            counted.add(frame)
    tallies = {metric.name: counted.tallies[metric.name] for metric in metrics}
    with ThreadPoolExecutor(thread_count()) as pool:
        picked = _pick(records, tallies, shares, pool)
    spreads = {
        metric.name: _spread(
            tallies[metric.name],
            picked.get(metric.name),
            shares,
            histogram(metric, tallies[metric.name], cuts.get(metric.name, ())),
            whole=metric.dtype.is_integer(),
        )
        for metric in metrics
    }
    return spreads, counted.products


def spread_of(
    metric: Metric,
    values: Floats,
    us: Int64s,
    shares: Sequence[float],
    cuts: Sequence[Cut] = (),
    hits: Hits | None = None,
) -> Spread:
    """The spread of a metric's values that are in memory (NaN: null), of rows with these
    microseconds and hits; its bins end at the cuts.
    """
    tally = Tally.of(metric, [cut.first for cut in cuts])
    tally.add(values, us, 0, hits)
    unsure = _unsure(tally, shares)
    picked = np.sort(tally.pick(values, unsure)) if unsure.any() else None
    bins = histogram(metric, tally, cuts)
    return _spread(tally, picked, shares, bins, whole=metric.dtype.is_integer())


def count_bins(records: Path) -> Mapping[str, Tally]:
    """The fine bins of every metric that the records have."""
    present = scan(records).collect_schema().names()
    tallies = {metric.name: Tally.of(metric) for metric in METRICS if metric.name in present}

    def count(batch: Mapping[str, Floats], us: Int64s, first: int) -> None:
        for name, tally in tallies.items():
            tally.add(batch[name], us, first)

    _each_batch(records, list(tallies), count)
    return tallies


def _each_batch(
    records: Path, names: Sequence[str], work: Callable[[Mapping[str, Floats], Int64s, int], None]
) -> None:
    """Call `work` with each metric's values, the durations and the first row's number."""
    first = 0
    columns = [pl.col(name).cast(pl.Float64) for name in names]
    duration = DURATION_US.expr.fill_null(0)
    for frame in batches(scan(records).select(*columns, duration)):
        values = {name: frame[name].to_numpy() for name in names}
        work(values, frame[DURATION_US.name].to_numpy(), first)
        first += frame.height


def _pick(
    records: Path, tallies: Mapping[str, Tally], shares: Sequence[float], pool: ThreadPoolExecutor
) -> Mapping[str, Floats]:
    """Per metric, in order, the values of all bins in which a quantile lies and values differ."""
    bins_by_metric = {name: _unsure(tally, shares) for name, tally in tallies.items()}
    bins_by_metric = {name: bins for name, bins in bins_by_metric.items() if bins.any()}
    parts: dict[str, list[Floats]] = {name: [] for name in bins_by_metric}

    def pick(batch: Mapping[str, Floats], us: Int64s, first: int) -> None:
        jobs = {
            n: pool.submit(tallies[n].pick, batch[n], bins) for n, bins in bins_by_metric.items()
        }
        for name, job in jobs.items():
            parts[name].append(job.result())

    if bins_by_metric:
        _each_batch(records, list(bins_by_metric), pick)
    return {name: np.sort(np.concatenate(values)) for name, values in parts.items()}


def _unsure(tally: Tally, shares: Sequence[float]) -> npt.NDArray[np.bool_]:
    """The bins that hold a quantile and more than one value."""
    unsure = np.zeros(tally.rows.size, np.bool_)
    total = int(tally.rows.sum())
    if total:
        unsure[np.searchsorted(np.cumsum(tally.rows), ranks(total, shares))] = True
    different: npt.NDArray[np.bool_] = tally.span[0] < tally.span[1]
    return unsure & different


def _spread(
    tally: Tally, picked: Floats | None, shares: Sequence[float], bins: Histogram, *, whole: bool
) -> Spread:
    running = np.cumsum(tally.rows)
    total = int(running[-1])
    held = np.flatnonzero(tally.rows)
    unsure = np.flatnonzero(_unsure(tally, shares))
    ends_in_picked = dict(zip(unsure.tolist(), np.cumsum(tally.rows[unsure]).tolist(), strict=True))

    def quantile(rank: int) -> float:
        at = int(np.searchsorted(running, rank))
        if at not in ends_in_picked:
            return float(tally.span[0, at])
        assert picked is not None
        return float(picked[ends_in_picked[at] - int(running[at]) + rank - 1])

    def unscaled(value: float) -> float:
        return int(value) if whole else value

    if not total:
        empty: list[float | None] = [None] * len(shares)
        return Spread(0, None, None, None, empty, bins, (), ())
    return Spread(
        rows=total,
        mean=tally.total // 10**6 / total if whole else tally.total / total / 1e6,
        least=unscaled(float(tally.span[0, held[0]])),
        greatest=unscaled(float(tally.span[1, held[-1]])),
        quantiles=[unscaled(quantile(rank)) for rank in ranks(total, shares)],
        histogram=bins,
        lowest=[(at, unscaled(value)) for at, value in tally.ends(high=False)],
        highest=[(at, unscaled(value)) for at, value in tally.ends(high=True)],
    )


def ranks(total: int, shares: Sequence[float]) -> list[int]:
    """The 1-based rank of each quantile among `total` values in order."""
    return [max(1, math.ceil(share * total)) for share in shares]
