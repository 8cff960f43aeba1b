"""What lies deeper in a profile: the worst groups, and metrics that go together."""

from __future__ import annotations

from itertools import combinations

from markupsafe import Markup

from reports import drawn
from reports.contracts import Profile
from reports.contracts.profile import Group
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
        (it.value, it.rows, it.hours, it.bad_hours, it.bad_share, drawn.bar(it.bad_share, 1.0))
        for it in groups
    ]
    return Table(column, columns, rows).render()


def correlations(profile: Profile) -> Markup | None:
    """The pairs of metrics that go together most, either way."""
    found = profile.correlations
    pairs = [
        (found.metrics[one], found.metrics[two], value)
        for one, two in combinations(range(min(len(found.metrics), len(found.pearson))), 2)
        if two < len(found.pearson[one]) and (value := found.pearson[one][two]) is not None
    ]
    if not pairs:
        return None
    pairs.sort(key=lambda pair: -abs(pair[2]))
    columns = (
        Column("metric", "name"),
        Column("and", "name"),
        Column("Pearson", "number"),
        Column("0 to 1", "drawn"),
    )
    rows = [(*pair, drawn.bar(abs(pair[2]), 1.0)) for pair in pairs[:_STRONGEST]]
    return Table("Correlations", columns, rows).render()
