"""The first rows of a table or of JSON lines, by the names of their columns or fields."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

import polars as pl

from curate.errors import ConfigError, InputError
from curate.manifest.corrections import number_written
from curate.manifest.origin import number_of
from curate.manifest.sheets import header_of, is_workbook, opened_workbook, rows_of
from curate.manifest.sniff import Look
from curate.manifest.strict import Malformed, Record, parse_line
from curate.manifest.table_files import FILE, STREAM, as_input, open_table
from curate.manifest.tables import COMMON_VOICE, columns_of, header_cells

ROWS = 200
"""Rows that are examined."""
_HEAD_BYTES = 1 << 16
"""Read of a file; the last line of so many may be cut."""
_COLUMNAR = (b"PAR1", STREAM, FILE)


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of a file: the `names` of its columns in order, and the cells by them.
    `is_table`: usual names of columns are read without a mapping.
    """

    names: Sequence[str]
    rows: Sequence[Mapping[str, object]]
    is_table: bool

    def values(self, name: str) -> list[object]:
        """What a column holds in the rows where it is not empty."""
        cells = (row.get(name) for row in self.rows)
        return [cell for cell in cells if cell is not None and cell != ""]

    def is_written(self, name: str) -> bool:
        """Whether times stand there as text that only `--cast` reads: `1,5` and `01:02.5` in a
        table, any text in JSON lines.
        """
        texts = [value for value in self.values(name) if isinstance(value, str)]
        odd = [text for text in texts if not self.is_table or isinstance(number_of(text), str)]
        return any(time_of(text) is not None for text in odd)

    def has_numbers(self, name: str) -> bool:
        """Whether a column holds a time, be it written as text, above 0."""
        return any((time_of(value) or 0) > 0 for value in self.values(name))


def time_of(value: object) -> float | None:
    """The seconds that a value gives, as a number or as text; None where it gives none."""
    number = number_written(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return float(number)


def sample_of(look: Look) -> Sample | None:
    """The first rows of a file; None of what is neither JSON lines nor a table, or cannot be
    read: then that is the fault which is reported, without a hint about columns.
    """
    if look.folder is not None:
        return None
    try:
        return _sample(look)
    except (InputError, ConfigError):
        return None


def audio_paths(look: Look) -> list[str]:
    """The audio paths of the first rows of a table or of JSON lines, as they are read: those of
    Common Voice in its folder of clips.
    """
    sample = sample_of(look)
    if sample is None:
        return []
    columns = columns_of(sample.names, look.fields) if sample.is_table else look.fields
    name = columns.get("audio_filepath", "audio_filepath")
    paths = [each for each in sample.values(name) if isinstance(each, str)]
    if COMMON_VOICE.sniff(look):
        return [path if "/" in path else f"clips/{path}" for path in paths]
    return paths


def _sample(look: Look) -> Sample | None:
    if look.head.startswith(_COLUMNAR):
        return _of_columns(look.name)
    if is_workbook(look.name, look.head):
        return _of_workbook(look.name, look.fields)
    if look.first:
        return _of_lines(look.head)
    return _of_text(look)


def _of_columns(name: str) -> Sample:
    with as_input(name, "a table"):
        table = open_table(name)
        first = next(table.batches([pl.all()], ROWS), None)
        rows = [] if first is None else first.to_dicts()
        return Sample(table.schema.names(), rows, True)


def _of_workbook(name: str, fields: Mapping[str, str]) -> Sample | None:
    """The sheet with the most columns that have a meaning; the first of several."""
    with opened_workbook(name) as book:
        headers = [header_of(name, sheet) for sheet in book.worksheets]
        if not headers:
            return None
        at = max(range(len(headers)), key=lambda at: len(columns_of(headers[at], fields)))
        cells = islice(rows_of(name, book.worksheets[at]), 1, ROWS + 1)
        rows = [dict(zip(headers[at], row, strict=False)) for row in cells]
    return Sample([each for each in headers[at] if each], rows, True)


def _of_lines(head: bytes) -> Sample:
    """Fields that at least half of the lines have, in their order."""
    records = list(islice(_parsed(head), ROWS))
    names = dict.fromkeys(name for record in records for name in record)
    usual = [n for n in names if 2 * sum(n in record for record in records) >= len(records)]
    return Sample(usual, records, False)


def _parsed(head: bytes) -> Iterator[Record]:
    for line in head.split(b"\n"):
        try:
            yield parse_line(line)
        except Malformed:  # cut off, or reported with its number by the reader
            continue


def _of_text(look: Look) -> Sample | None:
    delimiter, header = header_cells(look.header)
    if len(header) < 2 or b"\0" in look.head:
        return None
    lines = [each.rstrip("\r") for each in look.head.decode(errors="replace").split("\n")[1:]]
    whole = lines[:-1] if len(look.head) >= _HEAD_BYTES else lines
    cells = csv.reader(whole, delimiter=delimiter)
    if delimiter == "\t":
        cells = csv.reader(whole, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    rows = [dict(zip(header, row, strict=False)) for row in _until_fault(islice(cells, ROWS))]
    return Sample(header, rows, True)


def _until_fault(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows before the first that is none: the reader reports it with its line."""
    with suppress(csv.Error):
        yield from rows
