"""Leaks between sides: splits of one corpus, or any manifests."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from reports.contracts.leaks import Leak
from reports.format import count
from reports.tables import Column, Table, alarm


def leak_table(leaks: Sequence[Leak]) -> Markup | None:
    """A row per kind, a column per pair of sides; each count must be 0."""
    if not leaks:
        return None
    pairs = list(dict.fromkeys(leak.between for leak in leaks))
    columns = (Column("kind", "text"), *(Column(" and ".join(pair), "count") for pair in pairs))
    found = {(leak.kind, leak.between): leak.count for leak in leaks}
    kinds = dict.fromkeys(leak.kind for leak in leaks)
    rows = [(kind, *(_leaked(found.get((kind, pair))) for pair in pairs)) for kind in kinds]
    return Table("Leaks", columns, rows).render()


def _leaked(number: int | None) -> Markup | int | None:
    return alarm(count(number)) if number else number
