"""Parquet and Arrow, and Hugging Face's with audio in them (a struct of bytes and path, or bytes).

Such a table has no lines: a record's line is its row, and its bytes are those of the NeMo line
that it becomes. Columns become what JSON can hold: categories and enums their text, decimals and
durations numbers (a duration its seconds), dates and times their text; binary columns are left out.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import polars as pl

from curate.arrays import Int64s
from curate.manifest.corrections import CAST
from curate.manifest.mapping import fields_of
from curate.manifest.origin import INSIDE, Item, Origin, Portion, canonical, convert_line
from curate.manifest.segment_times import is_milliseconds
from curate.manifest.sniff import Format, Look, RowPlace, one_file
from curate.manifest.strict import Malformed, Record
from curate.manifest.table_files import FILE, STREAM, TableFile, as_input, open_table
from curate.manifest.table_lines import encode_rows, encoded_table
from curate.manifest.tables import AUDIO_NAMES, columns_of, measured_if_absent, record_of_row

ROWS = 20_000
"""Rows at a time."""
AUDIO_ROWS = 100
"""Rows at a time whose audio is held with them."""

_BYTES = "_bytes"
_UNITLESS = frozenset({"length", "dur"})
"""Names that give no unit; `length` is mostly the text's."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """What a table's columns are: by our field the name of its column, the column of audio (None
    where there is none), and whether it holds the samples and not only their path.
    """

    names: Mapping[str, str]
    audio: str | None = None
    is_inside: bool = False

    @property
    def is_measured(self) -> bool:
        """Whether durations are those of the audio in the table."""
        return self.is_inside and not {"duration", "end"} & self.names.keys()


def _find(look: Look) -> list[Origin]:
    """The origin of a table; `beside` says where its audio is in it."""
    return [_origin(one_file(look, "parquet"), look)]


def _find_arrow(look: Look) -> list[Origin]:
    return [_origin(one_file(look, "arrow"), look)]


def _origin(origin: Origin, look: Look) -> Origin:
    with as_input(origin.name, origin.format.capitalize()):
        table = open_table(origin.name)
        is_inside, names = _columns(table, look.fields).is_inside, table.schema.names()
    beside = {"audio": (INSIDE,)} if is_inside else measured_if_absent(names, look)
    return replace(origin, beside=beside)


def _read(origin: Origin) -> Iterator[Portion]:
    with as_input(origin.name, origin.format.capitalize()):
        yield from _portions(origin)


def _read_rows(origin: Origin, rows: Sequence[RowPlace]) -> Iterator[Portion]:
    with as_input(origin.name, origin.format.capitalize()):
        yield from _portions(origin, np.array([line for line, _ in rows], np.int64))


def audio_of_rows(origin: Origin) -> Iterator[bytes]:
    """The audio that stands in each row of a table; empty where a row has none."""
    with as_input(origin.name, origin.format.capitalize()):
        table = open_table(origin.name)
        name = _columns(table, fields_of(origin)).audio
        assert name is not None, "its origin says that the audio is inside"
        content = _content(name, table.schema[name])
        for batch in table.batches([content.alias(_BYTES)], AUDIO_ROWS):
            yield from (value or b"" for value in batch[_BYTES])


def _columns(table: TableFile, fields: Mapping[str, str]) -> _Columns:
    """A column that holds audio is the audio, whatever else has its name (Common Voice's `path`).

    `fields` map names of the input to field names. Beside samples, a name that gives no unit
    (`length`) is not taken for seconds.
    """
    schema = table.schema
    by_name = {name.strip().lower(): name for name in reversed(schema.names())}
    usual = [by_name[n] for n in AUDIO_NAMES if n in by_name]
    candidates = [fields["audio_filepath"]] if "audio_filepath" in fields else usual
    held = [name for name in candidates if name in schema and _holds_audio(schema[name])]
    names = dict(columns_of(schema.names(), fields))
    if not held:
        return _Columns(names)
    names["audio_filepath"] = held[0]
    content = _content(held[0], schema[held[0]]).is_not_null()
    first = next(table.batches([content], 1), pl.DataFrame({"": [False]}))
    is_inside = bool(first.to_series().any())
    if is_inside and names.get("duration", "").strip().lower() in _UNITLESS:
        del names["duration"]
    return _Columns(names, held[0], is_inside)


def _holds_audio(dtype: pl.DataType) -> bool:
    """Whether a column is Hugging Face's struct of bytes and path, or bytes."""
    return dtype == pl.Binary or not {"bytes", "path"}.isdisjoint(_fields(dtype))


def _fields(dtype: pl.DataType) -> Mapping[str, object]:
    """Names and types of a struct's fields; none where it is no struct."""
    fields = dtype.fields if isinstance(dtype, pl.Struct) else ()
    return {field.name: field.dtype for field in fields}


def _content(name: str, dtype: pl.DataType) -> pl.Expr:
    """The bytes of a column of audio."""
    if dtype == pl.Binary:
        return pl.col(name)
    held = _fields(dtype).get("bytes") == pl.Binary
    return pl.col(name).struct.field("bytes") if held else pl.lit(None, pl.Binary)


def _portions(origin: Origin, lines: Int64s | None = None) -> Iterator[Portion]:
    """The rows a batch at a time; of a batch only those of these lines, where they are given."""
    table = open_table(origin.name)
    columns, cast = _columns(table, fields_of(origin)), CAST in origin.beside
    before = offset = 0
    for rows in table.batches(
        _selected_columns(table.schema, columns), AUDIO_ROWS if columns.is_measured else ROWS
    ):
        if lines is None:
            numbers, batch = np.arange(before + 1, before + rows.height + 1), rows
        else:
            numbers = lines[slice(*np.searchsorted(lines, (before + 1, before + rows.height + 1)))]
            batch = rows[numbers - before - 1]
        before += rows.height

        def convert(row: int, batch: pl.DataFrame = batch, numbers: Int64s = numbers) -> Item:
            cells, number = batch.row(row, named=True), int(numbers[row])
            to_record = partial(_record, columns=columns, id=f"{origin.name}#{number}", cast=cast)
            record, data = _with_data(convert_line(to_record, cells), cells, number)
            return Item(number, 0, data, record)

        if batch.height:
            made = encoded_table(origin, _encoded(batch, columns), numbers, offset, convert)
            assert made.places is not None
            offset += int((made.places.byte_length + 1).sum())
            yield made


def _encoded(batch: pl.DataFrame, columns: _Columns) -> pl.Series:
    """The lines of a batch's plain rows; null for others, which `_record` reads."""
    names = {field: name for field, name in columns.names.items() if name in batch.columns}
    paths = batch[names["audio_filepath"]] if "audio_filepath" in names else None
    if columns.is_measured or paths is None or paths.dtype != pl.String:
        return pl.Series(dtype=pl.String).clear(batch.height)
    lines = encode_rows(batch.drop(_BYTES, strict=False), names)
    return lines.set((paths == "").fill_null(True), None)


def _selected_columns(schema: pl.Schema, columns: _Columns) -> list[pl.Expr]:
    """Columns that JSON can hold; of audio its path, and its bytes where they are measured."""
    selected: list[pl.Expr] = []
    for name, dtype in schema.items():
        if name == columns.audio:
            has_path = "path" in _fields(dtype)
            path = pl.col(name).struct.field("path") if has_path else pl.lit(None, pl.String)
            selected.append(path.alias(name))
            if columns.is_measured:
                selected.append(_content(name, dtype).alias(_BYTES))
        elif (value := _plain(pl.col(name), name, dtype)) is not None:
            selected.append(value.alias(name))
    return selected


def _plain(column: pl.Expr, name: str, dtype: pl.DataType) -> pl.Expr | None:
    """A column as JSON holds it; None where it cannot."""
    if isinstance(dtype, pl.Duration):
        seconds = column.dt.total_nanoseconds() / 1e9
        return (seconds * 1e3 if is_milliseconds(name) else seconds).round(9)
    if isinstance(dtype, pl.Time):
        return (column.cast(pl.Int64) / 1e9).round(9)
    if dtype.is_decimal():
        return column.cast(pl.Float64)
    if dtype.is_temporal() or isinstance(dtype, pl.Categorical | pl.Enum):
        return column.cast(pl.String)
    return column if _is_plain(dtype) else None


def _is_plain(dtype: pl.DataType) -> bool:
    """Whether Python's JSON holds the values as they are, down to those of lists and structs."""
    if isinstance(dtype, pl.List | pl.Array):
        return _is_plain(dtype.inner)  # type: ignore[arg-type]
    if isinstance(dtype, pl.Struct):
        return all(_is_plain(field.dtype) for field in dtype.fields)  # type: ignore[arg-type]
    text = (pl.String, pl.Boolean, pl.Null, pl.Categorical, pl.Enum)
    return (dtype.is_numeric() and not dtype.is_decimal()) or isinstance(dtype, text)


def _record(row: Record, columns: _Columns, id: str, cast: bool) -> Record:
    content = row.pop(_BYTES, None)
    row = {name: _without_nan(value) for name, value in row.items()}
    record = record_of_row(row, {f: name for f, name in columns.names.items() if name in row}, cast)
    record["audio_filepath"] = record.get("audio_filepath") or id
    if columns.is_measured:
        record["duration"] = _length(content)
    return record


def _without_nan(value: object) -> object:
    """The value with null for NaN, as tables mean it, down to those of lists and structs."""
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_nan(item) for name, item in value.items()}
    return value


