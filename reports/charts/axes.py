"""Scales, ticks and the frame of a chart: from values to places in a drawing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from reports.charts.svg import Drawing

WIDTH: Final = 420.0
"""Units: on a phone such a chart shrinks hardly at all, and its labels stay readable."""
BOTTOM: Final = 36.0
_LEFT, _RIGHT = 58.0, 10.0
SPAN: Final = WIDTH - _LEFT - _RIGHT
_TICK, _DESCENT = 4.0, 3.8
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high` (not equal; above zero where it is logarithmic)."""

    low: float
    high: float
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value lies: 0 at the low end, 1 at the high end.

        Zero and less have no place on a logarithmic axis: NaN.

        >>> Scale(0, 10).place(2.5), Scale(1, 100, log=True).place(10)
        (0.25, 0.5)
        """
        if not self.log:
            return (value - self.low) / ((self.high - self.low) or 1)
        if value <= 0:
            return math.nan
        return math.log(value / self.low) / math.log(self.high / self.low)


def even_ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """At most `most` + 1 round values at equal distances from `low` to `high`.

    >>> even_ticks(0, 97, 4), even_ticks(0, 1, 4), even_ticks(0, 3, 8, whole=True)
    ([0.0, 25.0, 50.0, 75.0], [0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 1.0, 2.0, 3.0])
    """
    least = (high - low) / most
    size = 10.0 ** math.floor(math.log10(least))
    step = next(s * size for s in _STEPS if s * size >= least * (1 - 1e-9))
    if whole:
        step = max(1.0, 5 * size if step == 2.5 * size else step)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [at * step + 0.0 for at in range(first, last + 1)]


def decade_ticks(
    low: float, high: float, most: int, within: Sequence[float] = (1.0,)
) -> list[float]:
    """Powers of ten from `low` to `high`, times `within` where there is room for all.

    Of more than `most` powers of ten every second (third, ...) is a tick.

    >>> decade_ticks(0.7, 2000, 5), decade_ticks(1, 100, 8, (1, 2, 5))
    ([1.0, 10.0, 100.0, 1000.0], [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0])
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    powers = [10.0**at for at in range(first, last + 1)]
    inside = [power for power in powers if low <= power <= high]
    if (last - first) * len(within) <= most + len(within):
        inside = [
            part * power for power in powers for part in within if low <= part * power <= high
        ]
    return inside[:: max(1, math.ceil(len(inside) / most))] if len(within) == 1 else inside


def short(value: float) -> str:
    """A tick's label: `20k`, `0.5`, `5e-5`."""
    for least, sign in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= least:
            return f"{value / least:.3g}{sign}"
    return f"{value:.3g}".replace("e-0", "e-")


@dataclass(frozen=True, slots=True)
class Plot:
    """An area `size` units high at the foot of a drawing that is `height` units high."""

    drawing: Drawing
    x_scale: Scale
    y_scale: Scale
    height: float
    size: float

    @property
    def foot(self) -> float:
        """The place of the lower end."""
        return self.height - BOTTOM

    @property
    def top(self) -> float:
        """The place of the upper end."""
        return self.foot - self.size

    @property
    def right(self) -> float:
        """The place of the right end."""
        return _LEFT + SPAN

    @property
    def left(self) -> float:
        """The place of the left end."""
        return _LEFT

    def x(self, value: float) -> float:
        """The place of a value on the horizontal axis."""
        return _LEFT + SPAN * self.x_scale.place(value)

    def y(self, value: float) -> float:
        """The place of a value on the vertical axis."""
        return self.foot - self.size * self.y_scale.place(value)

    def draw_x_axis(self, ticks: Sequence[float], label: str) -> None:
        """The horizontal axis with labelled ticks, and what it measures."""
        self.drawing.line([(self.left, self.foot), (self.right, self.foot)], "ink", 0.8)
        for tick in ticks:
            x = self.x(tick)
            self.drawing.line([(x, self.foot), (x, self.foot + _TICK)], "ink", 0.8)
            self.drawing.text((x, self.foot + 15.5), short(tick), anchor="middle")
        middle = self.left + SPAN / 2
        self.drawing.text((middle, self.foot + 30), label, "muted", "middle")

    def draw_y_axis(
        self, ticks: Sequence[float], label: str, write: Callable[[float], str] = short
    ) -> None:
        """The vertical axis with ticks labelled by `write`, and what it counts.

        A logarithmic axis is named as such.
        """
        self.drawing.line([(self.left, self.foot), (self.left, self.top)], "ink", 0.8)
        for tick in ticks:
            y = self.y(tick)
            self.drawing.line([(self.left - _TICK, y), (self.left, y)], "ink", 0.8)
            self.drawing.text((self.left - 7.5, y + _DESCENT), write(tick), anchor="end")
        named = f"{label}, log scale" if self.y_scale.log else label
        middle = self.foot - self.size / 2
        self.drawing.text((13, middle), named, "muted", "middle", upwards=True)
