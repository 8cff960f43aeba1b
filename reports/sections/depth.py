"""What lies deeper in a profile: the worst groups, and metrics that go together."""

from __future__ import annotations

import math
import shlex
from itertools import combinations

from markupsafe import Markup

from curate.artifacts.profile import Group, GroupRule, Profile
from reports.charts import drawn
from reports.charts.density import density_chart
from reports.charts.limits import flagged_rows
from reports.charts.speakers import speakers_chart
from reports.format import count, plural
from reports.sections.declare import joined, titled
from reports.tables import Column, Table
from reports.transcripts import visible
from reports.typed_folder import typed_folder

_STRONGEST = 20
_SAME, _WEAK = 0.95, 0.3
"""Correlations from which on two metrics measure the same, and below which they hardly go together
(Cohen 1988: a medium effect).
"""
_NOT_SHOWN = Markup(
    '<p class="note">Left out: {} of {} or more, which measure the same, and {} of which the '
    "95 % interval reaches below {}. No correlation says which is the cause.</p>"
)


def worst_groups(profile: Profile) -> Markup | None:
    """A table per kind of group, and how its records are listed; speakers in a chart first."""
    return joined(
        *(
            titled(f"By {column}", joined(_chart(profile, column), _table(profile, column)))
            for column, groups in profile.worst_groups.items()
            if groups or _chart(profile, column)
        )
    )


def _chart(profile: Profile, column: str) -> Markup | None:
    strata = profile.strata.get(column, ())
    chart = speakers_chart(column, strata)
    known = profile.coverage and profile.coverage.get(column)
    of = f"the {len(strata)} largest of {known.values:,}" if known else f"{len(strata)}"
    note = Markup('<p class="note">{}: {}. A ring: 5 % or more of its hours are bad; a large '
                  "one: 20 % or more.</p>")  # fmt: skip
    return joined(chart, note.format(visible(column), of)) if chart else None


def _table(profile: Profile, column: str) -> Markup | None:
    groups = profile.worst_groups[column]
    if not groups:
        return None
    fields = "source, line, duration_s, char_rate, verdict, text"
    worst = (groups[0].value or "").replace("'", "''")
    where = f"{_quoted(column)} = '{worst}' AND verdict = 'bad'"
    sql = f"SELECT {fields} FROM records WHERE {where}"  # noqa: S608 - shown, not run
    command = Markup('<p class="note">The bad records of the worst: <code>{}</code></p>')
    query = f"curate query {shlex.quote(sql)} {typed_folder(profile.command, 'PROFILE')}"
    return joined(_groups(column, groups), command.format(visible(query)))


def _quoted(column: str) -> str:
    """A name as SQL has it."""
    return column if column.isidentifier() else '"' + column.replace('"', '""') + '"'


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
    """The pairs of metrics that go together most, either way, where that says something: more than
    chance gives in so many rows, and less than two names of one measure.
    """
    table = profile.correlations
    rows_of = {metric.name: metric.rows for metric in profile.metrics}
    pairs = [
        (table.metrics[one], table.metrics[two], value)
        for one, two in combinations(range(min(len(table.metrics), len(table.pearson))), 2)
        if two < len(table.pearson[one]) and (value := table.pearson[one][two]) is not None
    ]
    known = [pair for pair in pairs if abs(pair[2]) < _SAME]
    shown = [
        (one, two, value)
        for one, two, value in known
        if _at_least(value, min(rows_of.get(one, 0), rows_of.get(two, 0))) >= _WEAK
    ]
    if not shown:
        return None
    shown.sort(key=lambda pair: -abs(pair[2]))
    columns = (
        Column("metric", "name"),
        Column("and", "name"),
        Column("Pearson", "number"),
        Column("strength, 0 to 1", "drawn"),
    )
    rows = [(*pair, drawn.bar(abs(pair[2]), 1.0)) for pair in shown[:_STRONGEST]]
    return joined(
        Table("Correlations", columns, rows).render(),
        _NOT_SHOWN.format(
            plural(len(pairs) - len(known), "pair"),
            _SAME,
            plural(len(known) - len(shown), "pair"),
            _WEAK,
        ),
    )


def _at_least(pearson: float, rows: int) -> float:
    """How strong a correlation is at least, with 95 % confidence (Fisher's z), 0 where that may be
    none at all.
    """
    if rows <= 3:
        return 0.0
    return max(0.0, math.tanh(math.atanh(abs(pearson)) - 1.96 / math.sqrt(rows - 3)))
