"""Several Parquet files as one: no value is read, and every reader has the same rows."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Mapping, Sequence
from functools import partial
from io import BytesIO, FileIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing.parametric import dataframes

from curate.errors import InputError
from curate.files import thrift_compact as thrift
from curate.files.few_values import MOST_VALUES, FewValues
from curate.files.parquet_columns import LeftOut
from curate.files.parquet_joined import Joined, write_all

TYPES = [
    pl.Boolean(), pl.Int8(), pl.Int64(), pl.UInt32(), pl.Float32(), pl.Float64(), pl.String(),
    pl.Enum(["clean", "bad"]), pl.List(pl.String()), pl.List(pl.Int16()),
    pl.Struct({"a": pl.Int64(), "b": pl.List(pl.Boolean())}),
]  # fmt: skip
FRAMES = dataframes(allowed_dtypes=TYPES, min_cols=1, max_cols=6, max_size=60)
ONE_FOLDER = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def stored(frame: pl.DataFrame, file: Path | FileIO | BytesIO, rows: int = 7) -> None:
    frame.write_parquet(file, compression="lz4", row_group_size=rows, data_page_size=64)


def join(paths: Sequence[Path], out: Path) -> None:
    def copied(path: Path, file: FileIO) -> None:
        with path.open("rb") as source:
            shutil.copyfileobj(source, file)

    with out.open("w+b", buffering=0) as file:
        joined = Joined(file)
        assert joined.is_empty
        for path in paths:
            joined.append(partial(copied, path), path)
            assert not joined.is_empty
        joined.finish()


def footer_of(content: bytes) -> bytes:
    length, magic = struct.unpack("<I4s", content[-8:])
    assert magic == b"PAR1" == content[:4]
    return content[-8 - length : -8]


def read_by_all(path: Path) -> list[str]:
    """The rows of a file as each library has them."""
    numbered = f"SELECT * FROM read_parquet('{path}', file_row_number=true)"
    rows: list[Any] = [
        pl.read_parquet(path).rows(),
        pl.scan_parquet(path).slice(5, 9).collect().rows(),
        duckdb.connect().execute(numbered).fetchall(),
    ]
    try:
        from pyarrow import parquet
    except ImportError:
        return list(map(repr, rows))
    return [*map(repr, rows), repr(parquet.read_table(path).to_pylist())]


@settings(max_examples=100, deadline=None)
@given(FRAMES)
def test_a_footer_is_written_again_to_the_same_bytes(frame: pl.DataFrame) -> None:
    file = BytesIO()
    stored(frame, file)
    content = footer_of(file.getvalue())
    fields, end = thrift.read(content, 0, thrift.STRUCT)
    out = bytearray()
    thrift.write(fields, thrift.STRUCT, out)
    assert (bytes(out), end) == (content, len(content))


INTEGERS = st.integers(-(2**63), 2**63 - 1)
VALUES: st.SearchStrategy[tuple[int, Any]] = st.deferred(
    lambda: st.one_of(
        st.tuples(
            st.sampled_from([thrift.I16, thrift.I32, thrift.I64]), st.integers(-(2**63), 2**63 - 1)
        ),
        st.tuples(st.just(thrift.BINARY), st.binary(max_size=200)),
        st.tuples(st.just(thrift.BYTE), st.binary(min_size=1, max_size=1)),
        st.tuples(st.just(thrift.DOUBLE), st.binary(min_size=8, max_size=8)),
        st.tuples(st.sampled_from([thrift.TRUE, thrift.FALSE]), st.none()),
        st.tuples(
            st.just(thrift.LIST),
            st.tuples(st.just(thrift.I32), st.lists(st.integers(-9, 9), max_size=20)),
        ),
        st.tuples(
            st.just(thrift.STRUCT),
            st.dictionaries(st.integers(-100, 20_000), VALUES, max_size=5),
        ),
    )
)


@given(st.dictionaries(st.integers(-100, 20_000), VALUES, max_size=8), st.data())
def test_any_struct_is_read_as_it_was_written(fields: thrift.Struct, data: st.DataObject) -> None:
    out = bytearray()
    thrift.write(fields, thrift.STRUCT, out)
    assert thrift.read(bytes(out), 0, thrift.STRUCT) == (fields, len(out))
    cut = data.draw(st.integers(0, len(out) - 1))
    with pytest.raises((IndexError, ValueError)):
        thrift.read(bytes(out[:cut]), 0, thrift.STRUCT)


@ONE_FOLDER
@given(FRAMES, st.lists(st.integers(0, 60), max_size=4))
def test_every_reader_has_the_rows_of_all_in_order(
    tmp_path: Path, frame: pl.DataFrame, cuts: list[int]
) -> None:
    bounds = [0, *sorted(cut for cut in cuts if cut < frame.height), frame.height]
    paths = []
    for at, (first, end) in enumerate(pairwise(bounds)):
        paths.append(tmp_path / f"{at}.parquet")
        stored(frame[first:end], paths[-1])
    whole, joined = tmp_path / "whole.parquet", tmp_path / "joined.parquet"
    stored(frame, whole)
    join(paths, joined)
    assert pl.read_parquet_schema(joined) == frame.schema
    assert read_by_all(joined) == read_by_all(whole)


def test_one_file_stays_as_it_is_and_several_leave_no_gaps(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": range(100), "b": [str(n % 7) for n in range(100)]})
    parts = [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    for at, path in enumerate(parts):
        stored(frame[50 * at : 50 * at + 50], path)
    join(parts[:1], tmp_path / "one.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == parts[0].read_bytes()
    join(parts, tmp_path / "two.parquet")
    content = (tmp_path / "two.parquet").read_bytes()
    fields, _ = thrift.read(footer_of(content), 0, thrift.STRUCT)
    groups = fields[4][1][1]
    chunks = [column[3][1] for group in groups for column in group[1][1][1]]
    assert [group[7][1] for group in groups] == list(range(16))
    at = 4
    for chunk in chunks:
        begin = min(chunk[number][1] for number in (9, 11) if number in chunk)
        assert begin - at in range(60), "only what Polars itself puts between two columns"
        at = begin + chunk[7][1]
    assert len(content) - len(footer_of(content)) - 8 - at in range(60), "no index of pages"


def written_by(folder: Path, how: str) -> Path:
    """A file that cannot follow one with the columns a and b by Polars."""
    path = folder / "other.parquet"
    frame = pl.DataFrame({"a": range(9), "b": ["x"] * 9})
    stored(frame, path)
    content = path.read_bytes()
    match how:
        case "cut short":
            path.write_bytes(content[:-30])
        case "empty":
            path.write_bytes(b"")
        case "no magic number":
            path.write_bytes(content[:-1] + b"2")
        case "length":
            path.write_bytes(content[:-8] + struct.pack("<I", len(content)) + b"PAR1")
        case "zeros":
            path.write_bytes(content[:-200] + bytes(192) + content[-8:])
        case "noise":
            path.write_bytes(content[:-200] + b"\xff" * 192 + content[-8:])
        case "other columns":
            stored(frame.rename({"b": "c"}), path)
        case "other type":
            stored(frame.with_columns(pl.col("a").cast(pl.Float64)), path)
        case "other writer":
            duckdb.sql(f"COPY (SELECT 1::BIGINT AS a, 'x' AS b) TO '{path}'")
    return path


class Slow(FileIO):
    """Takes seven bytes at a time, as a disk may that is almost full."""

    def write(self, content: Any) -> int:
        return super().write(bytes(content)[:7])


def test_all_is_written_where_a_file_takes_less_at_a_time(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": range(20)})
    parts = [BytesIO(), BytesIO()]
    stored(frame[:10], parts[0])
    stored(frame[10:], parts[1])
    with Slow(tmp_path / "slow.parquet", "w+b") as file:
        joined = Joined(file)
        for part in parts:
            joined.append(partial(write_all, content=part.getvalue()), Path("part"))
        joined.finish()
    assert pl.read_parquet(tmp_path / "slow.parquet").equals(frame)


def test_parts_of_two_versions_of_polars_are_one(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": range(20)})
    old, new = tmp_path / "old.parquet", tmp_path / "new.parquet"
    stored(frame[:10], old)
    stored(frame[10:], new)
    version = f"version {pl.__version__}".encode()
    old.write_bytes(old.read_bytes().replace(version, version[:-1] + b"x"))
    join([old, new], tmp_path / "both.parquet")
    assert pl.read_parquet(tmp_path / "both.parquet").equals(frame)


@pytest.mark.parametrize(
    "how",
    [
        "cut short", "empty", "no magic number", "length", "zeros", "noise", "other columns",
        "other type", "other writer",
    ],
)  # fmt: skip
@pytest.mark.parametrize("first", [False, True])
def test_what_cannot_be_joined_is_named(tmp_path: Path, how: str, first: bool) -> None:
    good = tmp_path / "good.parquet"
    stored(pl.DataFrame({"a": range(20), "b": ["x"] * 20}), good)
    other = written_by(tmp_path, how)
    foreign = how.startswith("other")
    with pytest.raises(InputError) as raised:
        join([other, good] if first else [good, other, good], tmp_path / "out.parquet")
    (fault,) = raised.value.faults
    assert fault.where == str(good if first and foreign else other)
    assert fault.hint == "remove it, and measure its part again"


WHOLE = pl.DataFrame({"a": range(20), "b": ["x"] * 20, "tags": [["y"]] * 20})


def few(values: Sequence[float | None], dtype: pl.DataType) -> FewValues:
    column = FewValues(dtype, len(values))
    column.rows = column.encode(pl.Series(values, dtype=dtype), MOST_VALUES)
    return column


def join_part(columns: Sequence[str], left_out: LeftOut, path: Path) -> None:
    """WHOLE, then these columns of it."""
    with path.open("w+b", buffering=0) as file:
        joined = Joined(file)
        joined.append(partial(stored, WHOLE), Path("whole"))
        joined.append(partial(stored, WHOLE.select(columns)), Path("part"), left_out)
        joined.finish()


@pytest.mark.parametrize(
    "left_out",
    [
        {"a": None},
        {"b": None},
        {"a": None, "b": None},
        {"b": ""},
        {"b": "x"},
        {"a": None, "b": "größer"},
        {"b": "y" * 1000},
    ],
)
def test_columns_that_a_file_leaves_out_are_constant(
    tmp_path: Path, left_out: Mapping[str, str | None]
) -> None:
    columns = [name for name in WHOLE.columns if name not in left_out]
    plain, path = tmp_path / "plain.parquet", tmp_path / "joined.parquet"
    join_part(columns, left_out, path)
    part = WHOLE.with_columns(
        pl.lit(value, WHOLE.schema[name]).alias(name) for name, value in left_out.items()
    )
    stored(pl.concat([WHOLE, part]), plain)
    assert read_by_all(path) == read_by_all(plain)
    for column in left_out:
        assert pl.read_parquet(path, columns=[column]).equals(
            pl.read_parquet(plain, columns=[column])
        )


@pytest.mark.parametrize(
    "values",
    [
        [7] * 20,
        [None] * 20,
        [7] * 19 + [None],
        [None] * 7 + [-1] * 13,
        [0, 1] * 10,
        [0, None, 2**63 - 1, -(2**63)] * 5,
        list(range(20)),
    ],
)
def test_numbers_that_a_file_leaves_out_are_those_of_their_rows(
    tmp_path: Path, values: list[int | None]
) -> None:
    """Its row groups have seven rows, seven and six."""
    plain, path = tmp_path / "plain.parquet", tmp_path / "joined.parquet"
    join_part(["b", "tags"], {"a": few(values, pl.Int64())}, path)
    part = WHOLE.with_columns(pl.Series("a", values, pl.Int64))
    stored(pl.concat([WHOLE, part]), plain)
    assert read_by_all(path) == read_by_all(plain)
    expected = [values[at : at + 7].count(None) for at in range(0, 20, 7)]
    assert nulls_of(path) == [0, 0, 0, *expected]


def nulls_of(path: Path) -> list[int]:
    """How many nulls the first column has in each row group, by the footer."""
    fields, _ = thrift.read(footer_of(path.read_bytes()), 0, thrift.STRUCT)
    return [group[1][1][1][0][3][1][12][1][3][1] for group in fields[4][1][1]]


@pytest.mark.parametrize(
    ("columns", "left_out"),
    [
        (["b", "tags"], {"a": few([1] * 20, pl.Int32())}),  # of four bytes
        (["b", "tags"], {"a": few([1] * 19, pl.Int64())}),  # too few rows
        (["a", "tags"], {"b": few([1] * 20, pl.Int64())}),  # text
        (["a", "b"], {"tags": None}),  # nested
        (["a", "b"], {"tags": "y"}),
        (["a", "b"], {"b": None}),  # there, and another one is not
        (["a", "tags"], {"c": None}),  # no column
        (["a", "b", "tags"], {"c": None}),
        (["b", "tags"], {"a": "1"}),  # no text
    ],
)
def test_no_other_columns_can_be_left_out(
    tmp_path: Path, columns: list[str], left_out: LeftOut
) -> None:
    with pytest.raises(InputError) as raised:
        join_part(columns, left_out, tmp_path / "joined.parquet")
    assert raised.value.faults[0].where == "part"
