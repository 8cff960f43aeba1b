"""Excel workbooks (.xlsx): the sheet whose first row names audio and text is read as a table is.

Nothing is computed: a cell with a formula has the value that the spreadsheet saved last, and text
that begins with `=` is text. A record's line is its row in the sheet.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from curate.errors import InputError
from curate.manifest.corrections import CAST
from curate.manifest.hints.command import columns_hint
from curate.manifest.mapping import fields_of
from curate.manifest.origin import Item, Origin, Portion, canonical, convert_line, portion
from curate.manifest.segment_times import is_milliseconds
from curate.manifest.sheets import header_of, is_workbook, opened_workbook, rows_of
from curate.manifest.sniff import Format, Look, one_file
from curate.manifest.strict import Malformed, Record
from curate.manifest.tables import columns_of, measured_if_absent, record_of_row

SHEET = "sheet"
"""Where an origin keeps the name of its sheet."""
_ROWS = 4096
_AS_TEXT = ("audio_filepath", "text", "lang", "speaker")
"""Fields that are text, whatever a spreadsheet made of what was typed."""


def _find(look: Look) -> list[Origin]:
    origin = one_file(look, "xlsx")
    with opened_workbook(origin.name) as book:
        sheets = {sheet.title: header_of(origin.name, sheet) for sheet in book.worksheets}
    named = [title for title, header in sheets.items() if _is_header(header, look.fields)]
    if len(named) == 1:
        beside = {SHEET: (named[0],), **measured_if_absent(sheets[named[0]], look)}
        return [replace(origin, beside=beside)]
    if named:
        what = f"has several sheets with records ({', '.join(named)})"
        raise InputError.of(origin.name, what, "save each of them as CSV, and name those")
    headers = "; ".join(f"{title}: {', '.join(header)}" for title, header in sheets.items())
    what = f"has no sheet whose first row names audio and text ({headers})"
    raise InputError.of(origin.name, what, columns_hint(look))


def _is_header(cells: Sequence[str], fields: Mapping[str, str]) -> bool:
    return {"audio_filepath", "text"} <= columns_of(cells, fields).keys()


def _read(origin: Origin) -> Iterator[Portion]:
    with opened_workbook(origin.name) as book:
        sheet = book[origin.beside[SHEET][0]]
        header = header_of(origin.name, sheet)
        columns = columns_of(header, fields_of(origin))
        convert = partial(_record, header=header, columns=columns, cast=CAST in origin.beside)
        items: list[Item] = []
        offset = blank = 0
        for line, cells in enumerate(rows_of(origin.name, sheet), 1):
            if line == 1 or all(cell is None for cell in cells):
                blank += 1
                continue
            record = convert_line(convert, cells)
            data = f"row {line}".encode() if isinstance(record, str) else _data(record, line)
            items.append(Item(line, offset, data, record))
            offset += len(data) + 1
            if len(items) == _ROWS:
                yield portion(origin, items, b"", blank)
                items, blank = [], 0
        yield portion(origin, items, b"", blank)


def _data(record: Record, line: int) -> bytes:
    try:
        return canonical(record)
    except Malformed:
        return f"row {line}".encode()


def _record(
    cells: Sequence[object], header: Sequence[str], columns: Mapping[str, str], cast: bool
) -> Record:
    if any(cell is not None for cell in cells[len(header) :]):
        raise Malformed(f"the row has more cells than the header ({len(cells)})")
    row = {name: _value(cell, name) for name, cell in zip(header, cells, strict=False) if name}
    for field in _AS_TEXT:
        name = columns.get(field)
        if name is not None and not isinstance(row.get(name), str):
            row[name] = _text(row.get(name))
    return record_of_row({name: row.get(name, "") for name in header if name}, columns, cast)


def _value(cell: object, name: str) -> object:
    """A cell as JSON holds it: times of day and lengths are seconds, dates their text."""
    if cell is None:
        return ""
    if isinstance(cell, datetime.time):
        cell = datetime.datetime.combine(datetime.date.min, cell) - datetime.datetime.min
    if isinstance(cell, datetime.timedelta):
        seconds = cell.total_seconds()
        return round(1000 * seconds if is_milliseconds(name) else seconds, 9)
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    return cell


def _text(value: object) -> str:
    """What a spreadsheet shows of a cell that it took for a number."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


XLSX = Format(
    "xlsx",
    "an Excel workbook: the sheet whose first row names audio and text; needs the extra xlsx",
    lambda look: is_workbook(look.name, look.head),
    _find,
    _read,
)
