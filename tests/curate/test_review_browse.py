"""Pages and details of records, as the review session asks for them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curate.profiles.duck import open_records
from curate.reviews.browse import Browser, NoSuch, Query
from tests.curate.review_session import write_session


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_session(tmp_path_factory.mktemp("session"))


def paged(browser: Browser, query: Query, count: int) -> list[int]:
    rows: list[int] = []
    after = None
    while page := browser.page(query, after, count):
        rows += [row for _, row in page]
        after = page[-1]
    return rows


QUERIES = [
    Query(), Query(("bad",)), Query(("clean", "borderline")), Query(tag="bad:repetitions"),
    Query(fields=(("lang", "de"),)), Query(fields=(("speaker", ""),)), Query(sort="char_rate"),
    Query(sort="chars", down=False), Query(ranges=(("chars", 20, 30),), sort="chars"),
    Query(ranges=(("char_rate", None, 25),)), Query(fields=(("speaker", "s1"), ("lang", "en"))),
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize("count", [1, 4, 200])
def test_pages_are_the_whole_in_order(folder: Path, query: Query, count: int) -> None:
    table = pl.read_parquet(folder / "profile" / "records.parquet").with_row_index("row")
    matching = table.filter(_expected(query))
    if query.sort:
        matching = matching.sort(
            [query.sort, "row"], descending=[query.down, False], maintain_order=True
        )
    with open_records(folder / "profile" / "records.parquet") as records:
        browser = Browser(records)
        assert paged(browser, query, count) == matching["row"].to_list()
        assert browser.tally(query) == (matching.height, matching["duration_us"].sum())


def _expected(query: Query) -> list[pl.Expr]:
    verdict = pl.col("verdict").cast(pl.String)
    parts = [pl.lit(value=True)]
    parts += [verdict.is_in(list(query.verdicts))] if query.verdicts else []
    parts += [pl.col("tags").list.contains(query.tag)] if query.tag else []
    parts += [pl.col(k) == v if v else pl.col(k).is_null() for k, v in query.fields]
    for name, least, most in query.ranges:
        parts += [pl.col(name) >= least] if least is not None else []
        parts += [pl.col(name) <= most] if most is not None else []
    return [*parts, pl.col(query.sort).is_not_null()] if query.sort else parts


def test_details_come_in_the_order_asked_for(folder: Path) -> None:
    with open_records(folder / "profile" / "records.parquet") as records:
        browser = Browser(records)
        details = browser.details([5, 2, 999, 11], ["chars"])
        assert [(row["row"], row["line"]) for row in details] == [(5, 6), (2, 3), (11, 12)]
        with pytest.raises(NoSuch):
            browser.details([1], ["text; DROP"])
