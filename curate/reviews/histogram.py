"""The histogram of a metric over the records of a query: bins, limits and verdicts as the profile's
page has them of all records.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from curate.artifacts.columns import TAGS, VERDICT
from curate.artifacts.distributions import Metric as MetricSummary
from curate.artifacts.profile import Profile
from curate.formatting.units import US_PER_HOUR
from curate.metrics import METRICS
from curate.metrics.declare import Metric
from curate.profiles.statistics.counts import Triggered
from curate.profiles.statistics.histogram import cuts_at
from curate.profiles.statistics.quantiles import spread_of
from curate.profiles.statistics.tally import Hits
from curate.profiles.summary import QUANTILES
from curate.reviews.background import Background, Watch
from curate.reviews.browse import Rows
from curate.reviews.query import NoSuch, Query
from curate.reviews.table import WAIT_S, RecordTable

_REMEMBERED: Final = 32


class Answer(NamedTuple):
    """A metric over the rows of a query, null while its search has not come to their end; `hours`
    of all `rows`, those without a value too. `searched` and `loaded` are those of a selection.
    """

    metric: MetricSummary | None
    rows: int
    hours: float
    searched: float
    loaded: float


class Histograms:
    """Histograms of the selections of one table. Thread-safe."""

    def __init__(self, records: Path, profile: Profile, table: RecordTable) -> None:
        self._table = table
        self._metrics = {m.name: m for m in METRICS if m.name in table.browser.numeric}
        self._summaries = {metric.name: metric for metric in profile.metrics}
        self._lock = Lock()
        self._answers: OrderedDict[tuple[Query, str], Answer] = OrderedDict()
        on_metrics = [(hit.rule, hit.metric) for hit in profile.rules_hit]

        def triggered(on_read: Watch) -> Mapping[str, Hits]:
            table.browser.durations_us(np.zeros(0, np.intp))  # read and remembered
            columns = [VERDICT.name, TAGS.name]
            return Triggered(on_metrics).hits(pl.read_parquet(records, columns=columns))

        self._triggered = Background("the tags of the records", table.browser.rows, triggered)

    def start(self) -> None:
        """Read in advance which rules triggered, beside the requests."""
        self._triggered.start()

    def close(self) -> None:
        """Stop what runs beside the requests."""
        self._triggered.close()

    def answer(self, query: Query, name: str) -> Answer:
        """A metric over the records of a query. NoSuch for what is no metric of the profile."""
        if name not in self._metrics:
            raise NoSuch(f"{name!r} is no metric of the profile")
        selection = self._table.select(replace(query, sort=None))
        share = self._triggered.share
        triggered = self._triggered.wait(WAIT_S)
        if not selection.complete or triggered is None:
            loaded = min(selection.loaded, 1.0 if triggered is not None else share)
            return Answer(None, selection.rows.size, 0.0, selection.searched, loaded)
        key = selection.query, name
        with self._lock:
            answer = self._answers.get(key)
        if answer is None:
            summary = self._stored(name, selection.rows)
            if summary is None:
                summary = self.of(self._metrics[name], selection.rows, triggered.get(name))
            rows, us = self._table.browser.tally(selection.rows)
            answer = Answer(summary, rows, us / US_PER_HOUR, 1.0, 1.0)
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
        return answer

    def _stored(self, name: str, rows: Rows) -> MetricSummary | None:
        """What the profile has of a metric; None where it is not what these rows have."""
        browser = self._table.browser
        if rows.size < browser.rows or browser.beside(name):
            return None
        known = self._summaries.get(name)
        return known and known.model_copy(update={"worst": ()})

    def of(self, metric: Metric, rows: Rows, hits: Hits | None) -> MetricSummary:
        """How a metric is spread over rows; `hits` are of all rows."""
        browser, known = self._table.browser, self._summaries.get(metric.name)
        limits = known.thresholds if known else ()
        if hits is not None and browser.beside(metric.name):
            hits = None  # its rules saw other values
        elif hits is not None and rows.size < browser.rows:
            hits = hits.of(rows)
        values = np.ascontiguousarray(browser.values(metric.name, rows))
        us = browser.durations_us(rows)
        spread = spread_of(metric, values, us, tuple(QUANTILES.values()), cuts_at(limits), hits)
        return MetricSummary(
            name=metric.name,
            unit=metric.unit,
            meaning=metric.meaning,
            direction=metric.direction,
            rows=spread.rows,
            nulls=rows.size - spread.rows,
            mean=spread.mean,
            min=spread.least,
            max=spread.greatest,
            quantiles=dict(zip(QUANTILES, spread.quantiles, strict=True)),
            histogram=spread.histogram.artifact(),
            thresholds=limits,
            worst=(),
        )
