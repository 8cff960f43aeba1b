"""A records table answers alike in memory and where it is, and its size says which one answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.artifacts.columns import VERDICT_TYPE
from curate.artifacts.verdicts import VERDICTS
from curate.profiles.large_table import LargeTable
from curate.profiles.records_table import IN_MEMORY, RecordsTable, open_table
from curate.profiles.rows import rows_in_memory, scan
from curate.profiles.small_table import SmallTable
from curate.rules.evaluate.groups import VALUE

SCHEMA: dict[str, Any] = {
    "source": pl.String(),
    "line": pl.Int64(),
    "byte_offset": pl.Int64(),
    "byte_length": pl.Int64(),
    "malformed": pl.String(),
    "lang": pl.String(),
    "lang_code": pl.String(),
    "speaker": pl.String(),
    "override": pl.String(),
    "duration_us": pl.Int64(),
    "char_rate": pl.Float64(),
    "words": pl.Int32(),
    "wer": pl.Float64(),
    "verdict": VERDICT_TYPE,
    "tags": pl.List(pl.String()),
}
VALUES = st.sampled_from([None, "", "a", "b", "'", '"', "é", "\U0001f600", "￿"])
RATES = st.sampled_from([None, 0.0, 0.03, 0.031, 0.0625, 12.0, 12.01, 12.05, 900.0, 3e11])
TAGS = st.lists(st.sampled_from(["bad:fast", "bad:é", "borderline:fast", "unknown:a"]), max_size=3)
KINDS = st.sampled_from(["not JSON (at 3)", "not JSON (at 9)", "no text", "a (b) (c)"])
ROWS = st.lists(
    st.tuples(
        st.sampled_from(VERDICTS),
        st.tuples(st.sampled_from(["m.jsonl", "n.jsonl"]), st.integers(1, 99)),
        st.tuples(VALUES, VALUES, st.sampled_from([None, None, "drop"])),
        st.one_of(st.none(), st.integers(0, 9).map(lambda n: n * 15_000_000)),
        st.tuples(RATES, st.one_of(st.none(), st.integers(0, 9)), RATES),
        TAGS,
        KINDS,
    ),
    max_size=40,
)
FIELDS = ["us", "rows", "sound", "bad", "clean", "len", "value", "group", "n", "a b", 'a"b']
"""Fields of a manifest that are named as what is counted beside them, or as no SQL is."""
COLUMNS = ["lang", "speaker"]


def _write(path: Path, rows: list[Any]) -> None:
    columns = []
    for at, (verdict, place, values, us, numbers, tags, kind) in enumerate(rows):
        malformed = kind if verdict == "malformed" else None
        lang, *others = values
        row = (*place, at * 100, 99, malformed, lang, lang, *others, us, *numbers, verdict, tags)
        columns.append(row)
    pl.DataFrame(columns, schema=SCHEMA, orient="row").with_columns(
        pl.col("speaker").alias(name) for name in FIELDS
    ).write_parquet(path)


SHARES = {"bad": 0.2, "borderline": 0.5}


def _answers(table: RecordsTable, rows: int, columns: Sequence[str] = COLUMNS) -> list[object]:
    """The answer to every question, in the order in which it comes."""
    numbers = [*range(0, rows, 3), *range(0, rows, 2)]
    return [
        list(table.by_verdict().items()),
        sorted(table.by_tags()),
        list(table.wer_by_tag().items()),
        table.malformed_kinds(),
        table.known(["char_rate", "words", "wer"]),
        list(table.rows(numbers).items()),
        *(sorted(table.values(numbers, names).items()) for names in ([], ["words", "char_rate"])),
        *(table.sizes(name).sort(VALUE).rows(named=True) for name in columns),
        *(table.largest(name, most) for name in columns for most in (2, 50)),
        *(table.distinct(name) for name in columns),
        *(table.losses(name, least, SHARES) for name in columns for least in (0, 60_000_000)),
        *(table.worst_groups(name, least, 3) for name in columns for least in (0, 60_000_000)),
        list(table.coverage(columns).items()),
        *(table.strata(name, most) for name in columns for most in (3, 50)),
    ]


@settings(max_examples=50)
@given(ROWS)
def test_both_give_the_same_answers(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "both.parquet"
    _write(path, rows)
    assert _answers(SmallTable.read(path), len(rows)) == _answers(LargeTable(path), len(rows))


def test_fields_may_be_named_as_what_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "both.parquet"
    names, numbers = ("en", "a", None), (12.0, 2, 0.5)
    row = ("bad", ("m.jsonl", 1), names, 90_000_000, numbers, ["bad:fast"], "no text")
    _write(path, [row, ("clean", *row[1:])])
    answers = _answers(SmallTable.read(path), 2, FIELDS)
    assert answers == _answers(LargeTable(path), 2, FIELDS)


@pytest.mark.parametrize(("length", "kind"), [(1, SmallTable), (IN_MEMORY, LargeTable)])
def test_a_small_table_is_read_whole(length: int, kind: type[RecordsTable], tmp_path: Path) -> None:
    path = tmp_path / "records.parquet"
    text = pl.Series("source", [str(n) * (length // 1000 + 1) for n in range(1000)])
    table = pl.DataFrame(schema=SCHEMA).clear(1000).with_columns(text)
    table.write_parquet(path, compression="uncompressed")
    assert type(open_table(path)) is kind


def test_rows_in_memory_are_those_of_the_file_now(tmp_path: Path) -> None:
    path = tmp_path / "records.parquet"

    def put(value: str) -> None:
        beside = tmp_path / "beside"
        pl.DataFrame({"source": [value]}).write_parquet(beside)
        beside.replace(path)

    with rows_in_memory(path):
        for value in ("a", "b", "c"):
            put(value)
            assert [scan(path).collect().item() for _ in range(2)] == [value] * 2
        plan = scan(path)
        assert "DF" in plan.explain()
    assert "SCAN" in scan(path).explain()
    assert plan.collect().item() == "c"
