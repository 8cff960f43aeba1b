"""Leaks between sides: splits of one corpus, or any manifests."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from curate.artifacts.leaks import Coverage, Lacking, Leak
from reports.format import UNKNOWN, count
from reports.sections.declare import joined, titled
from reports.tables import Column, Table, alarm
from reports.transcripts import visible


def leak_table(leaks: Sequence[Leak]) -> Markup | None:
    """A row per kind, a column per pair of sides; each count must be 0."""
    if not leaks:
        return None
    pairs = list(dict.fromkeys(leak.between for leak in leaks))
    columns = (Column("kind", "text"), *(Column(" and ".join(pair), "count") for pair in pairs))
    counts = {(leak.kind, leak.between): _count(leak.count) for leak in leaks}
    kinds = dict.fromkeys(leak.kind for leak in leaks)
    rows = [(kind, *(counts.get((kind, pair)) for pair in pairs)) for kind in kinds]
    return Table("Leaks", columns, rows).render()


def _count(number: int | None) -> Markup | str | int:
    if number is None:
        return "not checked"
    return alarm(count(number)) if number else number


def coverage_table(coverage: Sequence[Coverage]) -> Markup | None:
    """Of how many rows each key is known, and a sentence on each; strata where it is not known."""
    if not coverage:
        return None
    columns = (
        Column("key", "text"),
        *(Column(title, "count") for title in ("rows", "known", "distinct")),
        Column("result", "text"),
    )
    rows = [(key.key, key.rows, key.known, key.values, _meaning(key)) for key in coverage]
    return joined(
        Table("What was checked", columns, rows).render(),
        titled("Where it is not known", _lacking_table(coverage)),
    )


def _meaning(key: Coverage) -> Markup | str:
    sentence = key.message.removeprefix(f"{key.key}: ")
    return alarm(visible(sentence)) if key.unchecked else sentence


def _lacking_table(coverage: Sequence[Coverage]) -> Markup | None:
    columns = (
        *(Column(title, "text") for title in ("key", "by", "value")),
        *(Column(title, "count") for title in ("rows", "known")),
    )
    rows = [
        (key.key, each.by, _value(each), each.rows, each.known)
        for key in coverage
        for each in key.lacking
    ]
    return Table("Where it is not known", columns, rows, limit=60).render() if rows else None


def _value(lacking: Lacking) -> str:
    return UNKNOWN if lacking.value is None else str(lacking.value)
