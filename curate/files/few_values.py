"""Columns of numbers that have few values: a byte for each row, and what these bytes stand for.

Values are the same where their bits are: -0.0 is not 0.0, and NaN with other bits is another value.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from curate.arrays import Bools, Bytes, Int16s, Int64s, UInt32s, UInt64s, Word
from curate.native import held, kernel

NULL = 255
"""The code of a row without a value."""
MOST_VALUES = NULL
"""Of a column: there is a code for each."""
SLOTS = 1024
"""Of the table that finds a value's code: four times as many as there are values, so that few
values meet in one.
"""
_SPARE = 8
"""Bytes that the loop may write behind the last ones."""
_WIDE = (pl.Int64(), pl.UInt64(), pl.Float64())
_NARROW = (
    pl.Int8(), pl.Int16(), pl.Int32(), pl.UInt8(), pl.UInt16(), pl.UInt32(), pl.Float32(),
)  # fmt: skip
_NO_NULLS: Bools = np.zeros(0, np.bool_)
_NO_CODES: Bytes = np.zeros(0, np.uint8)
_NO_VALUES: UInt64s = np.zeros(0, np.uint64)


class Dictionary(NamedTuple):
    """Bits of values in the order of their codes, how many they are, and a table of both: a slot
    has a code, or -1, and `keys` the bits of its value.
    """

    values: UInt64s
    size: Int64s
    keys: UInt64s
    slots: Int16s


class Coded(NamedTuple):
    """Some rows of a column."""

    values: UInt32s | UInt64s
    """The bits of each value that is in one of them."""
    indexes: Bytes | None
    """Of the rows that have a value, its place among these, in `width` bits each, the first lowest;
    whole groups of eight. None where there are not two values.
    """
    width: int
    known: Bools | None
    """Which rows have a value; None where all have, or none."""


def can_have_few_values(dtype: pl.DataType) -> bool:
    """Whether a column of this type can be one of few values."""
    return dtype in _WIDE or dtype in _NARROW


class FewValues:
    """The values of a column in successive rows, which are at most MOST_VALUES and null."""

    def __init__(self, dtype: pl.DataType, most_rows: int) -> None:
        self.is_wide = dtype in _WIDE
        """Whether a value has eight bytes, not four."""
        self.rows = 0
        """How many there are; whoever adds them counts them."""
        self._most_rows = most_rows
        self._same: int | None = None
        """The code of all rows, as long as they have the same one."""
        self._codes: Bytes | None = None
        """The code of each row, otherwise."""
        self._dictionary: Dictionary | None = None

    @property
    def size(self) -> int:
        """How many values there are; null is none."""
        return int(self._dictionary.size[0]) if self._dictionary else 0

    def encode(self, values: pl.Series, most: int) -> int:
        """Encode rows behind the `rows` that there are. Returns how many: those before the first
        one whose value would be one more than `most`, from 1 to MOST_VALUES.
        """
        rows, nulls = len(values), values.null_count()
        if nulls == rows:
            if rows and not self._all_have(NULL):
                self._next_codes(rows)[:] = NULL
            return rows
        bits = self._bits(values.drop_nulls() if nulls else values)
        encode = _encode_wide if self.is_wide else _encode_narrow
        if not self._dictionary:
            self._dictionary = _new_dictionary()
            encode(bits[:1], _NO_NULLS, 1, self._dictionary, np.zeros(1, np.uint8))
        if not nulls and self._all_have(0):
            is_all = _all_wide if self.is_wide else _all_narrow
            if is_all(bits, self._dictionary.values[0]):
                return rows
        mask = values.is_null().to_numpy() if nulls else _NO_NULLS
        return encode(bits, mask, most, self._dictionary, self._next_codes(rows))

    def _bits(self, values: pl.Series) -> Any:
        numbers = values.to_numpy()
        if self.is_wide:
            return numbers.view(np.uint64)
        if numbers.itemsize < np.dtype(np.uint32).itemsize:
            numbers = numbers.astype(np.int32)
        return numbers.view(np.uint32)

    def _all_have(self, code: int) -> bool:
        """Whether all rows so far have this code."""
        if self._same is None and self._codes is None:
            self._same = code
        return self._same == code

    def _next_codes(self, rows: int) -> Bytes:
        """Where the codes of the next rows belong."""
        if self._codes is None:
            self._codes = np.empty(self._most_rows, np.uint8)
            if self._same is not None:
                self._codes[: self.rows] = self._same
                self._same = None
        return self._codes[self.rows : self.rows + rows]

    def coded(self, first: int, end: int) -> Coded:
        """The rows from `first` to before `end`."""
        used = np.zeros(NULL + 1, np.bool_)
        if self._same is not None:
            used[self._same] = True
        codes = self._codes[first:end] if self._codes is not None else _NO_CODES
        _used(codes, used)
        values = self._dictionary.values[used[:MOST_VALUES]] if self._dictionary else _NO_VALUES
        known = codes != NULL if values.size and used[NULL] else None
        width, indexes = 1, None
        if values.size > 1:
            width = int(values.size - 1).bit_length()
            ranks = (np.cumsum(used) - 1).astype(np.uint8)
            indexes = packed(codes if known is None else codes[known], ranks, width)
        return Coded(values if self.is_wide else values.astype(np.uint32), indexes, width, known)


def _new_dictionary() -> Dictionary:
    dictionary = Dictionary(
        np.zeros(MOST_VALUES, np.uint64),
        np.zeros(1, np.int64),
        np.empty(SLOTS, np.uint64),
        np.empty(SLOTS, np.int16),
    )
    _clear(dictionary)
    return held(dictionary)


def packed(codes: Bytes, ranks: Bytes, width: int) -> Bytes:
    """The rank of each code, below 2 to the power of `width`, in so many bits (1 to 8), the first
    one lowest; whole groups of eight, the last one filled up with 0.
    """
    size = -(-codes.size // 8) * width
    into = np.empty(size + _SPARE, np.uint8)
    _pack(codes, ranks, width, into)
    return into[:size]


@kernel("few_values")
def _clear(of: Dictionary) -> None:
    raise NotImplementedError


@kernel("few_values")
def _all_wide(values: UInt64s, value: Word) -> bool:
    raise NotImplementedError


@kernel("few_values")
def _all_narrow(values: UInt32s, value: Word) -> bool:
    raise NotImplementedError


@kernel("few_values")
def _encode_wide(values: UInt64s, nulls: Bools, most: int, of: Dictionary, codes: Bytes) -> int:
    raise NotImplementedError


@kernel("few_values")
def _encode_narrow(values: UInt32s, nulls: Bools, most: int, of: Dictionary, codes: Bytes) -> int:
    raise NotImplementedError


@kernel("few_values")
def _used(codes: Bytes, used: Bools) -> None:
    raise NotImplementedError


@kernel("few_values")
def _pack(codes: Bytes, ranks: Bytes, width: int, packed: Bytes) -> None:
    raise NotImplementedError
