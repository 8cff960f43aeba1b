"""What manifests share."""

from __future__ import annotations

from markupsafe import Markup

from curate.artifacts.audit import Audit
from reports.sections.leaks import coverage_table, leak_table
from reports.tables import Column, Table


def sides(audit: Audit) -> Markup | None:
    """What was compared."""
    columns = (
        Column("dataset", "name"),
        Column("what it is", "text"),
        *(Column(title, "count") for title in ("rows", "malformed", "speakers")),
        Column("hours", "hours"),
    )
    rows = [
        (
            *(side.name, "benchmark" if side.against else "manifest"),
            *(side.rows, side.malformed, side.speakers, side.hours),
        )
        for side in audit.sides
    ]
    return Table("Datasets", columns, rows).render()


def leaks(audit: Audit) -> Markup | None:
    """What occurs in two datasets."""
    return leak_table(audit.leaks)


def checked(audit: Audit) -> Markup | None:
    """Which rows the checks could look at."""
    return coverage_table(audit.coverage)


def examples(audit: Audit) -> Markup | None:
    """Where to look."""
    columns = (
        Column("kind", "text"),
        Column("between", "text"),
        Column("record", "name"),
        Column("and record", "name"),
    )
    rows = [
        (leak.kind, " and ".join(leak.between), *ids)
        for leak in audit.leaks
        for ids in leak.examples
    ]
    return Table("Examples", columns, rows).render() if rows else None
