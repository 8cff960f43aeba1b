"""Rows of a table as NeMo lines, a column at a time.

A line is byte for byte what `record_of_row` and `canonical` make of its row, which are slower by
far. They keep the rows that hold anything that is not plain: a number in another spelling than
Python's own, an infinite one, a segment's end, lists and structs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
import polars as pl

from curate.manifest.chunks import Chunk
from curate.manifest.mapping import BEFORE
from curate.manifest.origin import Item, Offsets, Origin, Places, Portion, line_of
from curate.text.words import digest_bytes

_ESCAPES = {
    mark: json.dumps(mark, ensure_ascii=False)[1:-1] for mark in (*map(chr, range(32)), '"', "\\")
}
_SPECIAL = r'["\\\x00-\x1f]'
"""Characters that JSON escapes, as `_ESCAPES` has them."""
_INTEGER = r"^(?:0|[1-9][0-9]{0,14})$"
_DECIMAL = r"^[0-9]+\.[0-9]+$"
"""Numbers in text that Polars and Python read as the same."""
_EXACT = 1 << 53
"""Integers below are floats without loss."""
_LEAST, _MOST = 1e-4, 1e16
"""Between these (and for 0) Python writes a float without an exponent, as Polars does."""

Columns = Mapping[str, str]
"""By field the column that holds it."""


def encode_rows(rows: pl.DataFrame, columns: Columns) -> pl.Series:
    """The line of each row without its newline; null where the row is not plain."""
    none = pl.Series([None], dtype=pl.String).new_from_index(0, rows.height)
    names = [name for name in rows.columns if name not in columns.values()]
    keys = [f"{name}{BEFORE}" if name in columns else name for name in names]
    always = {"duration", "offset"} - columns.keys()
    if "end" in columns or len({*keys, *columns, *always}) < len(keys) + len(columns) + len(always):
        return none
    members: list[pl.Series] = []
    plain = pl.Series([True]).new_from_index(0, rows.height)
    fields = [*zip(keys, names, [False] * len(keys), strict=True)]
    for key, name, is_field in (*fields, *((field, name, True) for field, name in columns.items())):
        encoded = _encoded(rows[name], key if is_field else None)
        if encoded is None:
            return none
        value, is_plain = encoded
        plain &= is_plain
        members.append(json.dumps(key, ensure_ascii=False) + ": " + value)
    body = pl.concat_str(members, separator=", ", ignore_nulls=True)
    line = pl.concat_str(pl.lit("{"), body, pl.lit("}"))
    return pl.select(pl.when(plain).then(line)).to_series() if members else none


_Encoded = tuple[pl.Series, pl.Series | bool]
"""The JSON of each value, null where the record has none; and whether the value is plain."""


def _encoded(values: pl.Series, field: str | None) -> _Encoded | None:
    """A column's values, those of a field where it is one; None where they are not plain."""
    if field in ("duration", "offset"):
        return _seconds(values)
    dtype = values.dtype
    if dtype == pl.String:
        encoded = _quoted(values)
        drops_empty = field in (None, "lang", "speaker")
        return (encoded.set(values == "", None) if drops_empty else _as_text(encoded, field)), True
    number = _number(values)
    return number if number is None else (_as_text(number[0], field), number[1])


def _as_text(encoded: pl.Series, field: str | None) -> pl.Series:
    """A text that is null is written, unlike the null of any other field."""
    return encoded.fill_null("null") if field == "text" else encoded


def _quoted(values: pl.Series) -> pl.Series:
    if values.str.contains(_SPECIAL).any():
        values = values.str.replace_many(_ESCAPES)
    return '"' + values + '"'


def _number(values: pl.Series) -> _Encoded | None:
    """Numbers, true and false; None for what holds other values."""
    dtype = values.dtype
    if dtype == pl.Null or dtype == pl.Boolean or dtype.is_integer():
        return values.cast(pl.String), True
    return _float(values.cast(pl.Float64)) if dtype.is_float() else None


