"""CSV: a row for each record, a column for each field; text as it stands, other values as JSON.

A table holds text and nothing else. Read back, audio path, text, duration, offset, language and
speaker are what they were; a number in another field is its text, and an absent value is as an
empty one. A spreadsheet takes a cell that begins with `=` for a formula. Nothing is put before it,
since that would change the text of every other reader; such cells are counted.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from curate.exports.output import Output, Report, fields_of_records, is_column
from curate.exports.spooled import Spooled, SpooledRecord
from curate.formatting.units import plural

_format_json = json.JSONEncoder(ensure_ascii=False).encode
_FORMULA = ("=", "+", "-", "@")


def _write(records: Spooled, scratch: Path, report: Report) -> None:
    fields = [name for name in fields_of_records(records) if is_column(name)]
    left_out, formulas, columns = Counter[str](), 0, frozenset(fields)
    with scratch.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        out.writerow(fields)
        for one in records:
            left_out.update(one.record.keys() - columns)
            cells = _cells(one, fields)
            formulas += any(cell.startswith(_FORMULA) for cell in cells)
            out.writerow(cells)
    report.warn_left_out(left_out, "fields left out, since a table would misread their names")
    if formulas:
        report.warnings.append(
            f"cells of {plural(formulas, 'record')} begin with =, +, - or @: import the table as "
            "text, a spreadsheet would compute them"
        )


def _cells(one: SpooledRecord, fields: Sequence[str]) -> list[str]:
    record = one.record
    return [_cell(record.get(name), name) for name in fields]


def _cell(value: object, name: str) -> str:
    if value is None or (name == "_skipme" and not value):  # any text would be true
        return ""
    return value if isinstance(value, str) else _format_json(value)


CSV = Output("csv", "CSV: a row for each record, a column for each field", _write, "table")
