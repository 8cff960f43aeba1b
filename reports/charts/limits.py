"""The limits of a metric as its histogram draws them: which, where, and with what label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from curate.artifacts.distributions import Metric, Threshold
from curate.artifacts.profile import RuleHit
from reports.charts.axes import SPAN, Scale
from reports.charts.bars import Bars, limit_at
from reports.charts.svg import SHADES
from reports.format import number

_LETTER = 5.9
"""Units that a letter of a label takes."""
_MOST_LIMITS = 6
_LONGEST_NAME = 24
SIGNS = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠"}


class Limit(NamedTuple):
    """A threshold as drawn: its label stands on `level` lines above the plot, left or right."""

    threshold: Threshold
    text: str
    value: float
    shade: str
    narrow: bool
    left: bool
    level: int


Flagged = Mapping[tuple[str, str], int]
"""Rows that a severity of a rule flagged, by rule and severity."""
NOTHING_FLAGGED: Flagged = {}


def flagged_rows(hits: Sequence[RuleHit]) -> Flagged:
    """What the rules of a profile flagged."""
    return {(hit.rule, hit.severity): hit.rows for hit in hits}


def near_limits(
    metric: Metric, bars: Bars, flagged: Flagged = NOTHING_FLAGGED
) -> list[tuple[Threshold, float]]:
    """The limits to draw: not so far out that they would squeeze the distribution. Those that
    flagged most come first, then those of all rows.
    """
    near = [pair for pair in _limits(metric, bars, flagged) if _is_near(bars, pair[1])]
    return near[:_MOST_LIMITS]


def far_limits(
    metric: Metric, bars: Bars, flagged: Flagged = NOTHING_FLAGGED
) -> tuple[list[Threshold], int]:
    """The limits that are not drawn; of those of some rows which flagged none only the number."""
    near = [limit for limit, _ in near_limits(metric, bars, flagged)]
    far = [limit for limit, _ in _limits(metric, bars, flagged) if limit not in near]
    named = [limit for limit in far if not limit.where or _rows(limit, flagged)]
    return named, len(far) - len(named)


def _limits(metric: Metric, bars: Bars, flagged: Flagged) -> list[tuple[Threshold, float]]:
    placed = ((limit, limit_at(limit, whole=bars.whole)) for limit in metric.thresholds)
    drawn_limits = [(limit, at) for limit, at in placed if at is not None]

    def rank(pair: tuple[Threshold, float]) -> tuple[int, bool, float]:
        return -_rows(pair[0], flagged), bool(pair[0].where), pair[1]

    return sorted(drawn_limits, key=rank)


def _rows(limit: Threshold, flagged: Flagged) -> int:
    return flagged.get((limit.rule, limit.severity), 0)


def _is_near(bars: Bars, at: float) -> bool:
    reach = bars.high - bars.low
    return bars.low - reach <= at <= bars.high + reach


def format_limit(limit: Threshold) -> str:
    """`bad ≥ 30`; a limit that holds for some rows only goes by its rule's name."""
    name = (limit.rule if limit.where else limit.severity) or "limit"
    name = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
    operator = limit.operator or "—"
    return f"{name} {SIGNS.get(operator, operator)} {number(limit.value)}"


def place_limits(near: Sequence[tuple[Threshold, float]], scale: Scale) -> list[Limit]:
    """Each limit with the lowest line on which its label meets no other."""
    taken: list[list[tuple[float, float]]] = []
    placed = []
    for limit, value in near:
        text, at = format_limit(limit), scale.place(value)
        reach = (_LETTER * len(text) + 10) / SPAN
        left = at > 0.6
        start, end = (at - reach, at) if left else (at, at + reach)
        free = (all(end < a or start > b for a, b in line) for line in taken)
        level = next((index for index, is_free in enumerate(free) if is_free), len(taken))
        taken += [[]] if level == len(taken) else []
        taken[level].append((start, end))
        shade = limit.severity if limit.severity in SHADES else "ink"
        placed.append(Limit(limit, text, value, shade, bool(limit.where), left, level))
    return placed
