"""Values in Thrift's compact protocol, read and written without a schema.

Source: doc/specs/thrift-compact-protocol.md of apache/thrift; no maps, which Parquet has none of.
What was written in the protocol's shortest form, as all writers do, is written to the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET = range(1, 11)
STRUCT, UUID = 12, 13

Struct = dict[int, tuple[int, Any]]
"""Type and value by the number of the field, in the order written; true and false are types."""
List = tuple[int, list[Any]]
"""Type of the elements, and these; a set is the same."""
Change = Callable[[Any], Any]

_FIXED = {BYTE: 1, TRUE: 1, FALSE: 1, DOUBLE: 8, UUID: 16}
"""Bytes of the types that are kept as they are; true and false as elements of a list."""
_LONG = 15
"""Elements from which on the size of a list does not stand beside its type."""


def read(content: bytes, at: int, kind: int) -> tuple[Any, int]:
    """The value of this type that begins at `at`, and where it ends. IndexError or ValueError for
    what is not one.
    """
    if I16 <= kind <= I64:
        number, at = _unsigned(content, at)
        return number >> 1 ^ -(number & 1), at
    if kind == BINARY:
        size, at = _unsigned(content, at)
        return _taken(content, at, size)
    if kind == STRUCT:
        return read_struct(content, at)
    if kind in (LIST, SET):
        return _list(content, at)
    if kind not in _FIXED:
        raise ValueError(f"no type of a value in Thrift's compact protocol: {kind}")
    return _taken(content, at, _FIXED[kind])


def read_struct(
    content: bytes, at: int, change: Mapping[int, Change] | None = None
) -> tuple[Struct, int]:
    """The struct that begins at `at`, and where it ends. Of the lists in the fields of `change`,
    each element is changed as soon as it is read, so that a long one is not held.
    """
    fields: Struct = {}
    number = 0
    while header := content[at]:
        at += 1
        kind = header & 15
        if header > 15:
            number += header >> 4
        else:
            number, at = read(content, at, I16)
        value = None
        if change and number in change and kind in (LIST, SET):
            value, at = _list(content, at, change[number])
        elif kind > FALSE:
            value, at = read(content, at, kind)
        fields[number] = (kind, value)
    return fields, at + 1


def write(value: Any, kind: int, out: bytearray) -> None:
    """Append the bytes of a value of this type; a struct may be bytes already."""
    if I16 <= kind <= I64:
        write_unsigned(value << 1 ^ value >> 63, out)
    elif kind == BINARY:
        write_unsigned(len(value), out)
        out += value
    elif kind == STRUCT and not isinstance(value, bytes):
        _write_struct(value, out)
    elif kind in (LIST, SET):
        of, elements = value
        out.append(min(len(elements), _LONG) << 4 | of)
        if len(elements) >= _LONG:
            write_unsigned(len(elements), out)
        for element in elements:
            write(element, of, out)
    else:
        out += value


def write_unsigned(number: int, out: bytearray) -> None:
    """Append a number that is not negative, in seven bits a byte."""
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)


def _write_struct(fields: Struct, out: bytearray) -> None:
    before = 0
    for number, (kind, value) in fields.items():
        step = number - before
        before = number
        if 0 < step <= 15:
            out.append(step << 4 | kind)
        else:
            out.append(kind)
            write(number, I16, out)
        if I16 <= kind <= I64:  # most are: a call less
            write_unsigned(value << 1 ^ value >> 63, out)
        elif kind > FALSE:
            write(value, kind, out)
    out.append(0)


def _list(content: bytes, at: int, change: Change | None = None) -> tuple[List, int]:
    size, of = content[at] >> 4, content[at] & 15
    at += 1
    if size == _LONG:
        size, at = _unsigned(content, at)
    elements = []
    for _ in range(size):
        element, at = read(content, at, of)
        elements.append(change(element) if change else element)
    return (of, elements), at


def _unsigned(content: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while (byte := content[at]) > 127:
        number |= (byte & 127) << shift
        shift += 7
        at += 1
    return number | byte << shift, at + 1


def _taken(content: bytes, at: int, size: int) -> tuple[bytes, int]:
    end = at + size
    if end > len(content):
        raise ValueError("cut short")
    return content[at:end], end
