"""Rows of CSV and TSV cut into cells: one compiled pass over the bytes, no GIL.

A row is PLAIN only where Python's csv module, strict, beyond doubt reads the same cells; any other
is left to it. Rows end where every quotation mark before is closed by another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from curate.arrays import Bytes, Int64s, Int64Table
from curate.native import kernel

BLANK, PLAIN, OTHER = range(3)
"""Kind of a row."""
_END: Final = 0x1F


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table's cells are cut, the names of its columns, and after how many lines a quote
    counts as never closed.
    """

    delimiter: str
    quoted: bool
    header: Sequence[str]
    most_lines: int


@dataclass(frozen=True, slots=True)
class Cut:
    """Whole rows: where each starts in the data, its bytes (without the last newline) and lines,
    and its kind. `cells` are texts, a column each, of the plain rows only; empty where their bytes
    are not UTF-8. `used` bytes are those rows.
    """

    start: Int64s
    length: Int64s
    lines: Int64s
    kind: Bytes
    cells: pl.DataFrame
    used: int


def cut_cells(data: bytes, dialect: Dialect) -> Cut:
    """The rows of the data, up to one whose quote is not closed in it."""
    most = data.count(b"\n") + 1
    rows, kind = np.empty((most, 3), np.int64), np.empty(most, np.uint8)
    cells, used = np.empty(len(data) + 1, np.uint8), np.empty(2, np.int64)
    width = len(dialect.header)
    numbers = [ord(dialect.delimiter), int(dialect.quoted), width, dialect.most_lines]
    count = _cut(
        np.frombuffer(data, np.uint8), np.array(numbers, np.int64), cells, rows, kind, used
    )
    start, length, lines = rows[:count].T
    columns = _columns(cells[: used[1]].tobytes(), dialect.header)
    return Cut(start, length, lines, kind[:count], columns, int(used[0]))


def _columns(cells: bytes, header: Sequence[str]) -> pl.DataFrame:
    """The cells of rows by their columns."""
    try:
        text = cells.decode()
    except UnicodeDecodeError:
        text = ""  # the rows are then read one by one, each with its own fault
    if not text:
        return pl.DataFrame(schema=dict.fromkeys(header, pl.String))
    each = pl.Series([text.removesuffix(chr(_END))]).str.split(chr(_END)).explode()
    return pl.DataFrame(
        {name: each.gather_every(len(header), at) for at, name in enumerate(header)}
    )


@kernel("cells")
def _cut(
    data: Bytes, dialect: Int64s, cells: Bytes, rows: Int64Table, kind: Bytes, used: Int64s
) -> int:
    """Cut rows: start, length and lines of each into `rows`, and cells, each with an end, into
    `cells`; bytes of both into `used`. Returns how many rows.
    """
    raise NotImplementedError
