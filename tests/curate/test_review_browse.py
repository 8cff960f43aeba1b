"""Pages and details of records, as the review session requests them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curate.profiles.duck import open_records
from curate.reviews.browse import Browser
from curate.reviews.query import NoSuch, Query
from tests.curate.review_session import write_session


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_session(tmp_path_factory.mktemp("session"))


@pytest.fixture(scope="module")
def browser(folder: Path) -> Iterator[Browser]:
    table = folder / "profile" / "records.parquet"
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
    Query(sort="chars", down=False), Query(ranges=(("chars", 20, 30),), sort="chars"),
    Query(sort="speaker"), Query(sort="lang", down=False), Query(keys=()),
    Query(keys=(), other_keys=True), Query(ranges=(("char_rate", None, 25),)),
    Query(fields=(("speaker", "s1"), ("lang", "en"))),
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize("count", [1, 4, 200])
def test_pages_are_the_whole_in_order(
    folder: Path, browser: Browser, query: Query, count: int
) -> None:
    table = pl.read_parquet(folder / "profile" / "records.parquet").with_row_index("row")
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
    for name, least, most in query.ranges:
        parts += [pl.col(name) >= least] if least is not None else []
        parts += [pl.col(name) <= most] if most is not None else []
    return [*parts, pl.col(query.sort).is_not_null()] if query.sort else parts


def test_details_come_in_the_order_asked_for(browser: Browser) -> None:
    details = browser.details([5, 2, 999, 11], ["chars", "speaker"])
    assert [(row["row"], row["line"]) for row in details] == [(5, 6), (2, 3), (11, 12)]
    assert [row["speaker"] for row in details] == ["s2", "s2", "s2"]
    for name in ("text; DROP", "audio_key; --", "reason"):
        with pytest.raises(NoSuch):
            browser.details([1], [name])


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
