"""`curate diff`: what two profiles differ in, and how far their metrics have drifted apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from curate.arrays import Int64s
from curate.artifacts.diff import (
    Diff,
    Drift,
    MetricsOfOne,
    RulePair,
    Shapes,
    StratumPair,
    VerdictPair,
)
from curate.artifacts.distributions import Metric
from curate.artifacts.profile import Profile, Stratum
from curate.artifacts.records import CorpusAmount
from curate.errors import Fault, InputError, raise_all
from curate.metrics import BY_NAME
from curate.profiles.group_summary import LARGEST_STRATA
from curate.profiles.opened import open_profile
from curate.profiles.statistics.histogram import histogram
from curate.profiles.statistics.quantiles import count_bins
from curate.profiles.statistics.tally import Tally

OUTPUT_FILES = frozenset({"diff.json", "report.html"})
PARTS = 10
"""Parts of equal size, by the first profile, over which PSI is summed."""

Sides = tuple[Profile, Profile]
DRAWN = 12
"""Metrics of which both distributions are kept: those that moved furthest."""
K = TypeVar("K")


class _Amount(NamedTuple):
    """Rows and hours that both sides have of something."""

    a_rows: int
    a_hours: float
    b_rows: int
    b_hours: float


def compare(a: Path, b: Path, command: str, versions: Mapping[str, str]) -> Diff:
    """diff.json of two profile directories. InputError with each that is none."""
    one, two = sides = _read((a, b))
    return Diff(
        command=command,
        versions=versions,
        a=CorpusAmount(path=str(a), rows=one.totals.rows, hours=one.totals.hours),
        b=CorpusAmount(path=str(b), rows=two.totals.rows, hours=two.totals.hours),
        verdicts=_verdicts(sides),
        rules=_rules(sides),
        metrics=_drifts(sides, a, b),
        metrics_of_one=_of_one(sides),
        strata={
            column: _strata(one.strata[column], two.strata[column])
            for column in one.strata
            if column in two.strata
        },
    )


def _read(folders: Sequence[Path]) -> Sides:
    profiles: list[Profile] = []
    faults: list[Fault] = []
    for folder in folders:
        try:
            profiles.append(open_profile(folder))
        except InputError as error:
            faults += error.faults
    raise_all(InputError, faults)
    one, two = profiles
    return one, two


def _verdicts(sides: Sides) -> tuple[VerdictPair, ...]:
    amounts = [{each.verdict: (each.rows, each.hours) for each in side.verdicts} for side in sides]
    return tuple(
        VerdictPair(verdict=verdict, **pair._asdict()) for verdict, pair in _paired(*amounts)
    )


def _rules(sides: Sides) -> tuple[RulePair, ...]:
    amounts = [
        {
            (each.rule, each.severity, each.condition): (each.rows, each.hours)
            for each in side.rules_hit
        }
        for side in sides
    ]
    return tuple(
        RulePair(rule=rule, severity=severity, condition=condition, **pair._asdict())
        for (rule, severity, condition), pair in _paired(*amounts)
    )


def _strata(one: Sequence[Stratum], two: Sequence[Stratum]) -> tuple[StratumPair, ...]:
    """Both amounts of the values that both profiles list, or that a complete list has not."""
    amounts = [{each.value: (each.rows, each.hours) for each in side} for side in (one, two)]
    cut = [len(side) >= LARGEST_STRATA for side in (one, two)]
    return tuple(
        StratumPair(value=value, **pair._asdict())
        for value, pair in _paired(*amounts)
        if not any(is_cut and value not in side for is_cut, side in zip(cut, amounts, strict=True))
    )


def _paired(
    one: Mapping[K, tuple[int, float]], two: Mapping[K, tuple[int, float]]
) -> Iterator[tuple[K, _Amount]]:
    """Both amounts by key, in the first side's order; what one side lacks has 0 rows."""
    for key in dict.fromkeys([*one, *two]):
        yield key, _Amount(*one.get(key, (0, 0.0)), *two.get(key, (0, 0.0)))


