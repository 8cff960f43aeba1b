"""what-if.json: for each limit what it costs as it is, and at other values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from curate.artifacts.records import CorpusAmount, MeasuredRecord
from curate.artifacts.verdicts import VERDICTS
from curate.artifacts.what_if import LimitEffect, ThresholdPoint, ThresholdStep, WhatIf
from curate.environment.versions import versions
from curate.metrics import BY_NAME
from curate.profiles.named import LIBRARIES, hours, rules_named
from curate.rules.file import RuleSet
from curate.whatif.overlap import Kinds, by_rule, by_verdict, overlap
from curate.whatif.stored import Example, examples, open_stored
from curate.whatif.stored_counts import limit_counts
from curate.whatif.sweep import Sweep
from curate.whatif.threshold_grid import ThresholdGrid, threshold_grids

OUTPUT_FILES = frozenset({"what-if.json", "clips.json", "report.html"})
NEAREST = 3
"""Records shown on either side of a limit."""

Counts = npt.NDArray[np.int64]


def what_if(
    folder: Path,
    rules: RuleSet,
    command: str = "",
    warnings: Sequence[str] = (),
    threads: int | None = None,
) -> WhatIf:
    """What the rules cost on the profile in `folder`, and what each limit would cost elsewhere.

    Groups fail or pass as they do now, wherever a limit is moved: their rules are counted beside
    the others, and have no curve. Records of which a person has decided keep their verdict and are
    no part of what limits flag. All of it is counted from records.parquet; only the texts of the
    examples come from the manifests, and where those are gone a warning says so. InputError where
    `folder` is not a profile, ConfigError where the rules need metrics that it was made without.
    """
    stored = open_stored(folder, rules)
    rules = stored.adapted(rules)
    steps = threshold_grids(rules)
    swept = limit_counts(stored, rules, steps, threads)
    kinds = Kinds.of(swept)
    near = [_near(swept, kinds, grid, _place(rules, grid)) for grid in steps]
    shown, unread = examples(stored, [one for sides in near for side in sides for one in side])
    ids = [*(rule.id for rule in rules.rules), *(rule.id for rule in rules.groups)]
    verdicts = by_verdict(kinds)
    fixed = kinds.fixed.values()
    rows = int(kinds.rows.sum()) + sum(amount[0] for amount in fixed)
    us = int(kinds.us.sum()) + sum(amount[1] for amount in fixed)
    return WhatIf(
        command=command,
        versions=versions(LIBRARIES),
        warnings=(*warnings, *unread),
        profile=CorpusAmount(path=str(folder), rows=rows, hours=hours(us)),
        rules=rules_named(rules),
        verdicts=verdicts,
        by_rule=by_rule(kinds, ids),
        limits=tuple(
            _limit(swept, kinds, grid, _place(rules, grid), sides, shown)
            for grid, sides in zip(steps, near, strict=True)
        ),
        overlap=overlap(kinds, ids),
    )


def _place(rules: RuleSet, grid: ThresholdGrid) -> int:
    return [rule.id for rule in rules.rules].index(grid.rule.id)


def _limit(
    swept: Sweep,
    kinds: Kinds,
    grid: ThresholdGrid,
    at: int,
    sides: Sequence[Sequence[Example]],
    shown: Mapping[Example, MeasuredRecord],
) -> LimitEffect:
    """One limit with its curve, the steps next to it, and the records next to it."""
    curve = _curve(swept, kinds, grid, at)
    metric, limit, rule = BY_NAME[grid.rule.metric], grid.limit, grid.rule
    points = tuple(_point(grid, curve, threshold) for threshold in range(grid.thresholds.size))
    now = points[grid.now]
    return LimitEffect(
        rule=rule.id,
        severity=grid.severity,
        metric=metric.name,
        unit=metric.unit,
        operator=limit.operator.symbol,
        value=limit.value,
        where=rule.where.text if rule.where else "",
        why=rule.why,
        rows=now.rows,
        hours=now.hours,
        unique_rows=now.unique_rows,
        unique_hours=now.unique_hours,
        tighter=_step(points, grid.now, -1 if grid.upward else 1),
        looser=_step(points, grid.now, 1 if grid.upward else -1),
        curve=points,
        flagged=tuple(shown[one] for one in sides[0]),
        passed=tuple(shown[one] for one in sides[1]),
    )


def _curve(swept: Sweep, kinds: Kinds, grid: ThresholdGrid, at: int) -> Sequence[Counts]:
    """Past each threshold: rows, microseconds, and of both what no other rule flags."""
    edges = swept.edges[grid.rule.metric].values
    inside, single = kinds.applies[:, at], kinds.only_this_rule(at, grid.severity)
    rows, us, _ = swept.tables[grid.rule.metric]
    return [
        grid.flagged(table[kinds.at[chosen]].sum(axis=0), edges)
        for chosen in (inside, inside & single)
        for table in (rows, us)
    ]


def _point(grid: ThresholdGrid, curve: Sequence[Counts], threshold: int) -> ThresholdPoint:
    rows, us, unique_rows, unique_us = (int(each[threshold]) for each in curve)
    return ThresholdPoint(
        value=float(grid.thresholds[threshold]),
        rows=rows,
        hours=hours(us),
        unique_rows=unique_rows,
        unique_hours=hours(unique_us),
    )


def _step(points: Sequence[ThresholdPoint], now: int, way: int) -> ThresholdStep | None:
    """The nearest threshold that way at which the corpus gets another size: how much is lost there
    (less than nothing: gained) beside what is lost now. None where no threshold changes anything.
    """
    here = points[now]
    ahead = points[now + 1 :] if way > 0 else points[:now][::-1]
    for point in ahead:
        if point.unique_rows != here.unique_rows:
            return ThresholdStep(
                value=point.value,
                rows=point.unique_rows - here.unique_rows,
                hours=round(point.unique_hours - here.unique_hours, 6),
            )
    return None


def _near(
    swept: Sweep, kinds: Kinds, grid: ThresholdGrid, at: int
) -> tuple[list[Example], list[Example]]:
    """Records on either side of the limit, nearest cells first: flagged, and passed."""
    edges = swept.edges[grid.rule.metric].values
    cell = 2 * int(np.searchsorted(edges, grid.limit.value)) + 1
    upper_first = cell + (grid.limit.operator.symbol in {">", "<="})
    upper = list(range(upper_first, 2 * edges.size + 1))
    lower = list(range(upper_first - 1, -1, -1))
    sides = (upper, lower) if grid.upward else (lower, upper)
    return _first_of(swept, kinds, grid, at, sides[0]), _first_of(swept, kinds, grid, at, sides[1])


def _first_of(
    swept: Sweep, kinds: Kinds, grid: ThresholdGrid, at: int, cells: Sequence[int]
) -> list[Example]:
    _, _, first = swept.tables[grid.rule.metric]
    verdicts, inside = kinds.verdicts(), np.flatnonzero(kinds.applies[:, at])
    chosen: list[Example] = []
    for cell in cells:
        numbers = first[kinds.at[inside], cell]
        held = [(int(numbers[k]), int(inside[k])) for k in np.flatnonzero(numbers >= 0)]
        for number, kind in sorted(held)[: NEAREST - len(chosen)]:
            chosen.append(Example(number, grid.rule.metric, VERDICTS[verdicts[kind]]))
        if len(chosen) == NEAREST:
            break
    return chosen


__all__ = ["OUTPUT_FILES", "what_if"]