def _float(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    finite = values.fill_nan(None)
    size = finite.abs()
    is_plain = (size == 0) | ((size >= _LEAST) & (size < _MOST))
    return finite.cast(pl.String), is_plain.fill_null(True)


@lru_cache(maxsize=1 << 10)
def is_milliseconds(name: str) -> bool:
    """Whether a column's name says that it holds milliseconds."""
    return name.strip().lower().endswith(("_ms", "[ms]"))


def _seconds(values: pl.Series) -> _Encoded | None:
    in_milliseconds = is_milliseconds(values.name)
    if values.dtype == pl.String:
        return _seconds_of_text(values, in_milliseconds)
    if not in_milliseconds or not values.dtype.is_numeric():
        return _number(values)
    numbers = values.cast(pl.Float64)
    text, is_plain = _float(_thousandth(numbers))
    if values.dtype.is_integer():
        is_plain &= (numbers.abs() < _EXACT).fill_null(True)
    return text, is_plain


def _seconds_of_text(values: pl.Series, in_milliseconds: bool) -> _Encoded:
    is_integer = values.str.contains(_INTEGER)
    is_number = is_integer | values.str.contains(_DECIMAL)
    numbers = values.set(~is_number, None).cast(pl.Float64)
    text, is_plain = _float(_thousandth(numbers) if in_milliseconds else numbers)
    if not in_milliseconds:
        text = values.zip_with(is_integer.fill_null(False), text)
    return text, (is_number | (values == "")).fill_null(True) & is_plain


def _thousandth(numbers: pl.Series) -> pl.Series:
    """Divided by NumPy: Polars multiplies by a reciprocal, which rounds once more."""
    return pl.Series(numbers.to_numpy() / 1000)


Convert = Callable[[int], Item]
"""The record of a row, row by row, with the bytes that it stands in."""


def encoded_table(
    origin: Origin, lines: pl.Series, numbers: Offsets, first_offset: int, convert: Convert
) -> Portion:
    """The portion of rows whose lines are the original, as a table in columns has no other: row
    `numbers`, and the first one's offset. Rows that are null in `lines` are converted one by one.
    """
    lines, items, reasons = _completed(lines, convert, are_lines=True)
    length = _sizes(lines)
    byte_length = length.copy()
    for row, item in items.items():
        byte_length[row] = len(item.data)
    places = Places(
        line=numbers,
        byte_offset=first_offset + _starts(byte_length),
        byte_length=byte_length,
        start=_starts(length),
        length=length,
    )
    return _portion(origin, lines, places, reasons, b"")


def encoded_text(
    origin: Origin, lines: pl.Series, places: Places, convert: Convert, raw: bytes
) -> Portion:
    """The portion of rows of a text, whose original `places` are; their places among the lines are
    filled in. Rows that are null in `lines` are converted one by one.
    """
    lines, _, reasons = _completed(lines, convert)
    length = _sizes(lines)
    places = replace(places, start=_starts(length), length=length)
    return _portion(origin, lines, places, reasons, raw)


def _completed(
    lines: pl.Series, convert: Convert, are_lines: bool = False
) -> tuple[pl.Series, dict[int, Item], dict[int, str]]:
    """All lines, the records that were converted one by one, and why some are none."""
    items = {row: convert(row) for row in lines.is_null().arg_true().to_list()}
    if not items:
        return lines, {}, {}
    written = {row: line_of(item, are_lines) for row, item in items.items()}
    lines = lines.scatter(list(items), [line.decode() for line, _ in written.values()])
    reasons = {row: reason for row, (_, reason) in written.items() if reason is not None}
    return lines, items, reasons


def _portion(
    origin: Origin, lines: pl.Series, places: Places, reasons: Mapping[int, str], raw: bytes
) -> Portion:
    data = f"{lines.str.join(chr(10)).item()}\n".encode() if lines.len() else b""
    digest = int(digest_bytes(np.frombuffer(raw + data, np.uint8)))
    chunk = Chunk(origin.name, 0, data)
    return Portion(chunk, len(raw), places=places, reasons=reasons, digest=digest)


def _sizes(lines: pl.Series) -> Offsets:
    return lines.str.len_bytes().cast(pl.Int64).to_numpy(writable=True)


def _starts(length: Offsets) -> Offsets:
    return np.cumsum(length + 1) - length - 1
