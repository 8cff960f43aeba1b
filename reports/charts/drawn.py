"""Small drawings set with the text: shares, stacks and figures, as CSS-themed inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from reports.format import percent
from reports.tables import Sorted
from reports.templating import render


class Part(NamedTuple):
    """A part of a stack: `name` is also its CSS shade."""

    name: str
    amount: float
    label: str


class Figure(NamedTuple):
    """A key figure with its label and, if need be, a word on it."""

    label: str
    value: str
    note: str = ""


class Placed(NamedTuple):
    """Where a part lies, in per cent of the whole width."""

    name: str
    start: float
    width: float


def _placed(parts: Sequence[Part]) -> list[Placed]:
    total = sum(part.amount for part in parts)
    placed, start = [], 0.0
    for part in parts:
        width = 100 * part.amount / total if total else 0.0
        placed.append(Placed(part.name, round(start, 3), round(width, 3)))
        start += width
    return placed


def stack(parts: Sequence[Part]) -> Sorted | None:
    """A slim stacked bar for a table cell; sorts by the share of its first part."""
    total = sum(part.amount for part in parts)
    if not total:
        return None
    description = ", ".join(
        f"{part.name} {percent(part.amount / total)}" for part in parts if part.amount
    )
    return Sorted(render("stack", parts=_placed(parts), label=description), parts[0].amount / total)


def bar(value: float | None, top: float | None, mark: float | None = None) -> Sorted | None:
    """A bar of `value` on a scale to `top`, with a tick at `mark`, for a table cell."""
    if value is None or not top:
        return None
    scaled = [round(100 * min(1.0, max(0.0, x / top)), 2) for x in (value, mark or 0.0)]
    drawing = render("bar", width=scaled[0], mark=scaled[1] if mark is not None else None)
    return Sorted(drawing, value)


def span(
    value: float | None, between: tuple[float | None, float | None], top: float, description: str
) -> Sorted | None:
    """A point with its interval on a scale from -`top` to `top`, zero marked, for a table cell."""
    if value is None or not top:
        return None
    low, high = between

    def place(x: float) -> float:
        return round(50 + 50 * min(1.0, max(-1.0, x / top)), 2)

    ends = (None, None) if low is None or high is None else (place(low), place(high))
    drawing = render(
        "span", zero=place(0.0), at=place(value), low=ends[0], high=ends[1], label=description
    )
    return Sorted(drawing, value)


def scale(parts: Sequence[Part], *, magnify: bool = True) -> Markup | None:
    """The whole as one bar; where all but the first part is small, and of several parts, that is
    magnified below.
    """
    total = sum(part.amount for part in parts)
    if not total:
        return None
    rest = [part for part in parts[1:] if part.amount]
    small = sum(part.amount for part in rest) / total
    return render(
        "scale",
        first=parts[0].name,
        named=[part for part in parts if part.amount],
        whole=_placed(parts),
        start=round(100 * parts[0].amount / total, 3),
        rest=_placed(rest) if magnify and len(rest) > 1 and 0 < small < 0.25 else (),
        small=percent(small),
        times=f"{1 / small:,.0f}" if small else "",
    )


def key(names: Sequence[str]) -> Markup:
    """What the shades mean."""
    return render("key", parts=[Part(name, 0.0, "") for name in names])


def figures(items: Sequence[Figure]) -> Markup:
    """Key figures in columns of one width, four to a row."""
    return render("figures", figures=items)
