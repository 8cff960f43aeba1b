"""Texts as numbers: the same whether they are few, and compared one by one, or many."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.artifacts.text_codes import text_codes

FEW = st.lists(st.sampled_from([None, "", "a", "ab", "a text of many characters"]))
MANY = st.lists(st.none() | st.integers(0, 40).map(str), min_size=200, max_size=400)


@given(FEW | MANY)
@pytest.mark.parametrize("sorted_first", [False, True])
def test_every_row_has_the_number_of_its_text(
    sorted_first: bool, rows: Sequence[str | None]
) -> None:
    if sorted_first:  # then the first rows show few texts, whatever comes later
        rows = sorted(rows, key=lambda text: text or "")
    texts, codes = text_codes(pl.Series(rows, dtype=pl.String))
    assert sorted(texts) == sorted({text for text in rows if text is not None})
    assert [[*texts, None][code] for code in codes.tolist()] == rows
