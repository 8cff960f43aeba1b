"""Small multiples of a histogram by stratum, as data that a page's script draws on demand.

A page has hundreds of them, of which a reader looks at a few: drawn beforehand they would be most
of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from curate.artifacts.distributions import Metric, Stratified, StratumHistogram
from reports.charts.bars import bars_of
from reports.format import UNKNOWN
from reports.transcripts import visible

_LONGEST = 60
"""Letters of a stratum's name that stand above its histogram."""
_FROM = 5
"""Rows of a stratum from which its shape is drawn: of fewer there is none."""


class Switch(NamedTuple):
    """A column by which histograms can be divided, and how many of its strata are."""

    column: str
    label: str


def switches(stratified: Mapping[str, Stratified] | None) -> list[Switch]:
    """The columns that have histograms by stratum."""
    return [Switch(visible(column), _label(column, of)) for column, of in _drawn(stratified)]


def _drawn(stratified: Mapping[str, Stratified] | None) -> Iterator[tuple[str, Stratified]]:
    return ((column, of) for column, of in (stratified or {}).items() if any(of.metrics.values()))


def _label(column: str, of: Stratified) -> str:
    shown = max(map(len, of.metrics.values()))
    amount = f"{of.strata:,}" if shown >= of.strata else f"{shown} largest of {of.strata:,}"
    return f"{visible(column)} ({amount})"


def multiples(metric: Metric, stratified: Mapping[str, Stratified] | None) -> str | None:
    """A metric's histograms by stratum as JSON; None where it has none.

    `edges` (half-way between two numbers where all are `whole`) and `all` are of the bars that hold
    rows; `by` has per column a list of (stratum, rows, those beyond all bars, rows per bar);
    `limits` are values of limits that hold for all rows.
    """
    bars = bars_of(metric)
    filled = [at for at, bar in enumerate(bars.bars) if bar.rows] if bars else []
    by = {column: of.metrics.get(metric.name, ()) for column, of in _drawn(stratified)}
    if not bars or not filled or not any(by.values()):
        return None
    first, last = filled[0], filled[-1] + 1
    edges = [float(f"{edge:.6g}") for edge in metric.histogram.edges[first : last + 1]]
    data: dict[str, Any] = {
        "unit": visible(metric.unit),
        "edges": edges,
        "whole": bars.whole,
        "all": metric.histogram.rows[first:last],
        "limits": sorted({
            limit.value
            for limit in metric.thresholds
            if limit.value is not None and not limit.where and edges[0] <= limit.value <= edges[-1]
        }),
        "by": {
            visible(column): [_panel(each, first, last) for each in strata]
            for column, strata in by.items()
            if strata
        },
    }  # fmt: skip
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _panel(each: StratumHistogram, first: int, last: int) -> Sequence[Any]:
    name = UNKNOWN if each.value is None else visible(each.value)
    short = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
    beyond = each.below + each.above
    rows = sum(each.rows) + beyond
    return [short, rows, beyond, each.rows[first:last] if rows >= _FROM else []]
