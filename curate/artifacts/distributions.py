"""How metrics are distributed over the rows of a profile, and how they go together."""

from __future__ import annotations

from collections.abc import Mapping

from curate.artifacts.base import Model, OptionalKey
from curate.artifacts.records import Number, TaggedRecord


class Hit(Model):
    """Rows that got a verdict from the metric's own rules: in each bin, beyond, without a value."""

    verdict: str
    rows: tuple[int, ...]
    below: int
    above: int
    null: int


class Histogram(Model):
    """Counts between edges, and beyond them; edges of whole numbers lie half-way between two.

    A bin holds its lower edge, the last one its upper edge too; where a limit is not to be exceeded
    (`>`, `<=`), the bin before it does.
    """

    edges: tuple[float, ...]
    whole: bool
    rows: tuple[int, ...]
    hours: tuple[float, ...]
    below: int
    above: int
    below_hours: OptionalKey[float] = None
    above_hours: OptionalKey[float] = None
    hits: tuple[Hit, ...]


class StratumHistogram(Model):
    """Rows of a stratum in the bins of a metric's histogram, and beyond them; `value` is null where
    none is declared.
    """

    value: str | None
    rows: tuple[int, ...]
    below: int
    above: int


class Stratified(Model):
    """Histograms of the largest strata of a column, for the metrics in view: by metric, one per
    stratum. `strata` counts all that there are; a row may be in several strata of `tag`.
    """

    strata: int
    metrics: Mapping[str, tuple[StratumHistogram, ...]]


class Threshold(Model):
    """What a rule sets on a metric: a limit, or an expression, whose `value` is null.

    `where` narrows it to some rows; empty for all.
    """

    rule: str
    severity: str
    operator: str
    value: Number | None
    where: str


class Metric(Model):
    """How a metric is distributed over all rows; the statistics are null where no row has it.

    `quantiles` goes by p01, p05, p25, p50, p75, p95, p99, p999 and is exact (nearest rank). `worst`
    holds the eight most extreme records at the suspicious end, most extreme first; for direction
    `both` the four highest, then the four lowest; none for `none`.
    """

    name: str
    unit: str
    meaning: str
    direction: str
    rows: int
    nulls: int
    mean: Number | None
    min: Number | None
    max: Number | None
    quantiles: Mapping[str, Number | None]
    histogram: Histogram
    thresholds: tuple[Threshold, ...]
    worst: tuple[TaggedRecord, ...]

    @property
    def varies(self) -> bool:
        """Whether rows have more than one value of it."""
        return self.max is not None and self.quantiles.get("p01") != self.max


class Density(Model):
    """Rows by two metrics together: `rows` has a list per cell of `y`, in it one number per cell of
    `x`; `outside` counts rows beyond all cells.
    """

    x: str
    y: str
    x_edges: tuple[float, ...]
    y_edges: tuple[float, ...]
    rows: tuple[tuple[int, ...], ...]
    outside: int


class Correlations(Model):
    """Pearson's correlation of every metric with every other; null where one does not vary."""

    metrics: tuple[str, ...]
    pearson: tuple[tuple[float | None, ...], ...]
