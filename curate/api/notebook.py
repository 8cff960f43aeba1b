"""A profile directory as a notebook shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from curate.formatting.notebook import HtmlTable, render_html
from curate.formatting.units import duration


class Amount(Protocol):
    """Rows and their hours."""

    @property
    def rows(self) -> int:
        """How many."""

    @property
    def hours(self) -> float:
        """How long they are."""


class Summary(Protocol):
    """A metric's spread."""

    @property
    def unit(self) -> str:
        """What it is measured in."""

    @property
    def nulls(self) -> int:
        """Rows without it."""

    @property
    def quantiles(self) -> Mapping[str, float | None]:
        """By p01, p50, p99."""

    @property
    def max(self) -> float | None:
        """The largest value."""


def profile_html(
    path: str, totals: Amount, verdicts: Mapping[str, Amount], metrics: Mapping[str, Summary]
) -> str:
    """A profile: hours by verdict, and the spread of each metric that varies."""
    headline = f"Profile {path}: {totals.rows:,} rows, {duration(hours=totals.hours)}"
    verdict_rows = [
        (name, f"{each.rows:,}", duration(hours=each.hours), _share(each.hours, totals.hours))
        for name, each in verdicts.items()
    ]
    spread = [
        (name, each.unit, *(_number(each.quantiles.get(key)) for key in ("p01", "p50", "p99")),
         _number(each.max), f"{each.nulls:,}")
        for name, each in metrics.items()
        if each.max is not None and each.quantiles.get("p01") != each.max
    ]  # fmt: skip
    spread_head = ("metric", "unit", "p1", "median", "p99", "max", "nulls")
    return render_html(
        headline,
        [
            HtmlTable(("verdict", "rows", "hours", "share"), verdict_rows),
            HtmlTable(spread_head, spread, "Metrics"),
        ],
    )


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "—"


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:,.4g}"
