"""How the library shows itself in a notebook: small HTML tables, everything escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Protocol

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
    size = f"{totals.rows:,} rows, {duration(hours=totals.hours)}"
    head = f"<b>Profile</b> <code>{escape(path)}</code>: {size}"
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
    return (
        f"<p>{head}</p>"
        + _table(("verdict", "rows", "hours", "share"), verdict_rows)
        + "<details><summary>Metrics</summary>"
        + _table(("metric", "unit", "p1", "median", "p99", "max", "nulls"), spread)
        + "</details>"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "—"


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:,.4g}"
