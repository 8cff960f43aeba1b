"""OPERATORS and FIELDS: what rules may compare with, and which columns besides metrics."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from curate.artifacts.columns import (
    AUDIO_CODEC,
    AUDIO_FAULT,
    DETECTED_LANG,
    LANG,
    LANG_CODE,
    OFFSET_S,
    SCRIPT,
    SOURCE,
    SPEAKER,
    TASK,
    TRANSLATION,
)
from curate.metrics import METRICS

Kind = Literal["number", "text", "truth"]
"""What an expression gives: a number, a text, or true, false, unknown."""


class Operator(NamedTuple):
    """A comparison; `compare` works on two Python values and on two Polars expressions alike."""

    symbol: str
    meaning: str
    compare: Callable[[Any, Any], Any]
    ordered: bool


OPERATORS: tuple[Operator, ...] = (
    Operator(">=", "at least", operator.ge, ordered=True),
    Operator("<=", "at most", operator.le, ordered=True),
    Operator("==", "equal to", operator.eq, ordered=False),
    Operator("!=", "other than", operator.ne, ordered=False),
    Operator(">", "more than", operator.gt, ordered=True),
    Operator("<", "less than", operator.lt, ordered=True),
)
"""Every comparison. A symbol that begins another one stands after it, so scanning is greedy."""

BY_SYMBOL: Mapping[str, Operator] = {each.symbol: each for each in OPERATORS}

FIELDS: Mapping[str, Kind] = {
    LANG.name: "text",
    LANG_CODE.name: "text",
    SPEAKER.name: "text",
    TASK.name: "text",
    SOURCE.name: "text",
    OFFSET_S.name: "number",
    SCRIPT.name: "text",
    TRANSLATION.name: "number",
    DETECTED_LANG.name: "text",
    AUDIO_FAULT.name: "text",
    AUDIO_CODEC.name: "text",
}
"""Record columns that rules may use beside the metrics."""


def vocabulary() -> Mapping[str, Kind]:
    """Every name a rule may use: the metrics in their order, then the fields."""
    metrics: dict[str, Kind] = {metric.name: "number" for metric in METRICS}
    return {**metrics, **FIELDS}
