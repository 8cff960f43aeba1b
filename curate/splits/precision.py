"""How well a split can measure error rates: what its words and speakers allow, and what not.

WER is over words; where most rows are in scripts that write no spaces between words (Chinese,
Japanese, Thai), CER is over characters, and characters are what is counted.

Errors cluster by speaker, so words carry less information than as many independent ones: the
design effect is 1 + (m - 1) * r, with m the words (or characters) per group (weighted by
themselves) and r the correlation of errors within a group (Kish 1965; for WER, Bisani and Ney 2004
and Liu and Peng 2020 show that intervals which ignore it are too narrow). With r = 0.01 a speaker
of 500 to 1,000 words gives 6 to 11. All that is assumed stands in ASSUMED, and in the certificate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Literal

Metric = Literal["wer", "cer"]

ASSUMED: Mapping[str, float] = {
    "wer": 0.10,
    "cer": 0.10,
    "correlation_within_group": 0.01,
    "confidence": 0.95,
    "power": 0.80,
    "correlation_between_systems": 0.5,
}
_Z_CONFIDENCE, _Z_POWER = 1.960, 0.842
FEWEST_GROUPS = 5
"""With fewer speakers nobody knows how much speakers differ."""
WIDEST = 0.05
"""A half-width of more than half of the WER measures nothing."""


@dataclass(frozen=True, slots=True)
class Precision:
    """`half_width` of the confidence interval of the error rate (`metric`: wer or cer) and the
    `smallest_difference` between two systems that the test is likely to see, both in points / 100;
    None without `units`, which are words or characters.
    """

    metric: Metric
    units: int
    groups: int
    design_effect: float | None
    half_width: float | None
    smallest_difference: float | None

    @property
    def measurable(self) -> bool:
        """Whether an error rate of this part says anything."""
        return (
            self.half_width is not None
            and self.groups >= FEWEST_GROUPS
            and self.half_width <= WIDEST
        )


def precision(units: int, groups: int, squares: int, metric: Metric = "wer") -> Precision:
    """What `units` (words, or characters for `cer`) of so many `groups` allow; `squares`: the sum
    of the groups' squared units.

    >>> result = precision(3457, 3457, 3457)  # one word each: independent, +-1 % at 10 %
    >>> round(result.half_width, 4)
    0.01
    >>> precision(17_500, 25, 25 * 700**2).design_effect
    7.99
    """
    if not units:
        return Precision(metric, units, groups, None, None, None)
    rate, within = ASSUMED[metric], ASSUMED["correlation_within_group"]
    effect = 1.0 + max(0.0, squares / units - 1.0) * within
    error = sqrt(rate * (1 - rate) * effect / units)
    apart = sqrt(2 * (1 - ASSUMED["correlation_between_systems"]))
    width, apart = _Z_CONFIDENCE * error, (_Z_CONFIDENCE + _Z_POWER) * apart * error
    return Precision(metric, units, groups, effect, width, apart)
