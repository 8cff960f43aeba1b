"""The balance sheet: what came in, and where all of it went."""

from __future__ import annotations

from markupsafe import Markup

from reports.contracts import Artefact
from reports.contracts.base import Amount
from reports.sections.declare import joined, titled
from reports.tables import Column, Table

_US_PER_HOUR = 3_600_000_000
_COLUMNS = (
    Column("account", "text"),
    Column("rows", "count"),
    Column("hours", "hours"),
    Column("bytes", "count"),
)


def ledger(artefact: Artefact) -> Markup | None:
    """Inputs, outputs and blank lines, with the sum that must equal the inputs."""
    book = artefact.ledger
    if book is None:
        return None
    outputs = [*book.outputs, *([book.blank] if book.blank.rows else [])]
    rows = [_row(f"in: {book.stage}", book.inputs), *(_row(_name(it), it) for it in outputs)]
    total = ("sum of outputs", *(_sum(rows[1:], at) for at in (1, 2, 3)))
    copies = Table("Copies", _COLUMNS, [_row(it.name, it) for it in book.copies])
    said = "The two sides are equal." if book.balanced else "The two sides are NOT equal."
    return joined(
        Table("Ledger", _COLUMNS, rows, foot=total).render(),
        Markup('<p class="note">{}</p>').format(said),
        titled("Copies, outside the balance", copies.render()) if book.copies else None,
    )


def _name(amount: Amount) -> str:
    return amount.name or "blank lines"


def _row(name: str, amount: Amount) -> tuple[object, ...]:
    spent = None if amount.duration_us is None else amount.duration_us / _US_PER_HOUR
    return (name, amount.rows, spent, amount.bytes)


def _sum(rows: list[tuple[object, ...]], at: int) -> float | None:
    values = [row[at] for row in rows]
    known = [value for value in values if isinstance(value, int | float)]
    return sum(known) if known else None
