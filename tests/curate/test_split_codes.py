"""Codes of values, groups of rows and shared texts against their plain definitions."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.splits.codes import CODED, combined, named
from curate.splits.groups import components
from curate.splits.pool import _shared_texts
from curate.splits.strata import number_strata

FEW = st.sampled_from([None, "a", "b", "", "ß", "a\0b"])
KEYS = st.sampled_from([None, 0, 1, 2, (1 << 64) - 1])
ROWS = st.lists(st.tuples(FEW, KEYS, st.sampled_from([None, 0.0, 1.5]), FEW), max_size=40)


def first_seen(values: Sequence[Hashable]) -> list[int]:
    """Each value as the number of distinct values before its first place."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(value, len(numbers)) for value in values]


def frame_of(rows: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    schema = {"text": CODED, "key": pl.UInt64(), "number": pl.Float64(), "plain": pl.String()}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


@given(ROWS)
def test_rows_with_equal_values_have_equal_numbers(rows: list[tuple[object, ...]]) -> None:
    frame = frame_of(rows)
    codes = combined(frame.get_columns(), frame.height)
    assert first_seen(codes.tolist()) == first_seen(frame.rows())
    assert set(codes.tolist()) == set(range(len(set(rows)))), "without gaps"


def test_sparse_numbers_have_no_gaps() -> None:
    values = pl.Series([5, 1 << 40, 5, None, -3])
    assert first_seen(combined([values], 5).tolist()) == [0, 1, 0, 2, 3]


@settings(deadline=None)
@given(ROWS)
def test_components_are_those_of_a_walk(rows: list[tuple[object, ...]]) -> None:
    columns = ("text", "key")
    frame = frame_of(rows)
    groups: list[set[int]] = []
    for row, values in enumerate(frame.select(columns).rows()):
        shared = [
            group
            for group in groups
            if any(
                value is not None and value == frame[name][other]
                for other in group
                for name, value in zip(columns, values, strict=True)
            )
        ]
        groups = [each for each in groups if each not in shared]
        groups.append({row}.union(*shared))
    expected = {
        row: number for number, group in enumerate(sorted(groups, key=min)) for row in group
    }
    assert components(frame, columns).tolist() == [expected[row] for row in range(len(rows))]


@given(st.lists(st.tuples(KEYS, st.integers(0, 3), st.integers(1, 9)), max_size=40))
def test_texts_of_several_groups_are_numbered(rows: list[tuple[int | None, int, int]]) -> None:
    keys = pl.Series([key for key, _, _ in rows], dtype=pl.UInt64)
    group, us = (np.array([row[at] for row in rows], np.int64) for at in (1, 2))
    texts, total = _shared_texts(keys, group, us)
    for row, (key, of, _) in enumerate(rows):
        alike = [other for other, (its, _, _) in enumerate(rows) if its == key]
        if key is None or all(group[other] == of for other in alike):
            assert texts[row] == -1
        else:
            assert {texts[other] for other in alike} == {texts[row]}
            assert total[texts[row]] == us[alike].sum()
    assert len({key for key, number in zip(keys, texts, strict=True) if number >= 0}) == total.size


@given(ROWS, st.lists(st.sampled_from(["pool", "train", "rejected"]), min_size=40, max_size=40))
def test_strata_are_values_of_usable_rows_in_order(
    rows: list[tuple[object, ...]], routes: list[str]
) -> None:
    columns = ["text", "number"]
    frame = frame_of(rows).with_columns(pl.Series("route", routes[: len(rows)], CODED))
    numbered, strata = number_strata(frame, columns)
    usable = frame.filter(pl.col("route").is_in(["pool", "train"])).select(columns).rows()
    expected = sorted(set(usable), key=lambda row: [(each is None, each or "") for each in row[:1]]
                      + [(row[1] is None, row[1] or 0.0)])  # fmt: skip
    assert strata.rows() == [(number, *values) for number, values in enumerate(expected)]
    places = {values: number for number, values in enumerate(expected)}
    assert numbered["stratum"].to_list() == [
        places.get(row) for row in frame.select(columns).rows()
    ]


@pytest.mark.parametrize("dtype", [np.int16, np.int64])
def test_names_of_codes(dtype: type[np.signedinteger]) -> None:
    series = named("split", [None, "train", "eval"], np.array([2, 0, 1, 2], dtype))
    assert series.to_list() == ["eval", None, "train", "eval"]
    assert series.dtype == CODED
