"""`curate diff`: what two profiles differ in, and how far their metrics have drifted apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from curate.errors import Fault, InputError, raise_all
from curate.profiles.statistics.quantiles import count_bins
from curate.profiles.statistics.tally import Counts
from curate.profiles.summary import Json, open_profile

SCHEMA = "curate.diff/1"
OURS = frozenset({"diff.json", "report.html"})
PARTS = 10
"""Parts of equal size, by the first profile, over which PSI is summed."""

Found = Mapping[str, Any]
Sides = tuple[Found, Found]


def compare(a: Path, b: Path, command: str, versions: Mapping[str, str]) -> Json:
    """diff.json of two profile directories. InputError with each that is none."""
    sides = _read((a, b))
    return {
        "schema": SCHEMA,
        "command": command,
        "versions": dict(versions),
        "a": {"path": str(a), **_totals(sides[0])},
        "b": {"path": str(b), **_totals(sides[1])},
        "verdicts": _paired(sides, ("verdict",), lambda side: side["verdicts"]),
        "rules": _paired(sides, ("rule", "severity", "condition"), lambda side: side["rules_hit"]),
        "metrics": _drifts(sides, a, b),
        "metrics_of_one": _of_one(sides),
        "strata": {
            column: _paired(sides, ("value",), lambda side, name=column: side["strata"][name])
            for column in sides[0]["strata"]
            if column in sides[1]["strata"]
        },
    }


def _read(folders: Sequence[Path]) -> Sides:
    found: list[Found] = []
    faults: list[Fault] = []
    for folder in folders:
        try:
            found.append(open_profile(folder))
        except InputError as error:
            faults += error.faults
    raise_all(InputError, faults)
    one, two = found
    return one, two


def _totals(side: Found) -> Json:
    return {"rows": side["totals"]["rows"], "hours": side["totals"]["hours"]}


def _paired(sides: Sides, keys: Sequence[str], of: Any) -> list[Json]:
    """Entries of both sides by key, in the first side's order; what one side lacks has 0 rows."""
    by_key = [{tuple(each[key] for key in keys): each for each in of(side)} for side in sides]
    return [
        {
            **dict(zip(keys, key, strict=True)),
            **{
                f"{side}_{unit}": entries.get(key, {}).get(unit, 0)
                for side, entries in zip("ab", by_key, strict=True)
                for unit in ("rows", "hours")
            },
        }
        for key in _both(*by_key)
    ]


def _both(one: Iterable[tuple[Any, ...]], two: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return list(dict.fromkeys([*one, *two]))


def _drifts(sides: Sides, a: Path, b: Path) -> list[Json]:
    """Metrics that both profiles have, the one that drifted most first."""
    bins = [count_bins(folder / "records.parquet") for folder in (a, b)]
    one, two = ({each["name"]: each for each in side["metrics"]} for side in sides)
    found = [
        _drift(one[name], two[name], bins[0][name].rows, bins[1][name].rows)
        for name in one
        if name in two and name in bins[0] and name in bins[1]
    ]
    return sorted(found, key=lambda each: (-(each["ks"] or 0.0), each["name"]))


def _of_one(sides: Sides) -> Json:
    """Metrics that one profile alone has: nothing is compared of them."""
    names = [[each["name"] for each in side["metrics"]] for side in sides]
    return {
        side: [name for name in here if name not in there]
        for side, here, there in zip("ab", names, reversed(names), strict=True)
    }


_STATISTICS = ("mean", "min", "max", "quantiles")


def _drift(one: Found, two: Found, rows_a: Counts, rows_b: Counts) -> dict[str, Any]:
    points = {
        f"{side}_{point}": metric["quantiles"][point]
        for side, metric in (("a", one), ("b", two))
        for point in ("p50", "p99")
    }
    return {
        "name": one["name"],
        "unit": one["unit"],
        **points,
        "a_nulls": one["nulls"],
        "b_nulls": two["nulls"],
        "same": all(one[key] == two[key] for key in _STATISTICS) and _same_shape(one, two),
        "ks": ks(rows_a, rows_b),
        "psi": psi(rows_a, rows_b),
    }


def _same_shape(one: Found, two: Found) -> bool:
    """Whether both histograms have the same shares in the same bins, and of nulls."""
    shapes = [
        [side["nulls"], *side["histogram"]["rows"], *(side["histogram"][k] for k in _BEYOND)]
        for side in (one, two)
    ]
    if one["histogram"]["edges"] != two["histogram"]["edges"]:
        return False
    first, second = (sum(shape) for shape in shapes)
    return all(a * second == b * first for a, b in zip(*shapes, strict=True))


_BEYOND = ("below", "above")


def ks(a: Counts, b: Counts) -> float | None:
    """Kolmogorov-Smirnov distance of two counts over the same bins; None where one is empty.

    >>> ks(np.array([1, 1]), np.array([0, 2])), ks(np.array([1, 1]), np.array([0, 0]))
    (0.5, None)
    """
    if not a.sum() or not b.sum():
        return None
    return round(float(np.abs(np.cumsum(a) / a.sum() - np.cumsum(b) / b.sum()).max()), 6)


def psi(a: Counts, b: Counts) -> float | None:
    """Population stability index over PARTS parts that hold equally much of `a`.

    An empty part counts as half a row, so that the index stays finite. By custom, below 0.1 is
    no shift worth the name, from 0.25 on it is a large one. None where one side is empty.

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
