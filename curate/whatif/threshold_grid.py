"""The thresholds at which a limit is tried: nice steps around it, and what each would flag."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.metrics import BY_NAME
from curate.rules.file import Limit, Rule, RuleSet, Severity

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

STEPS = 20
"""Thresholds on either side of the limit."""
_UPWARD = frozenset((">=", ">"))
_DOWNWARD = frozenset(("<=", "<"))


@dataclass(frozen=True)
class ThresholdGrid:
    """A limit of a rule, and the thresholds to try in its place, ascending; it is one of them."""

    rule: Rule
    severity: Severity
    limit: Limit
    thresholds: Numbers

    @property
    def upward(self) -> bool:
        """Whether the limit flags what lies above it."""
        return self.limit.operator.symbol in _UPWARD

    @property
    def now(self) -> int:
        """The index of the limit in `thresholds`."""
        return int(np.flatnonzero(self.thresholds == self.limit.value)[0])

    def flagged(self, counts: Counts, edges: Numbers) -> Counts:
        """Counts per cell of `edges` (which hold the thresholds) as what each threshold would
        flag.
        """
        # Cell 2i+1 is cut i itself, cell 2i what lies below it; the last cell is null.
        at = 2 * np.searchsorted(edges, self.thresholds) + 1
        known = np.concatenate(([0], np.cumsum(counts[:-1])))
        symbol = self.limit.operator.symbol
        below: Counts = known[at + (symbol in {">", "<="})]
        return known[-1] - below if self.upward else below


def threshold_grids(rules: RuleSet) -> list[ThresholdGrid]:
    """A grid for each limit that can be moved, in rule order, bad before borderline.

    `==`, `!=` and free expressions have none.
    """
    return [
        ThresholdGrid(rule, severity, limit, threshold_steps(limit, rule.metric))
        for rule in rules.rules
        for severity, condition in rule.conditions()
        for limit in condition.limits
        if limit.operator.symbol in _UPWARD | _DOWNWARD
    ]


def threshold_steps(limit: Limit, metric: str) -> Numbers:
    """The limit and up to STEPS nice steps on either side; no metric is below 0.

    >>> from curate.rules.expression import BY_SYMBOL
    >>> steps = threshold_steps(Limit(BY_SYMBOL[">="], 30.0), "char_rate")
    >>> steps[0], steps[20], steps[21], steps[-1]
    (np.float64(10.0), np.float64(30.0), np.float64(31.0), np.float64(50.0))
    """
    step = _step(limit.value, metric)
    steps = {round(threshold, 10) for threshold in _around(limit.value, step) if threshold >= 0}
    return np.array(sorted({limit.value, *steps}), np.float64)


def _around(value: float, step: float) -> Iterator[float]:
    """Multiples of the step: people move a limit of 4.2 to 4, not to 4.0000001."""
    nearest = round(value / step)
    yield from ((nearest + k) * step for k in range(-STEPS, STEPS + 1))


def _step(value: float, metric: str) -> float:
    """About a twentieth of the limit: 1, 2 or 5 times a power of ten; whole where values are."""
    declared = BY_NAME[metric]
    width = (declared.high - declared.low) / declared.bins
    rough = abs(value) / STEPS or width
    power = 10.0 ** math.floor(math.log10(rough))
    nice = next(power * k for k in (1, 2, 5, 10) if power * k >= rough * 0.6)
    return max(1.0, float(round(nice))) if declared.dtype.is_integer() else nice
