"""What text rules changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from markupsafe import Markup

from curate.artifacts.text_changes import ChangedByRule, ChangedText, TextChanges
from reports.align import alignment
from reports.format import plural, share
from reports.sections.declare import joined
from reports.sections.room import SizeBudget
from reports.tables import Column, Table, name, quiet
from reports.templating import render
from reports.transcripts import marked

RULES = (
    "In the order in which they are applied. “Unique”: no other rule changes the text; “again”: "
    "the rule would change the result once more. A rule that sets `_skipme` rejects the record."
)
EMPTIED = "The first of them. The records stay; the default rules reject empty texts."
EXAMPLES = (
    "The first texts that each rule changes: struck-out characters are removed, underlined ones "
    "are added. Other rules change some of them further."
)
"""Notes of the sections."""


def rules(changes: TextChanges) -> Markup | None:
    """What each rule changed; those that changed nothing are only named."""
    columns = (
        Column("rule", "name"),
        Column("rows", "count"),
        Column("of rows", "percent"),
        Column("hours", "hours"),
        Column("unique", "count"),
        Column("again", "count"),
        Column("sets", "name"),
        Column("why"),
    )
    rows = [
        (
            *(item.rule, item.rows, share(item.rows, changes.rows), item.hours),
            *(item.unique_rows, item.unstable_rows, item.sets or "text", item.why),
        )
        for item in changes.rules
        if item.rows
    ]
    idle = [item.rule for item in changes.rules if not item.rows]
    return joined(
        Table("Rules", columns, rows, elsewhere=TextChanges.file).render() if rows else None,
        quiet("rule", "changed nothing", idle),
    )


def examples(changes: TextChanges) -> Markup | None:
    """The first texts that each rule changed, character by character."""
    shown = [item for item in changes.rules if item.examples]
    room = SizeBudget()
    return joined(*(_fold(item, room, unfolded=at == 0) for at, item in enumerate(shown)))


def emptied(changes: TextChanges) -> Markup | None:
    """The first texts that the rules left blank."""
    return _listed(changes.emptied, SizeBudget()) if changes.emptied else None


def _fold(item: ChangedByRule, room: SizeBudget, *, unfolded: bool) -> Markup:
    note = f"{len(item.examples)} of {plural(item.rows, 'row')}"
    body = _listed(item.examples, room)
    return render("fold", title=name(item.rule), note=note, unfolded=unfolded, body=body)


def _listed(texts: Sequence[ChangedText], room: SizeBudget) -> Markup:
    records = [
        {
            "value": "",
            "text": room.fit(
                partial(alignment, each.before, each.after, each.lang, by_characters=True)
            ),
            "about": [name(each.id)] + ([marked(each.lang)] if each.lang else []),
        }
        for each in texts
    ]
    return render("records", records=records)
