"""The balance sheet: what came in, and where all of it went."""

from __future__ import annotations

from markupsafe import Markup

from curate.artifacts.ledger import Amount, Entry
from curate.formatting.units import US_PER_HOUR
from reports.artefacts import AnyLoaded
from reports.sections.declare import joined, titled
from reports.tables import Column, Table

_COLUMNS = (
    Column("account", "text"),
    Column("rows", "count"),
    Column("hours", "hours"),
    Column("bytes", "count"),
)


def ledger(page: AnyLoaded) -> Markup | None:
    """Inputs, outputs and blank lines, with the sum that must equal the inputs."""
    book = page.ledger
    if book is None:
        return None
    rows = [
        _row("all inputs", book.inputs),
        *(_row(output.name, output) for output in book.outputs),
    ]
    if book.blank.rows:
        rows.append(("blank lines", book.blank.rows, None, book.blank.bytes))
    total = ("sum of outputs", *(_sum(rows[1:], at) for at in (1, 2, 3)))
    copies = Table("Copies", _COLUMNS, [_row(copy.name, copy) for copy in book.copies])
    statement = "The two sides are equal." if book.balanced else "The two sides are NOT equal."
    return joined(
        Table("Ledger", _COLUMNS, rows, foot=total).render(),
        Markup('<p class="note">{}</p>').format(statement),
        titled("Copies, outside the balance", copies.render()) if book.copies else None,
    )


def _row(name: str, amount: Amount | Entry) -> tuple[object, ...]:
    return (name, amount.rows, amount.duration_us / US_PER_HOUR, amount.bytes)


def _sum(rows: list[tuple[object, ...]], at: int) -> float | None:
    values = [row[at] for row in rows]
    known = [value for value in values if isinstance(value, int | float)]
    return sum(known) if known else None
