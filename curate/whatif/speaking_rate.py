"""How long a text takes to say in one stratum, and which records lie too far from that.

A recording is some silence and some speech: duration = lead + characters x seconds per character.
The line is Theil-Sen's through the medians of twenty equal parts by length, so neither a few long
records nor a few wrong ones bend it. How far records scatter around it is measured on the log of
expected over real duration, from the middle half, each side for itself. docs/adr/0009.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

OUTLIER_DEVIATIONS = 3.5
"""Robust standard deviations from the median to a threshold (Iglewicz and Hoaglin, 1993)."""
LEAST_ROWS = 100
"""Fewer records say too little of a stratum: their spread is known to a fifth at best."""
PARTS = 20
_QUARTILE = 0.6744897501960817
"""A normal distribution's upper quartile, in standard deviations."""


@dataclass(frozen=True, slots=True)
class SpeakingRate:
    """`lead_s + char_s * chars` is how long a text takes; `fast` and `slow` are the thresholds
    on that over the real duration. `quartiles` are those of the ratio; `rows` were fitted.
    """

    rows: int
    lead_s: float
    char_s: float
    quartiles: tuple[float, float, float]
    slow: float
    fast: float

    def ratio(self, chars: Numbers, duration_s: Numbers) -> Numbers:
        """Expected over real duration: above 1 is fast speech, or text that was not spoken."""
        ratio: Numbers = (self.lead_s + self.char_s * chars) / duration_s
        return ratio


def fit_speaking_rate(
    chars: Numbers, duration_s: Numbers, threshold: float = OUTLIER_DEVIATIONS
) -> SpeakingRate | None:
    """The speaking rate of these records (texts not blank, durations positive); None where
    they are too few or too much alike to tell.

    >>> chars = np.arange(10.0, 210.0)
    >>> rate = fit_speaking_rate(chars, (1.5 + chars / 16) * np.exp(0.1 * np.sin(chars)))
    >>> rate.lead_s, round(1 / rate.char_s), rate.slow < 0.8, rate.fast > 1.25
    (1.5, 16, True, True)
    """
    if chars.size < LEAST_ROWS:
        return None
    lead_s, char_s = _line(*_medians(chars, duration_s))
    if not char_s > 0:
        return None
    lead_s, char_s = _digits(lead_s, 2), _digits(char_s, 3)
    logs = np.log((lead_s + char_s * chars) / duration_s)
    low, middle, high = (float(quartile) for quartile in np.quantile(logs, (0.25, 0.5, 0.75)))
    if not low < middle < high:
        return None
    # What is known of few records is known roughly: their thresholds stand farther out.
    far = threshold * (1 + 2 / math.sqrt(chars.size)) / _QUARTILE
    return SpeakingRate(
        rows=chars.size,
        lead_s=lead_s,
        char_s=char_s,
        quartiles=(math.exp(low), math.exp(middle), math.exp(high)),
        slow=_outward(math.exp(middle - far * (middle - low)), up=False),
        fast=_outward(math.exp(middle + far * (high - middle)), up=True),
    )


def _medians(chars: Numbers, duration_s: Numbers) -> tuple[Numbers, Numbers]:
    """Median length and duration of each of PARTS equal parts by length."""
    order = np.lexsort((duration_s, chars))
    parts = np.array_split(order, PARTS)
    middle = [(np.median(chars[part]), np.median(duration_s[part])) for part in parts]
    x, y = np.array(middle).T
    return x, y


def _line(x: Numbers, y: Numbers) -> tuple[float, float]:
    """Theil-Sen: the median of all slopes, then of all intercepts; no silence is shorter than 0."""
    one, other = np.triu_indices(x.size, 1)
    apart = x[one] != x[other]
    if not apart.any():
        return 0.0, float(np.median(y / x))
    slope = float(np.median((y[other] - y[one])[apart] / (x[other] - x[one])[apart]))
    lead = float(np.median(y - slope * x))
    return (lead, slope) if lead > 0 else (0.0, float(np.median(y / x)))


def _digits(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _outward(value: float, *, up: bool) -> float:
    """Three significant digits, rounded away from the median."""
    step = 10.0 ** (math.floor(math.log10(value)) - 2)
    whole = math.ceil(value / step - 1e-9) if up else math.floor(value / step + 1e-9)
    return round(whole * step, 10)
