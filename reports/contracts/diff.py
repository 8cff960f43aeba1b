"""What diff.json holds."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from reports.contracts.base import Artefact, Model


class Side(Model):
    """One of the two profiles."""

    path: str | None = None
    rows: int | None = None
    hours: float | None = None


class Pair(Model):
    """Amounts of the same thing in both profiles; which thing, the other keys say."""

    verdict: str | None = None
    rule: str | None = None
    severity: str | None = None
    condition: str | None = None
    value: str | None = None
    a_rows: int | None = None
    b_rows: int | None = None
    a_hours: float | None = None
    b_hours: float | None = None


class Drift(Model):
    """How far one metric has moved; `same` where quantiles, extremes, bins and nulls are equal."""

    name: str = ""
    unit: str | None = None
    a_p50: float | None = None
    b_p50: float | None = None
    a_p99: float | None = None
    b_p99: float | None = None
    a_nulls: int | None = None
    b_nulls: int | None = None
    same: bool | None = None
    ks: float | None = None
    psi: float | None = None


class MetricsOfOne(Model):
    """Names of metrics that only one of the profiles has."""

    a: tuple[str, ...] = ()
    b: tuple[str, ...] = ()


class Diff(Artefact):
    """diff.json."""

    contract = "curate.diff/1"

    a: Side = Side()
    b: Side = Side()
    verdicts: tuple[Pair, ...] = ()
    rules: tuple[Pair, ...] = ()
    metrics: tuple[Drift, ...] = ()
    metrics_of_one: MetricsOfOne = MetricsOfOne()
    strata: Mapping[str, tuple[Pair, ...]] = Field(default_factory=dict)
