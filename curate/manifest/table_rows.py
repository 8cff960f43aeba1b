"""The rows of CSV and TSV as records: by columns where they are plain, else one by one."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, chain
from typing import TypeAlias

import numpy as np
import polars as pl

from curate.arrays import Int64s
from curate.manifest.cells import BLANK, PLAIN, Cut, Dialect, cut_cells
from curate.manifest.chunks import Chunk, open_manifest, read_chunks, read_head
from curate.manifest.origin import (
    PORTION_BYTES,
    Item,
    Origin,
    Places,
    Portion,
    convert_line,
    convert_lines,
    cut_lines,
    portion,
)
from curate.manifest.sniff import RowPlace
from curate.manifest.strict import Malformed, Record
from curate.manifest.table_lines import encode_rows, encoded_text

LONGEST_CELL_LINES = 1000
"""A quote that is still open after so many lines was never closed."""

Cells: TypeAlias = Mapping[str, str]
ConvertLine: TypeAlias = Callable[[bytes], Record]


def table_rows(
    origin: Origin,
    convert: Callable[[Cells], Record],
    header: Sequence[str],
    skipped: int,
    columns: Mapping[str, str] | None = None,
    rows: Sequence[RowPlace] | None = None,
) -> Iterator[Portion]:
    """The portions of a table, or of some of its `rows`; `convert` takes a row by its header.

    `columns` say by field which column it is, where a record is that and nothing more.
    """
    chunks: Iterable[Chunk]
    if rows is None:
        chunks = read_chunks(origin.name, PORTION_BYTES)
    else:
        chunks = [_only(origin, rows, skipped)]
    delimiter = origin.beside["delimiter"][0]
    width = len(header)

    def of_cells(cells: Sequence[str]) -> Record:
        if len(cells) != width:
            raise Malformed(f"the row has not the header's number of cells ({len(cells)})")
        return convert(dict(zip(header, cells, strict=True)))

    def of_plain(line: bytes) -> Record:
        return of_cells(_text(line).removesuffix("\r").split(delimiter))

    def of_quoted(line: bytes) -> Record:
        text = _text(line).removesuffix("\r")
        try:
            (cells,) = csv.reader([text], delimiter=delimiter, strict=True)
        except (csv.Error, ValueError) as error:
            raise Malformed(f"no row of a CSV ({error})") from None
        return of_cells(cells)

    is_quoted = origin.beside["quoted"][0] == "yes"
    of_line = of_quoted if is_quoted else of_plain
    if columns is not None and len(set(header)) == width and len(delimiter.encode()) == 1:
        dialect = Dialect(delimiter, is_quoted, header, LONGEST_CELL_LINES)
        return _rows_by_columns(origin, chunks, dialect, columns, of_line, skipped)
    if not is_quoted:
        return convert_lines(origin, of_plain, skipped, chunks=chunks)
    return _quoted_rows(origin, chunks, of_quoted, skipped)


def _only(origin: Origin, rows: Sequence[RowPlace], skipped: int) -> Chunk:
    """The header's lines and these rows, as if there were no others."""
    descriptor = open_manifest(origin.name)
    try:
        header = b"\n".join([*read_head(origin.name).split(b"\n")[:skipped], b""])
        data = [os.pread(descriptor, length, offset) + b"\n" for _, (offset, length) in rows]
    finally:
        os.close(descriptor)
    return Chunk(origin.name, 0, header + b"".join(data))


def _rows_by_columns(
    origin: Origin,
    chunks: Iterable[Chunk],
    dialect: Dialect,
    columns: Mapping[str, str],
    convert: ConvertLine,
    skipped: int,
) -> Iterator[Portion]:
    """Portions of a table, whose plain rows are encoded by columns.

    A row that goes over the end of a chunk is cut with the next one. From a quote that is never
    closed on, rows are read one by one.
    """
    chunks = iter(chunks)
    before = offset = 0
    rest = b""
    for chunk in chunks:
        data, offset = rest + chunk.data, chunk.byte_offset - len(rest)
        cut = cut_cells(data, dialect)
        number = before + np.cumsum(cut.lines) - cut.lines + 1
        if cut.start.size:
            lines = _lines_of(cut, columns)
            yield _cut_portion(
                origin, Chunk(chunk.source, offset, data), cut, lines, number, convert, skipped
            )
        before += int(cut.lines.sum())
        rest, offset = data[cut.used :], offset + cut.used
        if len(rest) > PORTION_BYTES or rest.count(b"\n") >= dialect.most_lines:
            break
    if rest:
        chunks = chain([Chunk(origin.name, offset, rest)], chunks)
        yield from _quoted_rows(origin, chunks, convert, skipped, before)


