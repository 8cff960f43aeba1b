"""What manifests share."""

from __future__ import annotations

from markupsafe import Markup

from reports.contracts import Audit
from reports.format import count
from reports.tables import Column, Table, alarm


def sides(audit: Audit) -> Markup | None:
    """What was compared."""
    columns = (
        Column("side", "name"),
        Column("what it is", "text"),
        *(Column(title, "count") for title in ("rows", "malformed", "speakers")),
        Column("hours", "hours"),
    )
    rows = [
        (
            *(it.name, "benchmark" if it.against else "manifest"),
            *(it.rows, it.malformed, it.speakers, it.hours),
        )
        for it in audit.sides
    ]
    return Table("Sides", columns, rows).render()


def leaks(audit: Audit) -> Markup | None:
    """A row per kind, a column per pair of sides."""
    pairs = list(dict.fromkeys(leak.between for leak in audit.leaks))
    columns = (Column("kind", "text"), *(Column(" and ".join(pair), "count") for pair in pairs))
    found = {(leak.kind, leak.between): leak.count for leak in audit.leaks}
    kinds = dict.fromkeys(leak.kind for leak in audit.leaks)
    rows = [(kind, *(_leaked(found.get((kind, pair))) for pair in pairs)) for kind in kinds]
    return Table("Leaks", columns, rows).render() if audit.leaks else None


def examples(audit: Audit) -> Markup | None:
    """Where to look."""
    columns = (
        Column("kind", "text"),
        Column("between", "text"),
        Column("record", "name"),
        Column("and record", "name"),
    )
    rows = [
        (leak.kind, " and ".join(leak.between), *ids[:2])
        for leak in audit.leaks
        for ids in leak.examples
        if len(ids) > 1
    ]
    return Table("Examples", columns, rows).render() if rows else None


def _leaked(number: int | None) -> Markup | int | None:
    return alarm(count(number)) if number else number
