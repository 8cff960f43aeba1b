"""Inline SVG that a strict page accepts and themes with CSS.

A hashed Content-Security-Policy blocks inline styles, so colours are classes that the page's CSS
defines, in light and in dark, and the rest is presentation attributes. Text stays text: the
reader's browser has fonts for every script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from math import isfinite
from typing import Final, Literal, NamedTuple

from markupsafe import Markup

from reports.transcripts import escaped

SHADES: Final = ("ink", "muted", "rule", "clean", "borderline", "unknown", "bad", "data")
"""Colours by name; the page's CSS has `.f-NAME` to fill and `.s-NAME` to stroke with each."""

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]

_LONGEST = 48
"""Letters of a foreign word that a chart has room for."""


class HintColumn(NamedTuple):
    """Where a column begins, its width, its words, and its data for a script."""

    x: float
    width: float
    words: str
    data: Mapping[str, str]


class Drawing:
    """Shapes in the order in which they are drawn; x grows to the right, y downwards."""

    def __init__(self, width: float, height: float, label: str) -> None:
        """An empty drawing of this size that a screen reader reads as `label`."""
        size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
        described = f'role="img" aria-label="{escaped(label)}"'
        self._elements = [f'<svg class="chart" {described} {size}>']

    def line(
        self, points: Sequence[Point], shade: str, width: float = 1.0, *, dashed: bool = False
    ) -> None:
        """A line through the points; it breaks off where one has no place (not finite)."""
        parts = groupby(points, key=lambda point: isfinite(point[0]) and isfinite(point[1]))
        path = "".join(_path(list(part)) for is_placed, part in parts if is_placed)
        dashes = ' stroke-dasharray="4 3"' if dashed else ""
        if path:
            self._elements.append(
                f'<path d="{path}" class="s-{shade}" fill="none" stroke-width="{width:g}"{dashes}/>'
            )

    def areas(self, outlines: Sequence[Sequence[Point]], shade: str, opacity: float = 1.0) -> None:
        """Closed areas of one shade."""
        path = "".join(f"{_path(outline)}z" for outline in outlines)
        pale = "" if opacity == 1 else f' fill-opacity="{opacity:g}"'
        self._elements.append(f'<path d="{path}" class="f-{shade}"{pale}/>')

    def dot(self, at: Point, radius: float) -> None:
        """A filled circle in ink."""
        x, y = map(_short, at)
        self._elements.append(f'<circle cx="{x}" cy="{y}" r="{radius:g}" class="f-ink"/>')

    def ring(self, at: Point, radius: float) -> None:
        """An open circle in ink."""
        x, y = map(_short, at)
        self._elements.append(
            f'<circle cx="{x}" cy="{y}" r="{radius:g}" class="s-ink" fill="none"'
            ' stroke-width="1.3"/>'
        )

    def text(
        self,
        at: Point,
        words: str,
        shade: str = "ink",
        anchor: Anchor = "start",
        *,
        upwards: bool = False,
    ) -> None:
        """Words whose baseline starts, has its middle or ends at a point."""
        x, y = map(_short, at)
        turn = f' transform="rotate(-90 {x} {y})"' if upwards else ""
        aligned = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._elements.append(
            f'<text x="{x}" y="{y}" class="f-{shade}"{aligned}{turn}>{_fitting(words)}</text>'
        )

    def hints(
        self, y: float, height: float, columns: Sequence[HintColumn], data: Mapping[str, str]
    ) -> None:
        """Words shown while the pointer is within a column; `data` is of all of them.

        A page has thousands, hence the short path.
        """
        top, depth = _short(y), _short(height)
        shown = (
            f'<path d="M{_short(x)} {top}h{wide}v{depth}h-{wide}z"{_data(own)}>'
            f"<title>{escaped(words)}</title></path>"
            for x, width, words, own in columns
            for wide in (_short(width),)
        )
        self._elements.append(f'<g class="hints"{_data(data)}>{"".join(shown)}</g>')

    @contextmanager
    def group(self, name: str, data: Mapping[str, str]) -> Iterator[None]:
        """Shapes that a script moves together by their data; without data they stay apart."""
        self._elements.append(f'<g class="{name}"{_data(data)}>' if data else "")
        yield
        self._elements.append("</g>" if data else "")

    def render(self) -> Markup:
        """The SVG element; the same shapes give the same bytes."""
        return Markup("".join((*self._elements, "</svg>")))  # noqa: S704 - all text is escaped


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in points)


def _data(values: Mapping[str, str]) -> str:
    return "".join(f' data-{name}="{escaped(value)}"' for name, value in values.items())


def _short(value: float) -> str:
    """A coordinate to a tenth of a unit."""
    text = f"{value:.1f}".removesuffix(".0")
    return text if text != "-0" else "0"


def _fitting(words: str) -> str:
    return escaped(words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…")
