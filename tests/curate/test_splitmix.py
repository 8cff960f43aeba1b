"""The order that samples and splits draw records in: fixed for ever."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curate.statistics.splitmix import GOLDEN, splitmix64

MASK = 2**64 - 1


def defined(key: int) -> int:
    """The end of splitmix64, as its authors define it."""
    key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    key = (key ^ (key >> 27)) * 0x94D049BB133111EB & MASK
    return key ^ (key >> 31)


@given(st.lists(st.integers(0, MASK), unique=True))
def test_keys_are_mixed_as_defined_and_none_meet(keys: list[int]) -> None:
    mixed = splitmix64(np.array(keys, np.uint64)).tolist()
    assert mixed == [defined(key) for key in keys]
    assert len({*mixed}) == len(keys)


def test_the_published_sequence_of_seed_0() -> None:
    states = np.array([GOLDEN * n & MASK for n in (1, 2, 3)], np.uint64)
    assert [hex(each) for each in splitmix64(states).tolist()] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]
