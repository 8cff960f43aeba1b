"""What lies deeper in a profile: the worst groups, and metrics that go together."""

from __future__ import annotations

from itertools import combinations

from markupsafe import Markup

from curate.artifacts.profile import Group, GroupRule, Profile
from reports.charts import drawn
from reports.charts.density import density_chart
from reports.charts.limits import flagged_rows
from reports.format import count, plural
from reports.sections.declare import joined, titled
from reports.tables import Column, Table

_STRONGEST = 20


def worst_groups(profile: Profile) -> Markup | None:
    """A table per kind of group."""
    return joined(
        *(
            titled(f"By {column}", _groups(column, groups))
            for column, groups in profile.worst_groups.items()
            if groups
        )
    )


def _groups(column: str, groups: tuple[Group, ...]) -> Markup:
    columns = (
        Column(column, "text"),
        Column("rows", "count"),
        Column("hours", "hours"),
        Column("bad h", "hours"),
        Column("bad", "percent"),
        Column("0 to 100 %", "drawn"),
    )
    rows = [
        (
            group.value,
            group.rows,
            group.hours,
            group.bad_hours,
            group.bad_share,
            drawn.bar(group.bad_share, 1.0),
        )
        for group in groups
    ]
    return Table(column, columns, rows).render()


def failed_groups(profile: Profile) -> Markup | None:
    """A table per rule for groups that a group failed."""
    return joined(
        *(titled(_title(rule), _failed(rule)) for rule in profile.group_rules if rule.worst)
    )


def _title(rule: GroupRule) -> str:
    groups = plural(rule.evaluated, rule.by or "group")
    return f"{rule.rule}: {count(rule.failed)} of {groups}"


def _failed(rule: GroupRule) -> Markup:
    facts = tuple(rule.worst[0].facts)
    columns = (
        Column(rule.by or "group", "text"),
        Column("rows", "count"),
        Column("hours", "hours"),
        *(Column(fact, "number") for fact in facts),
        Column("rows kept from evaluation", "count"),
        Column("hours", "hours"),
    )
    rows = [
        (
            *(group.value, group.rows, group.hours, *(group.facts.get(fact) for fact in facts)),
            *(group.moved_rows, group.moved_hours),
        )
        for group in rule.worst
    ]
    foot = ("all that failed", "", "", *("" for _ in facts), rule.moved_rows, rule.moved_hours)
    return Table(rule.rule or "", columns, rows, foot=foot).render()


def together(profile: Profile) -> Markup | None:
    """Duration and char_rate in one chart, and how many rows lie beyond it."""
    density = profile.density
    chart = density and density_chart(density, profile.metrics, flagged_rows(profile.rules_hit))
    if density is None or not chart:
        return None
    outside = Markup('<p class="note">{} beyond the chart.</p>')
    return joined(
        chart, outside.format(plural(density.outside, "row")) if density.outside else None
    )


def correlations(profile: Profile) -> Markup | None:
    """The pairs of metrics that go together most, either way."""
    table = profile.correlations
    pairs = [
        (table.metrics[one], table.metrics[two], value)
        for one, two in combinations(range(min(len(table.metrics), len(table.pearson))), 2)
        if two < len(table.pearson[one]) and (value := table.pearson[one][two]) is not None
    ]
    if not pairs:
        return None
    pairs.sort(key=lambda pair: -abs(pair[2]))
    columns = (
        Column("metric", "name"),
        Column("and", "name"),
        Column("Pearson", "number"),
        Column("strength, 0 to 1", "drawn"),
    )
    rows = [(*pair, drawn.bar(abs(pair[2]), 1.0)) for pair in pairs[:_STRONGEST]]
    return Table("Correlations", columns, rows).render()
