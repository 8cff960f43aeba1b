"""Columns of numbers that have few values, and the same in plain NumPy."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curate.files.few_values import MOST_VALUES, Coded, FewValues, can_have_few_values, packed

STORED: Mapping[pl.DataType, str] = {
    pl.Int8(): "i4", pl.Int16(): "i4", pl.Int32(): "i4", pl.Int64(): "i8", pl.UInt8(): "i4",
    pl.UInt16(): "i4", pl.UInt32(): "u4", pl.UInt64(): "u8", pl.Float32(): "f4",
    pl.Float64(): "f8",
}  # fmt: skip
"""Types, and how Parquet stores their values."""


def bits_of(values: pl.Series) -> list[int | None]:
    """The bits of each value as it is stored."""
    dtype = np.dtype(STORED[values.dtype])
    unsigned = np.dtype(f"u{dtype.itemsize}")
    return [
        None if value is None else int(np.array(value).astype(dtype).view(unsigned))
        for value in values
    ]


def plain_codes(bits: Sequence[int | None], most: int) -> tuple[list[int | None], list[int]]:
    """The number of each row's value, up to the first value too many, and the values."""
    values: list[int] = []
    codes: list[int | None] = []
    for each in bits:
        if each is not None and each not in values:
            if len(values) == most:
                break
            values.append(each)
        codes.append(None if each is None else values.index(each))
    return codes, values


def plain_packed(codes: Sequence[int], ranks: Sequence[int], width: int) -> bytes:
    bits = np.array([ranks[code] for code in codes], np.uint8)[:, None] >> np.arange(width) & 1
    filled = np.zeros((-(-len(codes) // 8) * 8, width), np.uint8)
    filled[: len(codes)] = bits
    return np.packbits(filled, bitorder="little").tobytes()


def rows_of(coded: Coded, rows: int) -> list[int | None]:
    """The bits of each row's value."""
    known = np.ones(rows, np.bool_) if coded.known is None else coded.known
    values = coded.values.tolist()
    if not values:
        return [None] * rows
    if coded.indexes is None:
        numbers = np.zeros(int(known.sum()), np.int64)
    else:
        assert coded.width == max(1, (len(values) - 1).bit_length())
        bits = np.unpackbits(coded.indexes, bitorder="little").reshape(-1, coded.width)
        numbers = bits[: known.sum()] @ (1 << np.arange(coded.width))
        assert not bits[known.sum() :].any()
    indexes = iter(numbers.tolist())
    return [values[next(indexes)] if each else None for each in known.tolist()]


@st.composite
def columns(draw: st.DrawFn) -> tuple[pl.Series, list[int], int]:
    """A column, where frames end, and how many values it may have."""
    dtype = draw(st.sampled_from(list(STORED)))
    if dtype.is_float():
        value: st.SearchStrategy[object] = st.floats(width=32 if dtype == pl.Float32 else 64)
    else:
        limits = np.iinfo(pl.Series(dtype=dtype).to_numpy().dtype)
        value = st.integers(limits.min, limits.max)
    some = draw(st.lists(value, min_size=1, max_size=12))
    choice = st.sampled_from([*some, None] if draw(st.booleans()) else some)
    rows = draw(st.lists(choice, max_size=90))
    ends = draw(st.lists(st.integers(0, len(rows)), max_size=4))
    return pl.Series(rows, dtype=dtype), [0, *sorted(ends), len(rows)], draw(st.integers(1, 12))


@given(columns(), st.data())
def test_rows_are_encoded_as_in_plain_python(
    given_column: tuple[pl.Series, list[int], int], data: st.DataObject
) -> None:
    values, bounds, most = given_column
    bits = bits_of(values)
    codes, distinct = plain_codes(bits, most)
    column = FewValues(values.dtype, len(values))
    for first, end in pairwise(bounds):
        taken = column.encode(values[first:end], most)
        column.rows += taken
        if taken < end - first:
            break
    assert column.rows == len(codes)
    assert column.size == len(distinct)
    first, end = sorted(data.draw(st.tuples(*[st.integers(0, column.rows)] * 2)))
    coded = column.coded(first, end)
    assert rows_of(coded, end - first) == bits[first:end]
    used = {each for each in bits[first:end] if each is not None}
    assert first == end or coded.values.tolist() == [each for each in distinct if each in used]


@given(st.lists(st.integers(0, 254), max_size=70), st.integers(1, 8))
@example([], 8)
def test_ranks_are_packed_as_by_numpy(codes: list[int], width: int) -> None:
    ranks = [(7 * code + 3) % (1 << width) for code in range(256)]
    result = packed(np.array(codes, np.uint8), np.array(ranks, np.uint8), width)
    assert result.tobytes() == plain_packed(codes, ranks, width)


@pytest.mark.parametrize("dtype", [pl.Int64(), pl.Int32(), pl.Float64(), pl.Float32()])
@pytest.mark.parametrize("step", [1, 1 << 16, 1 << 22])
def test_there_is_a_code_for_each_of_255_values(dtype: pl.DataType, step: int) -> None:
    numbers = [step * number for number in range(-128, 128)]
    values = pl.Series([None, *numbers, *reversed(numbers)]).cast(dtype)
    column = FewValues(dtype, len(values))
    assert column.encode(values, MOST_VALUES) == 1 + MOST_VALUES
    column.rows = 1 + MOST_VALUES
    assert column.size == MOST_VALUES
    assert rows_of(column.coded(0, column.rows), column.rows) == bits_of(values)[: column.rows]


def test_values_that_share_a_slot_are_kept_apart() -> None:
    """Multiples of the inverse of the hash's factor fill neighbouring slots from any one on."""
    inverse = pow(0x9E3779B97F4A7C15, -1, 1 << 64)
    clash = [(place << 54 | low) * inverse % (1 << 64) for place in (0, 1023) for low in range(100)]
    values = pl.Series([*clash, *reversed(clash), 0, *clash], dtype=pl.UInt64)
    column = FewValues(pl.UInt64(), len(values))
    assert column.encode(values, MOST_VALUES) == len(values)
    column.rows = len(values)
    assert rows_of(column.coded(0, column.rows), column.rows) == values.to_list()


def test_a_nan_with_other_bits_and_minus_zero_are_values() -> None:
    nan, other = (struct.unpack("<d", struct.pack("<Q", 0x7FF8 << 48 | end))[0] for end in (0, 1))
    values = pl.Series([0.0, -0.0, nan, other, -nan] * 2)
    column = FewValues(pl.Float64(), len(values))
    assert column.encode(values, MOST_VALUES) == len(values)
    assert column.size == 5


def test_only_numbers_can_have_few_values() -> None:
    assert all(map(can_have_few_values, STORED))
    others = [pl.Boolean(), pl.String(), pl.Date(), pl.Duration(), pl.List(pl.Int8()), pl.Int128()]
    assert not any(map(can_have_few_values, others))
