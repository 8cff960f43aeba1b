"""Records of a profile, as `curate head` and `curate sample` show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table

from curate.artifacts.records import ProfiledRecord
from curate.cli.render.terminal import cell, print_json, print_table


def print_records(records: Sequence[ProfiledRecord], as_json: bool) -> None:
    """One record a row with its verdict, text and reason; as JSON with all that is known."""
    if as_json:
        print_json([record.as_json() for record in records])
        return
    table = Table(box=None, pad_edge=False)
    for name in ("id", "verdict", "lang", "duration_s", "char_rate", "text", "reason"):
        table.add_column(name, overflow="fold")
    for record in records:
        table.add_row(*map(cell, _values(record)))
    print_table(table)


def _values(record: ProfiledRecord) -> Iterator[object]:
    yield from (record.id, record.verdict, record.lang)
    yield from (record.metrics.get("duration_s"), record.metrics.get("char_rate"))
    yield from (record.record.get("text"), record.reason)
