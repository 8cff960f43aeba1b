"""The sheets of an Excel workbook and their rows, read one after the other by openpyxl."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from curate.environment.extras import require
from curate.errors import InputError
from curate.manifest.spool import located

LARGEST = 2 << 30
"""Bytes of a workbook once unpacked: a million rows take some 200 MB."""
ZIP = b"PK\x03\x04"


def is_workbook(name: str, head: bytes) -> bool:
    """Whether a file is a workbook, by its name and its first bytes."""
    return head.startswith(ZIP) and (b"xl/" in head or name.lower().endswith((".xlsx", ".xlsm")))


@contextmanager
def opened_workbook(name: str) -> Iterator[Any]:
    """The workbook; InputError for what cannot be read as one."""
    openpyxl = require("openpyxl", "reading Excel workbooks")
    try:
        with zipfile.ZipFile(located(name)) as archive:
            size = sum(each.file_size for each in archive.infolist())
        if size > LARGEST:
            what = f"unpacks to {size:,} bytes, of which {LARGEST:,} are read at most"
            raise InputError.of(name, what, "save it as CSV")
        book = openpyxl.load_workbook(located(name), read_only=True, data_only=True)
    except InputError:
        raise
    except Exception as error:
        raise _unreadable(name, error) from None
    try:
        yield book
    finally:
        book.close()


def _unreadable(name: str, error: Exception) -> InputError:
    """A fault of the file: openpyxl raises whatever the XML of a broken one leads to."""
    first = str(error).split("\n", 1)[0] or type(error).__name__
    return InputError.of(name, f"cannot be read as an Excel workbook: {first}", "save it as CSV")


def header_of(name: str, sheet: Any) -> list[str]:
    """The cells of the first row."""
    first = next(rows_of(name, sheet), ())
    cells = ["" if cell is None else str(cell) for cell in first]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def rows_of(name: str, sheet: Any) -> Iterator[Sequence[object]]:
    """The rows of a sheet, whose dimensions are not believed."""
    sheet.reset_dimensions()
    try:
        yield from sheet.iter_rows(values_only=True)
    except Exception as error:
        raise _unreadable(name, error) from None
