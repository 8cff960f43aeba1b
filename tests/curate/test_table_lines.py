"""Tables encoded by columns: each line is the one that its row gives, read by itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.manifest import columnar, table_rows
from curate.manifest.cells import BLANK, OTHER, Dialect, cut_cells
from curate.manifest.cells import PLAIN as PLAIN_ROW
from curate.manifest.chunks import read_chunks
from curate.manifest.columnar import PARQUET
from curate.manifest.origin import Origin, Portion, canonical, convert_lines
from curate.manifest.origins import find_origins
from curate.manifest.strict import Malformed
from curate.manifest.table_lines import encode_rows
from curate.manifest.table_rows import ConvertLine
from curate.manifest.tables import TABLE, columns_of, record_of_row

NAMES = (
    "path", "audio_filepath", "text", "Sentence", "duration", "DURATION", "duration_ms", "offset",
    "start_ms", "end", "lang", "locale", "speaker", "id", "snr", "text_before", 'we"ird\n', "",
)  # fmt: skip
NUMBERS = (
    "0", "-0", "3", "007", "12345678901234567", "1.5", "1.50", "01.5", "0.0", "0.00001", "1e3",
    " 2.5", "2.5 ", "+1.5", "-1.5", ".5", "5.", "1_0", "1.0000000000000000001", "0.1" * 9, "nan",
    "inf", "1,5", "01:02.5", "2.5 s", "\u0663", "\u0663.\u0663", "1\n", "9" * 400 + ".5", "16666",
)  # fmt: skip
TEXTS = ("", " ", "a", 'said "no"', "back\\slash", "\x00\x1f\x7f", "a\u2028b\u2029c\x85", "\ufeff",
         "null", "\U0001f600\u0301", "\r\n\t", "{}")  # fmt: skip
texts = st.one_of(st.sampled_from(NUMBERS), st.sampled_from(TEXTS), st.text(max_size=6))
floats = st.one_of(
    st.floats(), st.sampled_from((0.1, 1e-4, 9.999e-5, 1e16, -0.0, 4e-5, 1e15 + 0.5))
)
VALUES: tuple[tuple[Any, st.SearchStrategy[Any]], ...] = (
    (pl.String, texts),
    (pl.String, texts),
    (pl.String, st.sampled_from(("1.25", "2", "a"))),
    (pl.Float64, floats),
    (pl.Float32, st.floats(width=32)),
    (pl.Int64, st.integers(-(2**63), 2**63 - 1)),
    (pl.UInt64, st.integers(0, 2**64 - 1)),
    (pl.Int8, st.integers(-9, 9)),
    (pl.Boolean, st.booleans()),
    (pl.Null, st.none()),
    (pl.List(pl.Float64), st.lists(floats, max_size=2)),
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[pl.DataFrame, Mapping[str, str]]:
    """A table, and which column each field of it has."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=7, unique=True))
    rows = draw(st.integers(1, 4))
    frame = {}
    for name in names:
        dtype, values = draw(st.sampled_from(VALUES))
        cells = draw(st.lists(st.none() | values, min_size=rows, max_size=rows))
        frame[name] = pl.Series(cells, dtype=dtype)
    fields = st.sampled_from(("text", "duration", "offset", "speaker", "channel"))
    mapped = draw(st.dictionaries(fields, st.sampled_from(names), max_size=2))
    return pl.DataFrame(frame), columns_of(names, mapped)


def line_of_row(row: Mapping[str, object], columns: Mapping[str, str]) -> str | None:
    """The line of a row by itself; None where it is no record."""
    try:
        finite = {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in row.items()
        }
        return canonical(record_of_row(finite, columns)).decode()
    except Malformed:
        return None


@settings(max_examples=150, deadline=None)
@given(tables())
def test_a_line_is_that_of_its_row(table: tuple[pl.DataFrame, Mapping[str, str]]) -> None:
    frame, columns = table
    lines = encode_rows(frame, columns).to_list()
    assert len(lines) == frame.height
    for line, row in zip(lines, frame.iter_rows(named=True), strict=True):
        assert line is None or line == line_of_row(row, columns)


# cells of one row, which is plain
PLAIN: list[dict[str, object]] = [
    {"path": "a.wav", "sentence": 'a "b" \u2028 \t', "duration": "1.50", "speaker": "", "id": "7"},
    {"path": "a.wav", "text": None, "duration": 1.5, "offset": 0, "snr": math.nan, "ok": True},
    {"path": "a.wav", "text": "", "duration_ms": "1500", "start": "0", "lang": "de", "x": ""},
    {"path": "a.wav", "text": "a", "duration_ms": 1500, "start_ms": 0.0, "Text": "b", "gone": None},
    {"path": "a.wav", "text": "a", "duration": "", "end": "3"},
]


@pytest.mark.parametrize("row", PLAIN)
def test_plain_rows_are_encoded(row: Mapping[str, object]) -> None:
    columns = columns_of(list(row))
    (line,) = encode_rows(pl.DataFrame([row]), columns).to_list()
    assert line is not None
    assert line == line_of_row(row, columns)


