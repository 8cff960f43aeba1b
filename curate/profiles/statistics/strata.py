"""Histograms by stratum: rows of the largest strata in the bins of the histograms of all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from curate.arrays import Int64Table, UInt32s
from curate.artifacts.columns import TAGS
from curate.artifacts.distributions import Stratified, StratumHistogram
from curate.artifacts.profile import RuleHit, metrics_in_view
from curate.metrics.declare import Metric
from curate.profiles.records_table import RecordsTable
from curate.profiles.rows import batches, scan
from curate.profiles.statistics.codes import codes_of
from curate.profiles.statistics.histogram import Placed
from curate.profiles.statistics.medians import RATE, MedianRates
from curate.profiles.statistics.tally import Tally

Codes = tuple[Sequence[str | None], UInt32s]
LARGEST = 12
"""Strata of a column that have histograms of their own: as many as a screen shows side by side."""
MOST_METRICS = 8
TAG = "tag"
"""The stratum of rows that a rule flagged, as `severity:rule`: a row may be in several."""


@dataclass(frozen=True, slots=True)
class _Strata:
    """The largest strata of a column, of how many; `counts` by metric has a row for each."""

    column: str
    values: Sequence[str | None]
    of: int
    counts: Mapping[str, Int64Table]

    def codes(self, column: pl.Series, known: Mapping[str, Codes]) -> UInt32s:
        """Of each row the place of its stratum in `values`, from 1; 0 for all others. `known` are
        the places of rows in more values, by column.
        """
        if self.column not in known:
            return codes_of(column, self.values)
        values, code = known[self.column]
        places = {value: place for place, value in enumerate(self.values, start=1)}
        return np.array([0, *(places.get(value, 0) for value in values)], np.uint32)[code]


def stratify(
    table: RecordsTable,
    records: Path,
    columns: Sequence[str],
    placed_by_metric: Mapping[Metric, Placed],
    hits: Sequence[RuleHit],
    rates: MedianRates,
) -> Mapping[str, Stratified]:
    """By column the histograms of its LARGEST strata by hours, and of the commonest tags, for the
    first MOST_METRICS metrics in view. Columns with fewer than two strata are left out.

    `table` is the open one of `records`; the bins of each metric are those of all rows' histograms.
    `rates` are counted by the way.
    """
    in_view = metrics_in_view(hits)[:MOST_METRICS]
    tallies = {
        metric.name: Tally.of(metric, placed.cuts)
        for metric, placed in placed_by_metric.items()
        if metric.name in in_view
    }
    placed = {metric.name: placed for metric, placed in placed_by_metric.items()}
    strata = [each for column in dict.fromkeys(columns) if (each := _of(table, column, tallies))]
    tagged = _of_tags(hits, tallies)
    _count(records, strata, tagged, tallies, rates)
    if not tallies:
        return {}
    return {
        each.column: Stratified(
            strata=each.of,
            metrics={
                name: tuple(
                    _histogram(value, counts, placed[name])
                    for value, counts in zip(each.values, each.counts[name], strict=True)
                )
                for name in in_view
                if name in tallies
            },
        )
        for each in (*strata, *([tagged] if tagged else []))
    }


def _of(table: RecordsTable, column: str, tallies: Mapping[str, Tally]) -> _Strata | None:
    """The largest strata of a column; None of fewer than two."""
    values, of = table.largest(column, LARGEST)
    return _empty(column, values, of, tallies) if of > 1 else None


def _of_tags(hits: Sequence[RuleHit], tallies: Mapping[str, Tally]) -> _Strata | None:
    flagged = sorted((hit for hit in hits if hit.rows), key=lambda hit: -hit.rows)
    tags = [f"{hit.severity}:{hit.rule}" for hit in flagged]
    return _empty(TAG, tags[:LARGEST], len(tags), tallies) if tags else None


def _empty(
    column: str, values: Sequence[str | None], of: int, tallies: Mapping[str, Tally]
) -> _Strata:
    counts = {
        name: np.zeros((len(values), tally.rows.size), np.int64) for name, tally in tallies.items()
    }
    return _Strata(column, values, of, counts)


def _count(
    records: Path,
    strata: Sequence[_Strata],
    tagged: _Strata | None,
    tallies: Mapping[str, Tally],
    rates: MedianRates,
) -> None:
    """Count all rows into the strata."""
    columns = dict.fromkeys([*rates.strata, *(each.column for each in strata)])
    plan = scan(records).select(
        *(pl.col(name).cast(pl.Float64) for name in dict.fromkeys([RATE, *tallies])),
        *(pl.col(name).alias(f"by {name}") for name in columns),
        *([TAGS.expr] if tagged else []),
    )
    for frame in batches(plan):
        known = {
            name: (values, codes_of(frame[f"by {name}"], values))
            for name, values in rates.strata.items()
        }
        for name, (_, code) in known.items():
            rates.count(name, frame[RATE].to_numpy(), code)
        codes = [(each, each.codes(frame[f"by {each.column}"], known)) for each in strata]
        rows = _tagged_rows(frame, tagged) if tagged else None
        for name, tally in tallies.items():
            values = frame[name].to_numpy()
            for each, code in codes:
                tally.count_by(values, code, each.counts[name])
            if tagged and rows:
                tally.count_by(values[rows[0]], rows[1], tagged.counts[name])


def _tagged_rows(frame: pl.DataFrame, tagged: _Strata) -> tuple[UInt32s, UInt32s]:
    """Numbers of the rows that have a tag, once for each tag, and the tags' codes."""
    tags = (
        frame.select(pl.col(TAGS.name).alias(TAG))
        .with_row_index("row")
        .filter(pl.col(TAG).list.len() > 0)
        .explode(TAG)
    )
    return tags["row"].to_numpy(), codes_of(tags[TAG], tagged.values)


def _histogram(value: str | None, counts: Int64Table, placed: Placed) -> StratumHistogram:
    below, above = placed.beyond(counts)
    return StratumHistogram(value=value, rows=placed.binned(counts), below=below, above=above)
