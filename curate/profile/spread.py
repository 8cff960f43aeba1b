"""How metrics are spread: exact counts and quantiles, without sorting what need not be sorted.

Two passes over records.parquet: the first counts fine bins, the second fetches only the values of
the bins that hold a quantile.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.columns import DURATION_US
from curate.manifest import thread_count
from curate.metrics import METRICS
from curate.metrics.declare import Metric
from curate.profile.correlate import Products
from curate.profile.counted import Counted
from curate.profile.tally import FINE, Counts, Numbers, Tally, by_value


@dataclass(frozen=True, slots=True)
class Spread:
    """Non-null `rows` of a metric; all but the counts are None where there is no row.

    Quantiles are nearest-rank: the least value that at least that share of the rows does not
    exceed. `bin_rows` and `bin_us` follow the metric's bins, `below` and `above` lie beyond them.
    `worst` are (row number, value) pairs of the lowest and of the highest rows, worst first.
    """

    rows: int
    mean: float | None
    least: float | None
    greatest: float | None
    quantiles: Sequence[float | None]
    bin_rows: Sequence[int]
    bin_us: Sequence[int]
    below: int
    above: int
    lowest: Sequence[tuple[int, float]]
    highest: Sequence[tuple[int, float]]


def measure_spreads(
    records: Path,
    metrics: Sequence[Metric],
    shares: Sequence[float],
    counted: Counted | None = None,
) -> tuple[Mapping[str, Spread], Products]:
    """The spread of these metrics, and the sums behind their correlations.

    `counted` is what was counted of the records while they were made, of these metrics at least.
    """
    if counted is None:
        counted = Counted.of(metrics)
        columns = [*(metric.name for metric in metrics), DURATION_US.name]
        for frame in _batches(pl.scan_parquet(records).select(columns)):
            counted.add(frame)
    tallies = {metric.name: counted.tallies[metric.name] for metric in metrics}
    with ThreadPoolExecutor(thread_count()) as pool:
        picked = _pick(records, tallies, shares, pool)
    found = {
        metric.name: _spread(metric, tallies[metric.name], picked.get(metric.name), shares)
        for metric in metrics
    }
    return found, counted.products


def count_bins(records: Path) -> Mapping[str, Tally]:
    """The fine bins of every metric that the records have."""
    present = pl.scan_parquet(records).collect_schema().names()
    tallies = {metric.name: Tally.of(metric) for metric in METRICS if metric.name in present}

    def count(batch: Mapping[str, Numbers], us: Counts, first: int) -> None:
        for name, tally in tallies.items():
            tally.add(batch[name], us, first)

    _each_batch(records, list(tallies), count)
    return tallies


def _each_batch(
    records: Path, names: Sequence[str], work: Callable[[Mapping[str, Numbers], Counts, int], None]
) -> None:
    """Call `work` with each metric's values, the durations and the first row's number."""
    first = 0
    columns = [pl.col(name).cast(pl.Float64) for name in names]
    duration = DURATION_US.expr.fill_null(0)
    for frame in _batches(pl.scan_parquet(records).select(*columns, duration)):
        values = {name: frame[name].to_numpy() for name in names}
        work(values, frame[DURATION_US.name].to_numpy(), first)
        first += frame.height


def _batches(plan: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    return iter(plan.collect_batches(maintain_order=True))


def _pick(
    records: Path, tallies: Mapping[str, Tally], shares: Sequence[float], pool: ThreadPoolExecutor
) -> Mapping[str, Numbers]:
    """Per metric, in order, the values of all bins in which a quantile lies and values differ."""
    wanted = {name: _unsure(tally, shares) for name, tally in tallies.items()}
    wanted = {name: bins for name, bins in wanted.items() if bins.any()}
    parts: dict[str, list[Numbers]] = {name: [] for name in wanted}

    def pick(batch: Mapping[str, Numbers], us: Counts, first: int) -> None:
        jobs = {n: pool.submit(tallies[n].pick, batch[n], bins) for n, bins in wanted.items()}
        for name, job in jobs.items():
            parts[name].append(job.result())

    if wanted:
        _each_batch(records, list(wanted), pick)
    return {name: np.sort(np.concatenate(values)) for name, values in parts.items()}


def _unsure(tally: Tally, shares: Sequence[float]) -> npt.NDArray[np.bool_]:
    """The bins that hold a quantile and more than one value."""
    wanted = np.zeros(tally.rows.size, np.bool_)
    total = int(tally.rows.sum())
    if total:
        wanted[np.searchsorted(np.cumsum(tally.rows), ranks(total, shares))] = True
    different: npt.NDArray[np.bool_] = tally.span[0] < tally.span[1]
    return wanted & different


def _spread(
    metric: Metric, tally: Tally, picked: Numbers | None, shares: Sequence[float]
) -> Spread:
    whole = metric.dtype.is_integer()
    counts = tally.rows.tolist()
    running = list(accumulate(counts))
    total = running[-1]
    held = np.flatnonzero(tally.rows).tolist()
    place = _place_whole if by_value(metric) else _place_fine
    placed = [(place(metric, tally, at), counts[at], int(tally.us[at])) for at in held]
    bin_rows, bin_us, below, above = _histogram(placed, metric.bins)
    unsure = np.flatnonzero(_unsure(tally, shares)).tolist()
    first = dict(zip(unsure, accumulate([0, *(counts[at] for at in unsure)]), strict=False))

    def quantile(rank: int) -> float:
        at = bisect_left(running, rank)
        if at not in first:
            return float(tally.span[0, at])
        assert picked is not None
        return float(picked[first[at] + rank - 1 - (running[at] - counts[at])])

    def said(value: float) -> float:
        return int(value) if whole else value

    if not total:
        empty: list[float | None] = [None] * len(shares)
        return Spread(0, None, None, None, empty, bin_rows, bin_us, 0, 0, (), ())
    return Spread(
        rows=total,
        mean=tally.total // 10**6 / total if whole else tally.total / total / 1e6,
        least=said(float(tally.span[0, held[0]])),
        greatest=said(float(tally.span[1, held[-1]])),
        quantiles=[said(quantile(rank)) for rank in ranks(total, shares)],
        bin_rows=bin_rows,
        bin_us=bin_us,
        below=below,
        above=above,
        lowest=[(at, said(value)) for at, value in tally.ends(high=False)],
        highest=[(at, said(value)) for at, value in tally.ends(high=True)],
    )


def ranks(total: int, shares: Sequence[float]) -> list[int]:
    """The 1-based rank of each quantile among `total` values in order."""
    return [max(1, math.ceil(share * total)) for share in shares]


def _place_fine(metric: Metric, tally: Tally, at: int) -> int:
    """The histogram's bin of a fine bin: -1 below the first edge, `bins` from the last edge on."""
    return -1 if at == 0 else min((at - 1) // FINE, metric.bins)


def _place_whole(metric: Metric, tally: Tally, at: int) -> int:
    """The same for a metric whose fine bins hold one value each."""
    value, width = float(tally.span[0, at]), (metric.high - metric.low) / metric.bins
    if not metric.low <= value < metric.high:
        return -1 if value < metric.low else metric.bins
    return min(int((value - metric.low) // width), metric.bins - 1)


def _histogram(
    placed: Sequence[tuple[int, int, int]], bins: int
) -> tuple[list[int], list[int], int, int]:
    rows, microseconds = [0] * bins, [0] * bins
    below = above = 0
    for at, n, us in placed:
        if at < 0:
            below += n
        elif at >= bins:
            above += n
        else:
            rows[at] += n
            microseconds[at] += us
    return rows, microseconds, below, above