def _drifts(sides: Sides, a: Path, b: Path) -> tuple[Drift, ...]:
    """Metrics that both profiles have, the one that drifted most first."""
    bins = [count_bins(folder / "records.parquet") for folder in (a, b)]
    one, two = ({each.name: each for each in side.metrics} for side in sides)
    drifts = [
        _drift(one[name], two[name], bins[0][name].rows, bins[1][name].rows)
        for name in one
        if name in two and name in bins[0] and name in bins[1]
    ]
    drifts.sort(key=lambda each: (-(each.ks or 0.0), each.name))
    drawn = [each.name for each in drifts if each.ks][:DRAWN]
    return tuple(
        each.model_copy(update={"shapes": _shapes(each.name, *(side[each.name] for side in bins))})
        if each.name in drawn
        else each
        for each in drifts
    )


def _shapes(name: str, one: Tally, two: Tally) -> Shapes:
    """Both distributions in the bins that suit both together."""
    metric = BY_NAME[name]
    both = Tally.of(metric)
    both.rows[:] = one.rows + two.rows
    bins = histogram(metric, both)
    return Shapes(
        edges=tuple(bins.edges),
        whole=bins.whole,
        a=bins.placed.binned(one.rows),
        b=bins.placed.binned(two.rows),
        a_beyond=sum(bins.placed.beyond(one.rows)),
        b_beyond=sum(bins.placed.beyond(two.rows)),
    )


def _of_one(sides: Sides) -> MetricsOfOne:
    """Metrics that only one profile has: they are not compared."""
    one, two = ([each.name for each in side.metrics] for side in sides)
    return MetricsOfOne(
        a=tuple(name for name in one if name not in two),
        b=tuple(name for name in two if name not in one),
    )


def _drift(one: Metric, two: Metric, rows_a: Int64s, rows_b: Int64s) -> Drift:
    statistics = [(each.mean, each.min, each.max, each.quantiles) for each in (one, two)]
    return Drift(
        name=one.name,
        unit=one.unit,
        a_p50=one.quantiles["p50"],
        a_p99=one.quantiles["p99"],
        b_p50=two.quantiles["p50"],
        b_p99=two.quantiles["p99"],
        a_nulls=one.nulls,
        b_nulls=two.nulls,
        same=statistics[0] == statistics[1] and _same_shape(one, two),
        ks=ks(rows_a, rows_b),
        psi=psi(rows_a, rows_b),
    )


def _same_shape(one: Metric, two: Metric) -> bool:
    """Whether both histograms have the same shares in the same bins, and of nulls."""
    shapes = [
        [each.nulls, *each.histogram.rows, each.histogram.below, each.histogram.above]
        for each in (one, two)
    ]
    if one.histogram.edges != two.histogram.edges:
        return False
    first, second = (sum(shape) for shape in shapes)
    return all(a * second == b * first for a, b in zip(*shapes, strict=True))


def ks(a: Int64s, b: Int64s) -> float | None:
    """Kolmogorov-Smirnov distance of two counts over the same bins; None where one is empty.

    >>> ks(np.array([1, 1]), np.array([0, 2])), ks(np.array([1, 1]), np.array([0, 0]))
    (0.5, None)
    """
    if not a.sum() or not b.sum():
        return None
    return round(float(np.abs(np.cumsum(a) / a.sum() - np.cumsum(b) / b.sum()).max()), 6)


def psi(a: Int64s, b: Int64s) -> float | None:
    """Population stability index over PARTS parts that hold equally much of `a`.

    An empty part counts as half a row, so that the index stays finite. By custom, below 0.1 is
    no notable shift, from 0.25 on it is a large one. None where one side is empty.

    >>> psi(np.array([5, 5]), np.array([50, 50])), psi(np.array([5, 5]), np.array([9, 1]))
    (0.0, 0.87889)
    """
    if not a.sum() or not b.sum():
        return None
    below = np.cumsum(a) - a
    part = np.minimum(below * PARTS // a.sum(), PARTS - 1)
    shares = [
        np.maximum(np.bincount(part, weights=side, minlength=PARTS), 0.5 * (side.sum() > 0))
        / side.sum()
        for side in (a, b)
    ]
    held = np.bincount(part, weights=a + b, minlength=PARTS) > 0
    one, two = (share[held] for share in shares)
    return round(float(((two - one) * np.log(two / one)).sum()), 6)