def _lines_of(cut: Cut, columns: Mapping[str, str]) -> pl.Series:
    """The line of each row; null where it is not plain."""
    none = pl.Series(dtype=pl.String).clear(cut.start.size)
    if not cut.cells.height:
        return none
    lines = encode_rows(cut.cells, columns)
    is_plain = cut.kind == PLAIN
    return lines if is_plain.all() else none.scatter(np.flatnonzero(is_plain), lines)


def _cut_portion(
    origin: Origin,
    chunk: Chunk,
    cut: Cut,
    lines: pl.Series,
    number: Int64s,
    convert: ConvertLine,
    skipped: int,
) -> Portion:
    """The portion of a chunk that is cut; of its rows the `lines` and the first line's `number`."""
    is_row = (cut.kind != BLANK) & (number > skipped)
    rows, blank = np.flatnonzero(is_row), np.flatnonzero(~is_row)
    start, length, number = cut.start[rows], cut.length[rows], number[rows]
    offset = chunk.byte_offset + start

    def convert_row(row: int) -> Item:
        line = chunk.data[start[row] : start[row] + length[row]]
        return Item(number[row], offset[row], line, convert_line(convert, line))

    raw = chunk.data[: cut.used]
    if origin.beside["quoted"][0] == "yes" and not raw.endswith(b"\n"):
        raw += b"\n"
    places = Places(number, offset, length, start, length)
    made = encoded_text(origin, lines.filter(pl.Series(is_row)), places, convert_row, raw)
    empty = int(cut.length[blank].sum())
    return replace(made, blank_lines=blank.size, blank_bytes=empty)


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8 (byte {line[error.start]:#04x} at {error.start})") from None


def _quoted_rows(
    origin: Origin, chunks: Iterable[Chunk], convert: ConvertLine, skipped: int, before: int = 0
) -> Iterator[Portion]:
    """Portions of a CSV, whose rows go over several lines where a quote stays open; `before` its
    chunks were so many lines.
    """
    items: list[Item] = []
    raw: list[bytes] = []
    blank_lines = blank_bytes = size = 0
    for number, offset, lines in _joined(chunks, before):
        line = b"\n".join(lines)
        raw.append(line + b"\n")
        size += len(line)
        if number <= skipped or not line.strip(b" \t\r"):
            blank_lines += 1
            blank_bytes += len(line)
        else:
            items.append(Item(number, offset, line, convert_line(convert, line)))
        if size > PORTION_BYTES:
            yield portion(origin, items, b"".join(raw), blank_lines, blank_bytes)
            items, raw = [], []
            blank_lines = blank_bytes = size = 0
    yield portion(origin, items, b"".join(raw), blank_lines, blank_bytes)


def _joined(chunks: Iterable[Chunk], before: int) -> Iterator[tuple[int, int, list[bytes]]]:
    """(first line's number, byte offset, lines) of each row: up to where every quote is closed.

    Where a quote is never closed, its line is a row by itself, and the next lines are parsed again.
    """
    held: list[tuple[int, int, bytes]] = []
    open_quote = False
    every = enumerate((pair for chunk in chunks for pair in cut_lines(chunk)), before + 1)
    for number, (offset, line) in every:
        held.append((number, offset, line))
        open_quote ^= bool(line.count(b'"') % 2)
        if not open_quote:
            yield held[0][0], held[0][1], [line for _, _, line in held]
            held = []
        while open_quote and len(held) >= LONGEST_CELL_LINES:
            first, *held = held
            yield first[0], first[1], [first[2]]
            yield from _closed(held)
            open_quote = bool(held)
    for number, offset, line in held:
        yield number, offset, [line]


def _closed(held: list[tuple[int, int, bytes]]) -> Iterator[tuple[int, int, list[bytes]]]:
    """The complete rows at the beginning of `held`, which loses them."""
    while held:
        marks = accumulate(line.count(b'"') for _, _, line in held)
        size = next((rows for rows, count in enumerate(marks, 1) if count % 2 == 0), 0)
        if not size:
            return
        yield held[0][0], held[0][1], [line for _, _, line in held[:size]]
        del held[:size]
