"""`curate rules what-if`: what it finds, as tables that read at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from rich.table import Table
from rich.text import Text

from curate.artifacts.what_if import LimitEffect, Overlap, ThresholdPoint, ThresholdStep, WhatIf
from curate.cli.render.terminal import colour_of, number, plain_table
from curate.formatting.units import hours, plural
from curate.terminal.command import printable

_STEPS = 10
"""Thresholds shown to people on either side of a limit."""
_PAIRS = 8
"""Pairs of rules shown to people; the page has the whole matrix."""
_TITLES = {
    "bad": "bad limits, and what they reject",
    "borderline": "eval limits, and what they keep out of eval and test",
}


def tables(only: Sequence[str]) -> Callable[[WhatIf], list[Table]]:
    """What people read: all limits at a glance, or the curves of the rules named."""
    return lambda made: list(_curves(made, only) if only else _glance(made))


def _glance(made: WhatIf) -> Iterator[Table]:
    profile = made.profile
    for severity, title in _TITLES.items():
        table = plain_table(
            f"{title}, of {plural(profile.rows, 'row')} and {hours(profile.hours)}",
            "rule|limit|length|unique|tighter: costs (rows)|looser: recovers",
        )
        table.columns[0].no_wrap = True
        here = [each for each in made.limits if each.severity == severity]
        for each in filter(_has_effect, here):
            table.add_row(*_limit(each))
        without = [each.rule for each in here if not _has_effect(each)]
        if without:
            table.caption = f"nothing anywhere near: {', '.join(without)}"
            table.caption_justify = "left"
        yield table
    yield _overlap(made.overlap)


def _has_effect(limit: LimitEffect) -> bool:
    return bool(limit.rows or limit.tighter or limit.looser)


def _limit(limit: LimitEffect) -> Iterator[Text]:
    yield Text(limit.rule)
    yield Text(_threshold(limit, limit.value), style=colour_of(limit.severity))
    yield from (_hours(limit.hours), _hours(limit.unique_hours))
    for step in (limit.tighter, limit.looser):
        text = "nothing" if step is None else f"{_threshold(limit, step.value)}: {_amount(step)}"
        yield Text(text, style="dim" if step is None else "")


def _threshold(limit: LimitEffect, value: float) -> str:
    return f"{limit.operator} {value:g}"


def _hours(value: float) -> Text:
    return Text(hours(value) if value else "-", justify="right")


def _amount(step: ThresholdStep) -> str:
    return f"{hours(abs(step.hours))} ({abs(step.rows):,})"


def _overlap(overlap: Overlap) -> Table:
    """Pairs of rules that trigger on the same rows, those that share most first."""
    table = plain_table(
        "rules that trigger on the same rows", "rule|and|rows|length|of the first's|"
    )
    ids, rows = overlap.rules, overlap.any.rows
    pairs = [(rows[a][b], a, b) for a, b in combinations(range(len(ids)), 2) if rows[a][b]]
    for shared, a, b in sorted(pairs, key=lambda pair: -pair[0])[:_PAIRS]:
        one, other = (a, b) if rows[a][a] <= rows[b][b] else (b, a)
        table.add_row(
            ids[one],
            ids[other],
            f"{shared:,}",
            hours(overlap.any.hours[a][b]),
            f"{shared / rows[one][one]:.0%}",
            "",
        )
    return table


def _curves(made: WhatIf, only: Sequence[str]) -> Iterator[Table]:
    for limit in made.limits:
        if limit.rule in only:
            yield _curve(limit)
            yield _records(limit)


def _curve(limit: LimitEffect) -> Table:
    """Every threshold at which something changes, with what it flags."""
    title = f"{limit.rule}: {limit.severity} where {limit.metric} {limit.operator} ..."
    if limit.where:
        title += f" (and {limit.where})"
    table = plain_table(printable(title), f"{limit.unit}|rows|length|unique|vs. now|")
    most = max((point.hours for point in limit.curve), default=0) or 1
    before = None
    for point in _around_now(limit):
        now = point.value == limit.value
        if now or point.rows != before:
            table.add_row(*_point(limit, point, most), style="bold" if now else "")
        before = point.rows
    return table


def _around_now(limit: LimitEffect) -> Sequence[ThresholdPoint]:
    """The thresholds next to the limit; the page has all of them."""
    at = next(at for at, point in enumerate(limit.curve) if point.value == limit.value)
    return limit.curve[max(0, at - _STEPS) : at + _STEPS + 1]


def _point(limit: LimitEffect, point: ThresholdPoint, most: float) -> Iterator[Text]:
    now = point.value == limit.value
    more = point.unique_hours - limit.unique_hours
    yield Text(_threshold(limit, point.value))
    yield Text(f"{point.rows:,}", justify="right")
    yield from (_hours(point.hours), _hours(point.unique_hours))
    sign = "+" if more > 0 else "-"
    yield Text("now" if now else f"{sign}{hours(abs(more))}" if more else "", justify="right")
    bar = "\u2588" * round(24 * point.hours / most)
    yield Text(bar, style=colour_of(limit.severity) if now else "dim")


def _records(limit: LimitEffect) -> Table:
    """The records next to the limit, above and below."""
    table = plain_table("", f"|{limit.metric}|is|id|text")
    table.title = None
    for side, records in (("passed", limit.passed), ("flagged", limit.flagged)):
        for record in records:
            table.add_row(
                Text(side, style="dim"),
                Text(number(record.value), justify="right"),
                Text(record.verdict, style=colour_of(record.verdict)),
                Text(printable(record.id)),
                Text(printable(_short(record.text))),
            )
    return table


def _short(text: str | None) -> str:
    shown = text if text is not None else "(its manifest cannot be read)"
    return shown if len(shown) <= 200 else f"{shown[:200]}..."
