"""What other rules would move between verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from markupsafe import Markup

from curate.artifacts.compare import Compare, Move, MovingRule, MovingStratum, ShownMovedRecord
from curate.artifacts.verdicts import VERDICTS
from reports.charts import drawn
from reports.charts.drawn import Part
from reports.format import hours, plural, seconds, share
from reports.sections.declare import joined, titled
from reports.sections.records import facts, listed
from reports.sections.room import SizeBudget
from reports.tables import Column, Sorted, Table, name, verdict
from reports.templating import render
from reports.transcripts import marked

_SIDES: tuple[Literal["old", "new"], ...] = ("old", "new")


def verdicts(comparison: Compare) -> Markup | None:
    """Hours per verdict under both, and the hours that go from one to another."""
    return joined(
        *(
            titled(
                f"{side.capitalize()}: {rules.name}",
                drawn.scale(_parts(comparison, side), magnify=False),
            )
            for side, rules in zip(_SIDES, (comparison.old, comparison.new), strict=True)
        ),
        titled("What moves", _matrix(comparison)),
    )


def _parts(comparison: Compare, side: Literal["old", "new"]) -> list[Part]:
    spent = comparison.hours(side)
    return [Part(word, spent.get(word, 0.0), hours(spent.get(word, 0.0))) for word in VERDICTS]


def _matrix(comparison: Compare) -> Markup | None:
    at = {(move.before, move.after): move for move in comparison.verdicts if move.rows}
    if not at:
        return None
    used = [word for word in VERDICTS if any(pair[1] == word for pair in at)]
    columns = (Column("from", "verdict"), *(Column(f"to {word}", "number") for word in used))
    rows = [
        (before, *(_cell(at.get((before, after))) for after in used))
        for before in VERDICTS
        if any(pair[0] == before for pair in at)
    ]
    return Table("From and to", columns, rows).render()


def _cell(move: Move | None) -> Sorted:
    if move is None:
        return Sorted(Markup('<span class="none">·</span>'), 0.0)
    stays = move.before == move.after
    shown = Markup('<span class="none">{}</span>') if stays else Markup("<b>{}</b>")
    count = Markup("<br><small>{:,}</small>").format(move.rows)
    return Sorted(shown.format(hours(move.hours)) + count, move.hours)


def rules(comparison: Compare) -> Markup | None:
    """Records that each rule newly flags and no longer flags."""
    columns = (
        Column("rule", "name"),
        Column("verdict", "verdict"),
        Column("newly flagged, rows", "count"),
        Column("hours", "hours"),
        Column("no longer flagged, rows", "count"),
        Column("hours", "hours"),
    )
    rows = [
        (
            *(item.rule, item.severity, item.got_rows, item.got_hours),
            *(item.lost_rows, item.lost_hours),
        )
        for item in comparison.rules
    ]
    return Table("Rules", columns, rows, elsewhere="compare.json").render() if rows else None


def strata(comparison: Compare) -> Markup | None:
    """Where it moves."""
    return joined(
        *(
            titled(f"By {column}", _stratum(column, values))
            for column, values in comparison.strata.items()
            if values
        )
    )


def _stratum(column: str, values: Sequence[MovingStratum]) -> Markup:
    columns = (
        Column(column, "text"),
        Column("hours", "hours"),
        Column("rows move", "count"),
        Column("hours move", "hours"),
        Column("of hours", "percent"),
        Column("clean before", "hours"),
        Column("clean after", "hours"),
        Column("bad before", "hours"),
        Column("bad after", "hours"),
    )
    rows = [
        (
            *(item.value, item.hours, item.moved_rows, item.moved_hours),
            share(item.moved_hours, item.hours),
            *(item.from_clean_hours, item.to_clean_hours),
            *(item.from_bad_hours, item.to_bad_hours),
        )
        for item in values
    ]
    return Table(column, columns, rows, elsewhere="compare.json").render()


def records(comparison: Compare) -> Markup | None:
    """For each rule the first records that it newly flags, and no longer flags."""
    shown = [item for item in comparison.rules if item.got_records or item.lost_records]
    room = SizeBudget()
    return joined(*(_rule(item, room, unfolded=at == 0) for at, item in enumerate(shown)))


def _rule(item: MovingRule, room: SizeBudget, *, unfolded: bool) -> Markup:
    body = joined(
        titled("Newly flagged", _listed(item.got_records, room)),
        titled("No longer flagged", _listed(item.lost_records, room)),
    )
    amounts = (("newly flagged", item.got_rows), ("no longer flagged", item.lost_rows))
    note = ", ".join(f"{plural(rows, 'row')} {word}" for word, rows in amounts if rows)
    title = Markup("{} {}").format(name(item.rule), verdict(item.severity))
    return render("fold", title=title, note=note, unfolded=unfolded, body=body)


def _listed(records: Sequence[ShownMovedRecord], room: SizeBudget) -> Markup | None:
    return listed(records, room, about=_about, value=lambda record: seconds(record.duration_s))


def _about(record: ShownMovedRecord) -> list[Markup]:
    moved = Markup("{} → {}").format(verdict(record.before), verdict(record.after))
    reason = record.to_reason or (record.from_reason and f"no longer: {record.from_reason}")
    return [moved, *([marked(reason)] if reason else []), *facts(record)]
