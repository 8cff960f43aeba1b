"""Rows of a table as NeMo lines, a column at a time.

A line is byte for byte what `record_of_row` and `canonical` make of its row, which are slower by
far. They keep the rows that hold anything that is not plain: a number in another spelling than
Python's own, an infinite one, a segment's end, lists and structs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from curate.manifest.chunks import Chunk
from curate.manifest.mapping import BEFORE
from curate.manifest.origin import Item, Offsets, Origin, Places, Portion, line_of
from curate.manifest.segment_times import is_milliseconds
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
    members: list[_Member] = []
    plain = pl.Series([True]).new_from_index(0, rows.height)
    fields = [*zip(keys, names, [False] * len(keys), strict=True)]
    for key, name, is_field in (*fields, *((field, name, True) for field, name in columns.items())):
        encoded = _encoded(rows[name], key if is_field else None)
        if encoded is None:
            return none
        value, is_plain, is_quoted = encoded
        plain &= is_plain
        members.append(_Member(json.dumps(key, ensure_ascii=False), value, is_quoted))
    if not members:
        return none
    lines = _lines(members)
    return lines if plain.all() else lines.set(~plain, None)


class _Member(NamedTuple):
    """A key as JSON, and by row the value, null where the record has none; `is_quoted`: it stands
    between quotation marks.
    """

    key: str
    value: pl.Series
    is_quoted: bool


def _lines(members: Sequence[_Member]) -> pl.Series:
    """The objects of these members, in one pass over all columns: what stands between two values is
    one literal. A member that some rows lack brings its own comma.
    """
    always = (at for at, member in enumerate(members) if not member.value.null_count())
    anchor = next(always, None)
    if anchor is None:
        return _joined(members)
    parts: list[pl.Expr] = []
    between = "{"
    for at, (key, value, is_quoted) in enumerate(members):
        mark = '"' if is_quoted else ""
        begin = f"{', ' if at > anchor else ''}{key}: {mark}"
        end = f"{mark}{', ' if at < anchor else ''}"
        if value.null_count():
            member = pl.concat_str(pl.lit(begin), pl.lit(value), pl.lit(end))
            parts += [pl.lit(between), member.fill_null("")]
            between = ""
        else:
            parts += [pl.lit(between + begin), pl.lit(value)]
            between = end
    return pl.select(pl.concat_str(*parts, pl.lit(between + "}"))).to_series()


def _joined(members: Sequence[_Member]) -> pl.Series:
    """The same where every member is missing in some row."""
    marks = ['"' if member.is_quoted else "" for member in members]
    pairs = [
        pl.concat_str(pl.lit(f"{key}: {mark}"), pl.lit(value), pl.lit(mark))
        for (key, value, _), mark in zip(members, marks, strict=True)
    ]
    body = pl.concat_str(pairs, separator=", ", ignore_nulls=True)
    return pl.select(pl.concat_str(pl.lit("{"), body, pl.lit("}"))).to_series()


_Encoded = tuple[pl.Series, pl.Series | bool, bool]
"""The JSON of each value, null where the record has none; whether the value is plain; and whether
it is the inside of a string, to be put between quotation marks.
"""


def _encoded(values: pl.Series, field: str | None) -> _Encoded | None:
    """A column's values, those of a field where it is one; None where they are not plain."""
    if field in ("duration", "offset"):
        number = _seconds(values)
    elif values.dtype == pl.String:
        return _string(values, field)
    else:
        number = _number(values)
    if number is None:
        return None
    text, is_plain = number
    return text.fill_null("null") if field == "text" else text, is_plain, False


def _string(values: pl.Series, field: str | None) -> _Encoded:
    """The inside of strings. Empty ones are left out but for the audio and the text; a text that is
    null is written, unlike the null of any other field.
    """
    escaped = values
    if values.str.contains(_SPECIAL).any():
        escaped = values.str.replace_many(_ESCAPES)
    if field in (None, "lang", "speaker"):
        is_empty = values == ""
        return escaped.set(is_empty, None) if is_empty.any() else escaped, True, True
    if field == "text" and values.null_count():
        return ('"' + escaped + '"').fill_null("null"), True, False
    return escaped, True, True


_Number = tuple[pl.Series, pl.Series | bool]
"""The text of each number, null where there is none; and whether it is plain."""


def _number(values: pl.Series) -> _Number | None:
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


def _seconds(values: pl.Series) -> _Number | None:
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


def _seconds_of_text(values: pl.Series, in_milliseconds: bool) -> _Number:
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
    places = places._replace(start=_starts(length), length=length)
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
