"""diff.json: what two profiles differ in, as `curate diff` computes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from curate.artifacts.base import GatedArtifact, Model, OptionalKey, SchemaId
from curate.artifacts.records import CorpusAmount, Number
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import hours, plural

LARGE_SHIFT = 0.25
"""PSI from which a shift is called large, by custom of credit scoring, where the index is from."""


class Pair(Model):
    """What both profiles hold of something; 0 where one has none of it."""

    a_rows: int
    a_hours: float
    b_rows: int
    b_hours: float


class VerdictPair(Pair):
    """Both amounts of one verdict."""

    verdict: str


class RulePair(Pair):
    """Both amounts of one severity of a rule."""

    rule: str
    severity: str
    condition: str


class StratumPair(Pair):
    """Both amounts of one stratum; `value` is null where none is declared."""

    value: str | None


class Shapes(Model):
    """Rows of both profiles between the same edges (half-way between two numbers where all are
    whole) and beyond them.
    """

    edges: tuple[float, ...]
    whole: bool
    a: tuple[int, ...]
    b: tuple[int, ...]
    a_beyond: int
    b_beyond: int


class Drift(Model):
    """How far a metric has moved between the profiles; quantiles are null where no row has it.

    `ks` and `psi` are null where one side has no value. The metrics that moved furthest have
    `shapes`.
    """

    name: str
    unit: str
    a_p50: Number | None
    a_p99: Number | None
    b_p50: Number | None
    b_p99: Number | None
    a_nulls: int
    b_nulls: int
    same: bool
    ks: float | None
    psi: float | None
    shapes: OptionalKey[Shapes] = None


class MetricsOfOne(Model):
    """Metrics that only one profile has: nothing is compared of them."""

    a: tuple[str, ...]
    b: tuple[str, ...]


class Diff(GatedArtifact):
    """diff.json; metrics by drift, the largest first."""

    file: ClassVar[str] = "diff.json"
    made_by: ClassVar[str] = "curate diff"

    schema_id: SchemaId[Literal["curate.diff/1"]] = "curate.diff/1"
    a: CorpusAmount
    b: CorpusAmount
    verdicts: tuple[VerdictPair, ...]
    rules: tuple[RulePair, ...]
    metrics: tuple[Drift, ...]
    metrics_of_one: MetricsOfOne
    strata: Mapping[str, tuple[StratumPair, ...]]

    def headline(self) -> str:
        """The sizes of both profiles."""
        sizes = [
            f"{each.path} ({plural(each.rows, 'row')}, {hours(each.hours)})"
            for each in (self.a, self.b)
        ]
        return f"Diff {sizes[0]} against {sizes[1]}"

    def html_tables(self) -> Iterator[HtmlTable]:
        """Verdicts of both, and the metrics that drifted most."""
        verdicts = [
            (
                each.verdict,
                f"{each.a_rows:,}",
                f"{each.b_rows:,}",
                hours(each.a_hours),
                hours(each.b_hours),
            )
            for each in self.verdicts
        ]
        yield HtmlTable(("verdict", "A rows", "B rows", "A hours", "B hours"), verdicts)
        drifts = [
            (each.name, each.unit, *map(_format, (each.a_p50, each.b_p50, each.ks, each.psi)))
            for each in self.metrics
        ]
        yield HtmlTable(("metric", "unit", "A median", "B median", "KS", "PSI"), drifts, "Drift")


def _format(value: Number | None) -> str:
    return "" if value is None else f"{value:,.4g}"
