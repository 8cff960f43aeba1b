"""What two profiles differ in."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from curate.artifacts.diff import LARGE_SHIFT, Diff, Pair, StratumPair
from reports.charts import drawn
from reports.charts.shapes import moved, shapes_chart
from reports.format import share
from reports.sections.declare import joined, titled
from reports.tables import Column, Table, name, quiet
from reports.templating import render

_AMOUNTS = (
    Column("A rows", "count"),
    Column("B rows", "count"),
    Column("A hours", "hours"),
    Column("B hours", "hours"),
    Column("A share", "percent"),
    Column("B share", "percent"),
)
_FAR_APART = 0.5
"""A Kolmogorov-Smirnov distance at which a bar is full."""

MOST_SHIFTS = 5
"""So many shifted metrics have a sentence each; of more, one sentence names the first."""


def shifts(diff: Diff) -> list[str]:
    """The metrics that have shifted, in sentences, the largest drift first."""
    moved = [item.name for item in diff.metrics if (item.psi or 0.0) >= LARGE_SHIFT]
    if len(moved) <= MOST_SHIFTS:
        return [f"{name} has shifted: PSI is 0.25 or more." for name in moved]
    first = ", ".join(moved[:MOST_SHIFTS])
    return [f"{len(moved)} metrics have shifted (PSI is 0.25 or more): {first} and others."]


def amounts(diff: Diff) -> Markup | None:
    """Verdicts of both, and both in all."""
    rows = [(item.verdict, *_amounts(diff, item)) for item in diff.verdicts]
    foot = ("all", diff.a.rows, diff.b.rows, diff.a.hours, diff.b.hours, "", "")
    return Table("Amounts", (Column("verdict", "verdict"), *_AMOUNTS), rows, foot=foot).render()


def rules(diff: Diff) -> Markup | None:
    """What each rule flagged in both; those that flagged nothing are only named."""
    columns = (Column("rule", "name"), Column("verdict", "verdict"), Column("condition", "name"))
    rows = [
        (item.rule, item.severity, item.condition, *_amounts(diff, item))
        for item in diff.rules
        if _is_triggered(item)
    ]
    triggered = {item.rule for item in diff.rules if _is_triggered(item)}
    not_triggered = [
        name for name in dict.fromkeys(pair.rule for pair in diff.rules) if name not in triggered
    ]
    return joined(
        Table("Rules", (*columns, *_AMOUNTS), rows).render() if rows else None,
        quiet("rule", "triggered in neither", not_triggered),
    )


def _is_triggered(item: Pair) -> bool:
    return item.a_rows != 0 or item.b_rows != 0


def drift(diff: Diff) -> Markup | None:
    """How far each metric has moved; those that are the same in both are only named, and those
    that only one profile has.
    """
    columns = (
        Column("metric", "name"),
        Column("unit"),
        Column("A median", "number"),
        Column("B median", "number"),
        Column("A p99", "number"),
        Column("B p99", "number"),
        Column("A no value", "percent"),
        Column("B no value", "percent"),
        Column("KS", "number"),
        Column(f"0 to {_FAR_APART:g} and more", "drawn"),
        Column("PSI", "number"),
    )
    rows = [
        (
            *(item.name, item.unit, item.a_p50, item.b_p50, item.a_p99, item.b_p99),
            *(share(item.a_nulls, diff.a.rows), share(item.b_nulls, diff.b.rows), item.ks),
            *(drawn.bar(item.ks, _FAR_APART), item.psi),
        )
        for item in diff.metrics
        if not item.same
    ]
    return joined(
        _shapes(diff),
        Table("Drift", columns, rows).render() if rows else None,
        quiet("metric", "the same in both", [item.name for item in diff.metrics if item.same]),
        quiet("metric", "only in A: not compared", diff.metrics_of_one.a),
        quiet("metric", "only in B: not compared", diff.metrics_of_one.b),
    )


def _shapes(diff: Diff) -> Markup | None:
    """Both distributions of the metrics that moved furthest."""
    charts = [
        {"metric": each.name, "name": name(each.name), "meaning": moved(each), "chart": chart}
        for each in diff.metrics
        if not each.same and (chart := shapes_chart(each))
    ]
    return render("charts", charts=charts) if charts else None


def strata(diff: Diff) -> Markup | None:
    """Amounts by language, speaker and what else both were grouped by."""
    return joined(
        *(
            titled(f"By {column}", _stratum(diff, column, groups))
            for column, groups in diff.strata.items()
            if groups
        )
    )


def _stratum(diff: Diff, column: str, items: Sequence[StratumPair]) -> Markup:
    rows = [(item.value, *_amounts(diff, item)) for item in items]
    return Table(column, (Column(column, "text"), *_AMOUNTS), rows, elsewhere="diff.json").render()


def _amounts(diff: Diff, item: Pair) -> tuple[object, ...]:
    shares = share(item.a_rows, diff.a.rows), share(item.b_rows, diff.b.rows)
    return (item.a_rows, item.b_rows, item.a_hours, item.b_hours, *shares)
