"""What lies deeper in a profile: its groups, and duration with char_rate."""

from __future__ import annotations

from markupsafe import Markup

from curate.artifacts.profile import Group, GroupRule, Profile
from reports.charts import drawn
from reports.charts.density import density_chart
from reports.charts.limits import flagged_rows
from reports.charts.speakers import speakers_chart
from reports.format import count, plural
from reports.queries import equals, profile_folder, query_command
from reports.sections.declare import joined, titled
from reports.tables import Column, Table
from reports.transcripts import visible


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
    figure = Markup('<figure data-order="duration_s" data-folder="{}">{}</figure>')
    folder = visible(profile_folder(profile.command))
    return joined(figure.format(folder, chart), note.format(visible(column), of)) if chart else None


def _table(profile: Profile, column: str) -> Markup | None:
    groups = profile.worst_groups[column]
    if not groups:
        return None
    fields = "source, line, duration_s, char_rate, verdict, text"
    where = f"{equals(column, groups[0].value or '')} AND verdict = 'bad'"
    sql = f"SELECT {fields} FROM records WHERE {where}"  # noqa: S608 - shown, not run
    command = Markup('<p class="note">The bad records of the worst: <code>{}</code></p>')
    query = query_command(sql, profile.command)
    return joined(_groups(column, groups), command.format(visible(query)))


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
