"""Shares of counts: what the loop divides equals Python's division, on any processor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.metrics.declare import share
from curate.native.wide import plain_loops

SHARES = [
    (1, 2, 0.5), (0, 3, 0.0), (3, 2, 1.5),
    (0, 0, None),  # nothing to divide by
    (2, 0, None),
    (2, -1, None),  # not applicable
    (-1, 2, None),
    (-1, 0, None),
]  # fmt: skip
COUNTS = st.integers(-3, 3) | st.integers(-(2**31), 2**31 - 1)


def shares(pairs: list[tuple[int, int]]) -> list[float | None]:
    part, whole = np.array(pairs, np.int32).reshape(-1, 2).T.copy()
    return share(part, whole).to_list()


@pytest.mark.parametrize(("part", "whole", "expected"), SHARES)
def test_share_of_a_row(part: int, whole: int, expected: float | None) -> None:
    assert shares([(part, whole)]) == [expected]
    assert shares([(1, 4)] * 40 + [(part, whole)]) == [0.25] * 40 + [expected]


@given(st.lists(st.tuples(COUNTS, COUNTS), max_size=40), st.booleans())
def test_shares_are_as_python_divides(pairs: list[tuple[int, int]], plain: bool) -> None:
    expected = [part / whole if whole > 0 and part >= 0 else None for part, whole in pairs]
    with plain_loops(plain):
        assert shares(pairs) == expected
