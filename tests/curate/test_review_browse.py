"""Pages and details of records, as the review session requests them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import curate
from curate.errors import InputError
from curate.profiles.duck import open_records
from curate.reviews.assignment import read_assignment
from curate.reviews.browse import Browser, _first
from curate.reviews.query import NoSuch, Query, Range
from tests.curate.review_session import record
from tests.lines import lines_of


@pytest.fixture(scope="module")
def browser(review_folder: Path) -> Iterator[Browser]:
    table = review_folder / "profile" / "records.parquet"
    with open_records(table) as records:
        yield Browser(table, records)


def paged(browser: Browser, query: Query, count: int) -> list[int]:
    rows: list[int] = []
    after = None
    matching = browser.of(query)
    while page := browser.page(query, matching, after, count):
        rows += [row for _, row in page]
        after = page[-1]
    return rows


QUERIES = [
    Query(), Query(("bad",)), Query(("clean", "borderline")), Query(tag="bad:repetitions"),
    Query(fields=(("lang", "de"),)), Query(fields=(("speaker", ""),)), Query(sort="char_rate"),
    Query(sort="chars", down=False), Query(ranges=(Range("chars", 20, 30),), sort="chars"),
    Query(sort="speaker"), Query(sort="lang", down=False), Query(keys=()),
    Query(keys=(), other_keys=True), Query(ranges=(Range("char_rate", None, 25),)),
    Query(fields=(("speaker", "s1"), ("lang", "en"))),
    *(Query(ranges=(Range("chars", 22, 24, ends),)) for ends in ("[)", "(]", "()")),
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize("count", [1, 4, 200])
def test_pages_are_the_whole_in_order(
    review_folder: Path, browser: Browser, query: Query, count: int
) -> None:
    table = pl.read_parquet(review_folder / "profile" / "records.parquet").with_row_index("row")
    matching = table.filter(_expected(query))
    if query.sort:
        matching = matching.sort(
            [query.sort, "row"], descending=[query.down, False], maintain_order=True
        )
    assert paged(browser, query, count) == matching["row"].to_list()
    tally = browser.tally(browser.of(query))
    assert tally == (matching.height, matching["duration_us"].sum())


def _expected(query: Query) -> list[pl.Expr]:
    verdict = pl.col("verdict").cast(pl.String)
    parts = [pl.lit(value=True)]
    parts += [verdict.is_in(list(query.verdicts))] if query.verdicts else []
    parts += [pl.col("tags").list.contains(query.tag)] if query.tag else []
    parts += [pl.col(k) == v if v else pl.col(k).is_null() for k, v in query.fields]
    parts += [pl.lit(value=query.other_keys)] if query.keys is not None else []
    for name, least, most, ends in query.ranges:
        column = pl.col(name)
        if least is not None:
            parts += [column >= least if ends[0] == "[" else column > least]
        if most is not None:
            parts += [column <= most if ends[1] == "]" else column < most]
    return [*parts, pl.col(query.sort).is_not_null()] if query.sort else parts


def test_details_come_in_the_order_asked_for(browser: Browser) -> None:
    details = browser.details([5, 2, 999, 11], ["chars", "speaker"])
    assert [(row["row"], row["line"]) for row in details] == [(5, 6), (2, 3), (11, 12)]
    assert [row["speaker"] for row in details] == ["s2", "s2", "s2"]
    for name in ("text; DROP", "audio_key; --", "reason"):
        with pytest.raises(NoSuch):
            browser.details([1], [name])


def test_records_are_filtered_by_the_split_they_are_in(tmp_path: Path) -> None:
    rows = [record(at, duration=3.0, text=f"words and number {at} in a row") for at in range(30)]
    named = [{"audio_filepath": f"{at}.wav", "speaker": f"s{at}"} for at in range(30)]
    lines = [json.dumps({**row, **named[at]}) for at, row in enumerate(rows)]
    (tmp_path / "m.jsonl").write_text("\n".join([*lines, "{broken"]), encoding="utf-8")
    curate.profile(tmp_path / "m.jsonl", out=(profile := tmp_path / "profile"))
    curate.split(profile, tmp_path / "split", sizes={"eval": "6s", "test": "6s"})
    with open_records(profile / "records.parquet") as records:
        assignment = read_assignment(tmp_path / "split", profile)
        browser = Browser(profile / "records.parquet", records, assignment)
        parts = {name: browser.of(Query(split=name)).tolist() for name in browser.splits()}
        assert {name: len(part) for name, part in parts.items()} == dict(browser.splits())
        assert sorted(row for part in parts.values() for row in part) == list(range(31))
        assert browser.details([parts["eval"][0]])[0]["split"] == "eval"
        written = lines_of((tmp_path / "split" / "eval.jsonl").read_text(encoding="utf-8"))
        assert [json.loads(line)["offset"] for line in written] == parts["eval"]


def test_a_split_of_another_profile_is_refused(
    review_folder: Path, browser: Browser, tmp_path: Path
) -> None:
    with pytest.raises(NoSuch, match="no split is open"):
        browser.of(Query(split="eval"))
    with pytest.raises(InputError, match="is not a lock that curate split wrote"):
        read_assignment(tmp_path, review_folder / "profile")
    lock = pl.read_parquet(review_folder / "profile" / "records.parquet").with_columns(
        pl.lit("train").alias("split"), pl.col("text_key") + 1
    )
    lock.write_parquet(tmp_path / "splits.lock.parquet")
    with pytest.raises(InputError, match="is not a split of"):
        read_assignment(tmp_path, review_folder / "profile")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("down", [True, False])
def test_pages_of_values_with_many_ties(tmp_path: Path, seed: int, *, down: bool) -> None:
    values = np.random.default_rng(seed).integers(0, 3, 500).astype(np.float64)
    table = pl.DataFrame({"words": values, "duration_us": np.full(500, 10)})
    table.write_parquet(tmp_path / "records.parquet")
    with open_records(tmp_path / "records.parquet") as records:
        browser = Browser(tmp_path / "records.parquet", records)
        expected = sorted(range(500), key=lambda row: (-values[row] if down else values[row], row))
        assert paged(browser, Query(sort="words", down=down), 7) == expected


@pytest.mark.parametrize("rows", [1, 50, 51, 1_000, 70_000, 200_000])
@pytest.mark.parametrize("of", ["different", "five values", "one value", "ascending"])
@pytest.mark.parametrize("down", [True, False])
def test_the_first_of_many_values_are_those_of_a_full_sort(
    rows: int, of: str, *, down: bool
) -> None:
    drawn = np.random.default_rng(rows)
    values = {
        "different": drawn.normal(size=rows),
        "five values": drawn.integers(0, 5, rows).astype(np.float64),
        "one value": np.ones(rows),
        "ascending": np.sort(drawn.normal(size=rows)),
    }[of]
    expected = np.argsort(-values if down else values, kind="stable")[:50]
    assert _first(values, 50, down=down).tolist() == expected.tolist()