def _with_data(record: Record | str, row: Record, line: int) -> tuple[Record | str, bytes]:
    """The record of a row, or why it is none, and the bytes that stand for the row: its line."""
    try:
        return record, canonical(row if isinstance(record, str) else record)
    except Malformed as fault:
        return record if isinstance(record, str) else str(fault), f"row {line}".encode()


def _length(content: object) -> float:
    """Seconds by the audio's header; Malformed where the table holds none that can be read."""
    import soundfile

    if not isinstance(content, bytes) or not content:
        raise Malformed("the table holds no audio for the row")
    try:
        info = soundfile.info(io.BytesIO(content))
    except (RuntimeError, TypeError, ValueError):
        raise Malformed("the audio in the table cannot be read") from None
    return float(info.frames / info.samplerate)


PARQUET = Format(
    "parquet",
    "Parquet with columns of usual names; Hugging Face audio too (durations by the audio's header)",
    lambda look: look.head.startswith(b"PAR1"),
    _find,
    _read,
    _read_rows,
)
ARROW = Format(
    "arrow",
    "an Arrow file or stream (Hugging Face's save_to_disk, Feather) as Parquet is; needs the extra "
    "hf",
    lambda look: look.head.startswith((STREAM, FILE)),
    _find_arrow,
    _read,
    _read_rows,
)
