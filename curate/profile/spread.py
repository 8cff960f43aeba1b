"""How a metric is spread: exact counts and quantiles, without sorting what need not be sorted."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypedDict

from curate.duck import Records
from curate.metrics.declare import Metric


class Histogram(TypedDict):
    """The part of a Spread that follows the bins."""

    bin_rows: list[int]
    bin_us: list[int]
    below: int
    above: int


FINE = 64
"""Each bin of a histogram is cut so many times to find where a quantile lies."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Non-null `rows` of a metric; all but the counts are None where there is no row.

    Quantiles are nearest-rank: the least value that at least that share of the rows does not
    exceed. `bin_rows` and `bin_us` follow the metric's bins, `below` and `above` lie beyond them.
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


def of_integers(table: Records, metric: Metric, shares: Sequence[float]) -> Spread:
    """The spread of an integer metric, from the count of each of its values."""
    counts = table.counts(metric.name)
    running = list(accumulate(n for _, n, _ in counts))
    total = running[-1] if running else 0
    edges = metric.edges
    placed = [(_bin(edges, value), n, us) for value, n, us in counts]
    return Spread(
        rows=total,
        mean=sum(value * n for value, n, _ in counts) / total if total else None,
        least=counts[0][0] if total else None,
        greatest=counts[-1][0] if total else None,
        quantiles=[
            counts[bisect_left(running, rank)][0] if total else None
            for rank in ranks(total, shares)
        ],
        **_histogram(placed, metric.bins),
    )


def of_numbers(table: Records, metric: Metric, shares: Sequence[float]) -> Spread:
    """The spread of a real metric: fine bins first, then only the bins that hold a quantile."""
    bins = table.bins(metric.name, metric.low, metric.high, metric.bins * FINE)
    running = list(accumulate(n for _, n, *_ in bins))
    total = running[-1] if running else 0
    if not total:
        empty = _histogram([], metric.bins)
        return Spread(0, None, None, None, [None] * len(shares), **empty)
    wanted = [(rank, bisect_left(running, rank)) for rank in ranks(total, shares)]
    # A bin of one value is known already: most rows of many a share are exactly 0 or 1.
    held = sorted({at for _, at in wanted if bins[at][4] < bins[at][5]})
    values = table.between(metric.name, [(bins[at][4], bins[at][5]) for at in held]) if held else []
    ends = list(accumulate(n for _, n in values))
    first = dict(zip(held, accumulate([0, *(bins[at][1] for at in held)]), strict=False))

    def value(rank: int, at: int) -> float:
        if at not in first:
            return bins[at][4]
        return values[bisect_left(ends, first[at] + rank - (running[at] - bins[at][1]))][0]

    placed = [(min(at // FINE, metric.bins), n, us) for at, n, us, *_ in bins]
    return Spread(
        rows=total,
        mean=sum(part for *_, part, _, _ in bins) / total / 1e6,
        least=bins[0][4],
        greatest=bins[-1][5],
        quantiles=[value(rank, at) for rank, at in wanted],
        **_histogram(placed, metric.bins),
    )


def ranks(total: int, shares: Sequence[float]) -> list[int]:
    """The 1-based rank of each quantile among `total` values in order."""
    return [max(1, math.ceil(share * total)) for share in shares]


def _bin(edges: Sequence[float], value: float) -> int:
    """The bin of a value: -1 below the first edge, the number of bins from the last edge on."""
    if value < edges[0]:
        return -1
    if value >= edges[-1]:
        return len(edges) - 1
    width = (edges[-1] - edges[0]) / (len(edges) - 1)
    return int((value - edges[0]) // width)


def _histogram(placed: Sequence[tuple[int, int, int]], bins: int) -> Histogram:
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
    return {"bin_rows": rows, "bin_us": microseconds, "below": below, "above": above}