MIXED = pl.DataFrame(
    {
        "path": ["a.wav", "", None, "d.wav", "e.wav", "f.wav"],
        "text": ["a", "b", "c", None, 'e "e"', "\u2028"],
        "duration": [1.0, 2.0, 3.0, 4.0, math.inf, 1e-5],
        "snr": [math.nan, 1e20, None, -0.0, 2.0, 3.5],
    }
)


def test_a_table_is_read_as_its_rows_are(tmp_path: Path) -> None:
    """Rows that are not plain stand between those that are, each in its place."""
    MIXED.write_parquet(tmp_path / "t.parquet")
    by_columns = portions(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columnar, "encode_rows", lambda rows, _: rows["text"].clear(rows.height))
        by_rows = portions(tmp_path)
    assert [row for each in by_columns for row in each.reasons] == [4]
    assert list(map(seen, by_columns)) == list(map(seen, by_rows))


def portions(folder: Path) -> list[Portion]:
    (origin,) = find_origins(str(folder / "t.parquet"))
    return list(PARQUET.read(origin))


def seen(portion: Portion) -> tuple[object, ...]:
    """All that a portion says."""
    places = portion.places
    assert places is not None
    numbers = (places.line, places.byte_offset, places.byte_length, places.start, places.length)
    totals = portion.bytes, portion.blank_lines, portion.blank_bytes, portion.digest
    return portion.chunk.data, [each.tolist() for each in numbers], portion.reasons, totals


HEADER = "path,text,duration,speaker"
PIECES = (
    "a.wav", "b", "1.5", "1.50", "2", "s1", ",", ",", ",", "\n", "\n", "\r\n", '"', '""',
    '"b, c"', '"x ""y"" z"', '"over\ntwo"', " ", "\t", "\r", "\x00", "\x1f", "\x1e", "\u2028",
    "\ufeff", "\udcff",
    "a.wav,a b,1.5,s\n", 'b.wav,"a ""b""",2,\n', "c.wav,,3.0,s\r\n", "d.wav,x,1\n", "\n\n",
    'e,"f\n',
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.sampled_from(("yes", "no")),
    st.sampled_from((12, 60, 1 << 20)),
    st.sampled_from((2, 4, 1000)),
)
def test_a_csv_is_read_as_its_rows_are(
    tmp_path_factory: pytest.TempPathFactory, body: str, quoted: str, size: int, longest: int
) -> None:
    """Whatever stands in it, wherever chunks end, after however many lines a quote is given up."""
    path = tmp_path_factory.getbasetemp() / "t.csv"
    path.write_bytes(f"{HEADER}\n{body}".encode(errors="surrogateescape"))
    origin = Origin(str(path), "table", {"delimiter": (",",), "quoted": (quoted,)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_rows, "PORTION_BYTES", size)
        patch.setattr(table_rows, "LONGEST_CELL_LINES", longest)
        by_columns = list(TABLE.read(origin))
        patch.setattr(table_rows, "_rows_by_columns", row_by_row)
        by_rows = list(TABLE.read(origin))
    assert joined(by_columns) == joined(by_rows)


def row_by_row(
    origin: Origin,
    _chunks: object,
    dialect: Dialect,
    _columns: object,
    convert: ConvertLine,
    skipped: int,
) -> Iterator[Portion]:
    """The portions of a table none of whose rows is taken for plain."""
    if not dialect.quoted:
        return convert_lines(origin, convert, skipped)
    return table_rows._quoted_rows(origin, read_chunks(origin.name), convert, skipped)


def joined(portions: Sequence[Portion]) -> tuple[object, ...]:
    """All that portions say together: the two ways cut them at other places."""
    places = [each.places for each in portions if each.places is not None]
    assert len(places) == len(portions)
    rows = [
        row
        for each in places
        for row in zip(each.line, each.byte_offset, each.byte_length, each.length, strict=True)
    ]
    before = [0, *accumulate(each.line.size for each in places)]
    reasons = {
        first + row: reason
        for first, each in zip(before, portions, strict=False)
        for row, reason in each.reasons.items()
    }
    totals = [
        sum(getattr(each, name) for each in portions)
        for name in ("bytes", "blank_lines", "blank_bytes")
    ]
    return b"".join(each.chunk.data for each in portions), rows, reasons, totals


def test_plain_rows_of_a_csv_are_cut() -> None:
    data = b'a.wav,"x, ""y""\nz",1.5,\r\n\n b , c ,2,s\nshort\nopen,"'
    cut = cut_cells(data, Dialect(",", True, HEADER.split(","), 1000))
    assert cut.kind.tolist() == [PLAIN_ROW, BLANK, PLAIN_ROW, OTHER]
    assert cut.cells.rows() == [("a.wav", 'x, "y"\nz', "1.5", ""), (" b ", " c ", "2", "s")]
    assert (cut.lines.tolist(), data[cut.used :]) == ([2, 1, 1, 1], b'open,"')
