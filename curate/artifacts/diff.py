"""diff.json: what two profiles differ in, as `curate diff` computes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from curate.artifacts.base import GatedArtifact, Model, SchemaId
from curate.artifacts.records import CorpusAmount, Number


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


class Drift(Model):
    """How far a metric has moved between the profiles; quantiles are null where no row has it.

    `ks` and `psi` are null where one side has no value.
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


class MetricsOfOne(Model):
    """Metrics that one profile alone has: nothing is compared of them."""

    a: tuple[str, ...]
    b: tuple[str, ...]


class Diff(GatedArtifact):
    """diff.json; metrics stand by drift, the largest first."""

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
