"""Parquet tables, and Hugging Face's with audio in them (a struct of bytes and path).

Such a table has no lines: a record's line is its row, and its bytes are those of the NeMo line
that it becomes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping

import polars as pl

from curate.errors import InputError
from curate.manifest.look import Format, one_file
from curate.manifest.origin import Item, Origin, Portion, canonical, portion
from curate.manifest.spool import located
from curate.manifest.strict import Malformed, Record
from curate.manifest.tables import columns_of, record_of_row

ROWS = 2_000
"""Rows at a time: a Hugging Face table holds its audio in them."""


def _read(origin: Origin) -> Iterator[Portion]:
    try:
        yield from _portions(origin)
    except (pl.exceptions.PolarsError, OSError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError.of(origin.name, f"cannot be read as Parquet: {first}") from None


def _portions(origin: Origin) -> Iterator[Portion]:
    table = pl.scan_parquet(located(origin.name), glob=False)
    schema = table.collect_schema()
    columns = columns_of(schema.names())
    audio = columns.get("audio_filepath")
    inside = audio is not None and isinstance(schema[audio], pl.Struct)
    measured = inside and "duration" not in columns
    wanted = _wanted(schema, audio if inside else None, keep_bytes=measured)
    line = offset = 0
    for batch in table.select(wanted).collect_batches(chunk_size=ROWS, maintain_order=True):
        items: list[Item] = []
        for row in batch.iter_rows(named=True):
            line += 1
            record = _record(dict(row), columns, f"{origin.name}#{line}", measured)
            data = _data(record, line)
            items.append(Item(line, offset, data, record))
            offset += len(data) + 1
        yield portion(origin, items, b"")


def _wanted(schema: pl.Schema, audio: str | None, keep_bytes: bool) -> list[pl.Expr]:
    """Columns that JSON can hold; of audio its path, and its bytes where they are measured."""
    wanted: list[pl.Expr] = []
    for name, dtype in schema.items():
        if name == audio and isinstance(dtype, pl.Struct):
            known = {field.name for field in dtype.fields}
            path = pl.col(name).struct.field("path") if "path" in known else pl.lit(None)
            wanted.append(path.alias(name))
            if keep_bytes and "bytes" in known:
                wanted.append(pl.col(name).struct.field("bytes").alias("_bytes"))
        elif dtype.is_numeric() or dtype in (pl.String, pl.Boolean):
            wanted.append(pl.col(name))
    return wanted


def _record(row: Record, columns: Mapping[str, str], id: str, measured: bool) -> Record:
    content = row.pop("_bytes", None)
    row = {name: value for name, value in row.items() if not _is_nan(value)}
    found = record_of_row(row, {field: name for field, name in columns.items() if name in row})
    found["audio_filepath"] = found.get("audio_filepath") or id
    if measured and isinstance(content, bytes):
        found["duration"] = _length(content)
    return found


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and value != value


def _data(record: Record, line: int) -> bytes:
    """The bytes that stand for a row."""
    try:
        return canonical(record)
    except Malformed:
        return f"row {line}".encode()


def _length(content: bytes) -> float | None:
    """Seconds by the audio's header; None where it cannot be read."""
    import soundfile

    try:
        found = soundfile.info(io.BytesIO(content))
    except (RuntimeError, TypeError, ValueError):
        return None
    return float(found.frames / found.samplerate) if found.samplerate else None


PARQUET = Format(
    "parquet",
    "Parquet with columns of usual names; Hugging Face audio too (durations by the audio's header)",
    lambda look: look.head.startswith(b"PAR1"),
    lambda look: [one_file(look, "parquet")],
    _read,
)
