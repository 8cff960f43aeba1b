"""The largest strata of a records table, with the middle rate of each."""

from __future__ import annotations

from collections import defaultdict

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.artifacts.columns import VERDICT_TYPE
from curate.profiles.large_table import LargeTable
from curate.profiles.statistics.codes import codes_of
from curate.profiles.statistics.medians import MedianRates
from curate.rules.evaluate import groups

RATES = st.sampled_from([None, 0.0, 0.03, 0.031, 0.0625, 12.0, 12.01, 12.05, 900.0, 3e11, 4e11])
ROWS = st.lists(st.tuples(st.sampled_from([None, "a", "b", "c", "'"]), RATES), max_size=40)


UNSET = ("malformed", "override", "lang", "lang_code")


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_the_middle_rate_is_the_lower_one_of_two(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str | None, float | None]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "strata.parquet"
    values, rates = [value for value, _ in rows], [rate for _, rate in rows]
    pl.DataFrame(
        {
            "value": pl.Series(values, dtype=pl.String),
            "char_rate": pl.Series(rates, dtype=pl.Float64),
            "duration_us": pl.Series([1] * len(rows), dtype=pl.Int64),
            "verdict": pl.Series(["clean"] * len(rows), dtype=VERDICT_TYPE),
            "tags": pl.Series([[]] * len(rows), dtype=pl.List(pl.String)),
            **{name: pl.Series([None] * len(rows), dtype=pl.String) for name in UNSET},
        }
    ).write_parquet(path)
    strata = LargeTable(path).strata("value", 3)
    counted = MedianRates({"value": [row[0] for row in strata]})
    given = pl.Series(rates, dtype=pl.Float64).to_numpy()
    counted.count(
        "value", given, codes_of(pl.Series(values, dtype=pl.String), counted.strata["value"])
    )
    medians = counted.medians(path)["value"]
    rates_of = defaultdict(list)
    for value, rate in rows:
        rates_of[value].append(rate)
    largest = sorted(rates_of, key=lambda value: (-len(rates_of[value]), value is None, value))[:3]
    assert [row[0] for row in strata] == largest
    for value, count, *_ in strata:
        known = sorted(rate for rate in rates_of[value] if rate is not None)
        assert count == len(rates_of[value])
        assert medians.get(value) == (known[(len(known) - 1) // 2] if known else None)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=60), st.integers(1, 5))
def test_keys_of_many_rows_are_all_found(keys: list[int], least: int) -> None:
    table = pl.LazyFrame({"k": pl.Series(keys, dtype=pl.UInt64)})
    assert groups._keys_of_many(table, "k", least).to_list() == sorted(
        {key for key in keys if keys.count(key) >= least}
    )
