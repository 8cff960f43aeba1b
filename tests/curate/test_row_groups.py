"""Row groups of a records table end where the sources say, however the rows come."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby, pairwise
from pathlib import Path
from random import Random

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.files import thrift_compact as thrift
from curate.files.few_values import FewValues
from curate.profiles.measure import row_groups
from curate.profiles.measure.few_valued_columns import Limits, without_few_valued_columns
from curate.profiles.measure.row_groups import Rows, Stored, of_sources, write_table
from curate.profiles.whole_input import duplicate_counts
from tests.curate.test_parquet_joined import footer_of, read_by_all

LARGE, MOST = 5, 8
FIVE = Limits(5, 16, 3, 4)
COLUMNS = {"row": pl.Int64(), "text": pl.String()}
SOME = [
    pl.Series([value], dtype=dtype)
    for value, dtype in [
        (True, pl.Boolean()), (-3, pl.Int8()), (7, pl.Int16()), (-9, pl.Int32()), (1, pl.UInt64()),
        (0.5, pl.Float32()), (0.25, pl.Float64()), ("a", pl.String()), ("bad", pl.Enum(["bad"])),
        (["a"], pl.List(pl.String())), ({"a": 1}, pl.Struct({"a": pl.Int64()})),
    ]
]  # fmt: skip
"""A value of each type."""


@pytest.fixture(autouse=True)
def small_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_groups, "LARGE", LARGE)
    monkeypatch.setattr(row_groups, "RUN", 2 * MOST)
    monkeypatch.setattr(row_groups, "VALUES", (3, 4))
    monkeypatch.setattr(duplicate_counts, "ROW_GROUP", MOST)


def frame_of(first: int, end: int) -> pl.DataFrame:
    texts = [str(row % 3) for row in range(first, end)]
    return pl.DataFrame({"row": range(first, end), "text": texts}, schema=COLUMNS)


def sizes_of(path: Path) -> list[int]:
    """Rows of each row group."""
    fields, _ = thrift.read(footer_of(path.read_bytes()), 0, thrift.STRUCT)
    return [group[3][1] for group in fields[4][1][1]]


def expected_sizes(sources: Sequence[int]) -> list[int]:
    """By the definition: each large source alone, runs of small ones together."""
    runs = []
    for is_large, some in groupby(sources, lambda rows: rows >= LARGE):
        rows = list(some)
        runs += rows if is_large else [sum(rows)]
    return [min(MOST, run - at) for run in runs for at in range(0, run, MOST)]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([3], [3]),
        ([5], [5]),
        ([20], [8, 8, 4]),
        ([2, 2], [4]),  # small ones together
        ([4] * 5, [8, 8, 4]),
        ([4, 5, 4], [4, 5, 4]),
        ([9, 9], [8, 1, 8, 1]),
        ([0, 9, 0, 0, 2, 0, 3, 16, 0], [8, 1, 5, 8, 8]),  # none of no rows
    ],
)
def test_a_large_source_has_its_own(
    tmp_path: Path, sources: Sequence[int], expected: Sequence[int]
) -> None:
    assert expected_sizes(sources) == expected
    named = [(str(at), rows) for at, rows in enumerate(sources)]
    path = tmp_path / "records.parquet"
    write_table(of_sources([frame_of(0, sum(sources))], named), COLUMNS, path)
    assert sizes_of(path) == expected


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.integers(0, 25), min_size=1, max_size=9),
    st.lists(st.integers(0, 130), max_size=9),
    st.data(),
)
def test_the_bytes_are_the_same_however_rows_come(
    tmp_path: Path, sources: list[int], cuts: list[int], data: st.DataObject
) -> None:
    table = frame_of(0, sum(sources))
    mixed = written_both_ways(tmp_path, table, sources, cuts, data)
    assert pl.read_parquet(mixed).equals(table)
    if table.height:
        assert sizes_of(mixed) == expected_sizes(sources)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.integers(0, 25), min_size=1, max_size=5),
    st.lists(st.integers(0, 70), max_size=9),
    st.lists(
        st.tuples(
            st.sampled_from(SOME),
            st.sets(st.integers(0, 70), max_size=2) | st.just(frozenset(range(70))),
        ),
        max_size=8,
    ),
    st.data(),
)
def test_columns_without_values_are_read_as_any_writer_stores_them(
    tmp_path: Path,
    sources: list[int],
    cuts: list[int],
    filled: list[tuple[pl.Series, set[int]]],
    data: st.DataObject,
) -> None:
    rows = sum(sources)
    table = frame_of(0, rows)[:, :1].with_columns(
        pl.Series(
            f"c{at}", [value[0] if row in where else None for row in range(rows)], value.dtype
        )
        for at, (value, where) in enumerate(filled)
    )
    mixed, plain = written_both_ways(tmp_path, table, sources, cuts, data), tmp_path / "plain"
    table.write_parquet(plain)
    assert pl.read_parquet_schema(mixed) == table.schema
    assert read_by_all(mixed) == read_by_all(plain)
    for name in table.columns:
        null = pl.scan_parquet(mixed).filter(pl.col(name).is_null())
        assert null.collect(engine="streaming").equals(table.filter(pl.col(name).is_null()))


OTHER_NAN = struct.unpack("<d", bytes.fromhex("010000000000f87f"))[0]
NUMBERS: Sequence[tuple[pl.DataType, Sequence[object]]] = [
    (pl.Int8(), [-128, -1, 0, 127, None]), (pl.Int16(), [-(2**15), 7, None]),
    (pl.Int32(), [-(2**31), 2**31 - 1, 0, 5]), (pl.Int64(), [-(2**63), 2**63 - 1, 0, None]),
    (pl.UInt8(), [0, 255, None]), (pl.UInt16(), [2**16 - 1, 1]), (pl.UInt32(), [2**32 - 1, 2**31]),
    (pl.UInt64(), [2**64 - 1, 2**63, 0, None]), (pl.Float32(), [0.0, -0.0, float("nan"), None]),
    (pl.Float64(), [0.0, -0.0, float("nan"), OTHER_NAN, 0.1, None]), (pl.Int32(), range(9)),
]  # fmt: skip
"""Types, and values of a column; of some, there are too many sooner or later."""


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=4),
    st.lists(st.integers(0, 90), max_size=9),
    st.lists(st.sampled_from(NUMBERS), max_size=4),
    st.randoms(use_true_random=False),
    st.data(),
)
def test_numbers_of_few_values_are_read_as_any_writer_stores_them(
    tmp_path: Path,
    sources: list[int],
    cuts: list[int],
    columns: list[tuple[pl.DataType, Sequence[object]]],
    rng: Random,
    data: st.DataObject,
) -> None:
    rows = sum(sources)
    table = frame_of(0, rows).with_columns(
        pl.Series(f"c{at}", drawn(values, rows, rng), dtype)
        for at, (dtype, values) in enumerate(columns)
    )
    mixed, plain = written_both_ways(tmp_path, table, sources, cuts, data), tmp_path / "plain"
    table.write_parquet(plain)
    assert pl.read_parquet_schema(mixed) == table.schema
    assert bits_of(pl.read_parquet(mixed)) == bits_of(table)
    assert read_by_all(mixed) == read_by_all(plain)
    for name in [name for name in table.columns if name != "text"]:
        for condition in (pl.col(name).is_null(), pl.col(name) > 0, pl.col(name) != 0):
            some = pl.scan_parquet(mixed).filter(condition).collect(engine="streaming")
            assert bits_of(some) == bits_of(table.filter(condition))


def bits_of(table: pl.DataFrame) -> list[tuple[object, ...]]:
    """Rows, of floats their bits: NaN is not itself, and -0.0 is 0.0."""
    whole: dict[pl.DataType, pl.DataType] = {pl.Float32(): pl.UInt32(), pl.Float64(): pl.UInt64()}
    return table.with_columns(
        pl.col(name).reinterpret(dtype=whole[dtype])
        for name, dtype in table.schema.items()
        if dtype in whole
    ).rows()


def drawn(values: Sequence[object], rows: int, rng: Random) -> list[object]:
    """Values in random order, of which some are rare."""
    return [values[int(len(values) * rng.random() ** 3)] for _ in range(rows)]


def written_both_ways(
    tmp_path: Path, table: pl.DataFrame, sources: list[int], cuts: list[int], data: st.DataObject
) -> Path:
    """Where a table is that is written as a stream, and in pieces, to the same bytes."""
    columns, total = table.schema, table.height
    named = [(str(at), rows) for at, rows in enumerate(sources)]
    bounds = [0, *sorted(cut for cut in cuts if cut < total), total]
    frames = [table[first:end] for first, end in pairwise(bounds)]
    streamed, mixed = tmp_path / "streamed", tmp_path / "mixed"
    write_table(of_sources(frames, named), columns, streamed)
    copied = data.draw(st.sets(st.integers(0, len(sources) - 1)))
    pieces: list[Rows | Stored] = []
    for at, (first, end) in enumerate(pairwise([0, *accumulate(sources)])):
        rows = Rows(table[first:end], [(str(at), end - first)])
        if at in copied and row_groups.is_large(end - first):
            path = tmp_path / f"{at}.parquet"
            write_table([rows], columns, path)
            pieces.append(Stored(path))
        else:
            pieces.append(rows)
    write_table(pieces, columns, mixed)
    assert streamed.read_bytes() == mixed.read_bytes()
    return mixed


def test_a_table_of_no_rows_has_its_columns(tmp_path: Path) -> None:
    write_table([], COLUMNS, tmp_path / "none")
    assert pl.read_parquet(tmp_path / "none").equals(frame_of(0, 0))


def test_what_goes_wrong_while_rows_come_is_raised(tmp_path: Path) -> None:
    def rows() -> Iterator[Rows]:
        yield Rows(frame_of(0, 3), [("a", 3)])
        raise RuntimeError("no more")

    with pytest.raises(Exception, match="no more"):
        write_table(rows(), COLUMNS, tmp_path / "half")


@pytest.mark.parametrize(
    ("filled", "left_out"),
    [
        ([], [(20, "abc")]),
        ([(0, "a")], [(20, "bc")]),
        ([(4, "a"), (5, "b")], [(5, "bc"), (15, "c")]),  # within the first rows, and just behind
        ([(9, "a"), (13, "c")], [(9, "abc"), (11, "b")]),  # looked for in as many rows again
        ([(9, "a"), (14, "c")], [(9, "abc"), (5, "bc"), (6, "b")]),
        ([(19, "abc")], [(19, "abc"), (1, "")]),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 20])
def test_a_run_ends_before_the_first_value(
    filled: list[tuple[int, str]], left_out: list[tuple[int, str]], size: int
) -> None:
    table = frame_of(0, 20).select(
        "row",
        *(
            pl.Series(name, [True if row in at else None for row in range(20)], pl.Boolean)
            for name in "abc"
            for at in [{row for row, names in filled if name in names}]
        ),
        tags=pl.lit(None, pl.List(pl.String)),
    )
    frames = [table[at : at + size] for at in range(0, 20, size)]
    runs = []
    for names, run in without_few_valued_columns(frames, table.schema, FIVE):
        rows = pl.concat(run)
        runs.append((rows.height, "".join(sorted(names))))
        assert rows.columns == [name for name in table.columns if name not in names]
        assert set(names.values()) <= {None}
    assert runs == left_out
    for names, run in without_few_valued_columns(frames, table.schema, Limits(21, 42, 3, 4)):
        assert not names
        assert pl.concat(run).equals(table)


@pytest.mark.parametrize(
    ("texts", "left_out"),
    [
        ("xxxxxxxxxxxx", [(12, "x")]),
        ("xxxxxxxyyyyy", [(7, "x"), (5, "y")]),
        ("xxxxxxxyyyyx", [(7, "x"), (5, None)]),  # not as many rows again
        ("xxxxxxyyzzzz", [(6, "x"), (6, None)]),
        ("xxxxyxxxxxxx", [(12, None)]),  # within the first rows
        ("xxxxxxx-----", [(7, "x"), (5, "-")]),
        ("-----xxxxxxx", [(5, "-"), (7, "x")]),
        ("xxxxxxxxxxx-", [(11, "x"), (1, "-")]),
        ("            ", [(12, "")]),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 12])
@pytest.mark.parametrize("before", ["", "longer than what a view has inline"])
def test_a_run_ends_before_another_text(
    texts: str, left_out: list[tuple[int, str | None]], size: int, before: str
) -> None:
    """Here, - is null."""
    values = [None if text == "-" else before + text.strip() for text in texts]
    table = pl.DataFrame({"text": values, "row": range(12)}, schema_overrides={"text": pl.String})
    runs = []
    frames = (table[at : at + size] for at in range(0, 12, size))
    for constants, run in without_few_valued_columns(frames, table.schema, FIVE):
        rows = pl.concat(run)
        runs.append((rows.height, constants))
        assert "text" in rows.columns or "text" in constants
    expected = [
        (rows, {} if text is None else {"text": None if text == "-" else before + text})
        for rows, text in left_out
    ]
    assert runs == expected


@pytest.mark.parametrize(
    ("numbers", "left_out"),
    [
        ("0000000000", [(10, True)]),
        ("0012001200", [(10, True)]),
        ("0120033312", [(10, True)]),  # one more than in the first rows
        ("0120033401", [(7, True), (3, True)]),  # as many in all as may be
        ("0123401234", [(10, False)]),  # too many in the first rows
        ("0123-12345", [(10, False)]),
        ("012--3-456", [(7, True), (3, True)]),  # null is no value
        ("-----0-1-2", [(5, True), (5, True)]),
        ("-----34567", [(5, True), (5, False)]),
        ("0000012345", [(8, True), (2, True)]),
        ("0000012345678", [(8, True), (5, False)]),  # decided anew
        ("0123" * 9, [(36, False)]),
        ("012-" * 9, [(16, True), (16, True), (4, True)]),  # no more rows are held
        ("012-" * 8, [(16, True), (16, True)]),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 40])
def test_a_run_ends_before_a_value_too_many(
    numbers: str, left_out: list[tuple[int, bool]], size: int
) -> None:
    """Here, - is null."""
    values = [None if each == "-" else int(each) for each in numbers]
    table = pl.DataFrame({"few": values, "row": range(len(values))})
    frames = [table[at : at + size] for at in range(0, table.height, size)]
    runs = []
    for columns, run in without_few_valued_columns(frames, table.schema, FIVE):
        rows = pl.concat(run)
        column = columns.get("few")
        runs.append((rows.height, "few" in columns))
        assert "few" not in rows.columns or not columns
        assert not isinstance(column, FewValues) or column.rows == rows.height
    assert runs == left_out


def test_long_texts_and_one_column_are_not_left_out() -> None:
    long = pl.DataFrame({"none": [None] * 6, "long": ["x" * 1025] * 6, "text": ["x"] * 6})
    alike = pl.DataFrame({"text": ["x"] * 6, "more": ["x"] * 6})
    for table, left_out in ((long, "text"), (alike, "more")):
        runs = [
            (constants, pl.concat(run).columns)
            for constants, run in without_few_valued_columns([table], table.schema, FIVE)
        ]
        others = [name for name in table.columns if name != left_out]
        assert runs == [({left_out: "x"}, others)]


def test_no_more_is_held_than_the_first_rows_of_a_run() -> None:
    made = 0

    def frames() -> Iterator[pl.DataFrame]:
        nonlocal made
        for at in range(0, 100, 2):
            made = at + 2
            yield frame_of(at, made).with_columns(none=pl.lit(None, pl.Int8))

    given = 0
    for _, run in without_few_valued_columns(frames(), COLUMNS | {"none": pl.Int8()}, FIVE):
        for frame in run:
            given += frame.height
            assert made <= max(6, given)
    assert given == 100
