"""Leakage by DataSAIL's definition: from sums of vectors as from all pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.splits import similarity
from curate.splits.similarity import leakage
from tests.curate.splitting import placed, rows_of, split

SIDES = st.lists(
    st.lists(st.frozensets(st.integers(0, 9), min_size=1), max_size=5), min_size=2, max_size=4
)


def by_all_pairs(sides: Sequence[Sequence[frozenset[object]]]) -> float | None:
    """The definition: cosines of all pairs in different sides, over those of all pairs."""
    texts = [(number, text) for number, side in enumerate(sides) for text in side]
    between = whole = 0.0
    for (one, a), (other, b) in combinations(texts, 2):
        cosine = len(a & b) / math.sqrt(len(a) * len(b))
        whole += cosine
        between += cosine if one != other else 0.0
    return between / whole if whole else None


@given(SIDES)
def test_the_sum_of_vectors_is_that_of_all_pairs(sides: list[list[frozenset[object]]]) -> None:
    sets = [
        [np.array(sorted(map(int, map(str, text))), np.uint64) for text in side] for side in sides
    ]
    expected, got = by_all_pairs(sides), leakage(sets, [len(side) for side in sides])
    if expected is None or got is None:
        assert not expected
        assert got is None or got == pytest.approx(0, abs=1e-9)
    else:
        assert got == pytest.approx(expected, abs=1e-9)


def test_a_split_is_compared_with_a_random_one(tmp_path: Path) -> None:
    """What the certificate states is what the lines that were written give, all pairs counted."""
    rows = rows_of({f"s{n}": 5 for n in range(40)})
    for number, row in enumerate(rows):  # sentences with the words of their speaker's half
        half = "cold windy rainy morning" if number < 100 else "sugar butter flour oven"
        row["text"] = f"{half} {row['text']}"
    certificate = split(tmp_path / "a", rows, {"eval": "100s", "test": "150s"})
    where = placed(tmp_path / "a")
    sides = [
        [
            frozenset(str(row["text"])[at : at + 5] for at in range(len(str(row["text"])) - 4))
            for row in rows
            if where[str(row["audio_filepath"])] == name
        ]
        for name in ("train", "eval", "test")
    ]
    stated = certificate["text_similarity"]
    assert stated["compared"] == {
        name: len(side) for name, side in zip(("train", "eval", "test"), sides, strict=True)
    }
    assert stated["between_splits"] == pytest.approx(by_all_pairs(sides), abs=1e-6)
    counts = [len(side) for side in sides]
    pairs = math.comb(sum(counts), 2)
    apart = sum(one * other for one, other in combinations(counts, 2))
    assert stated["of_random_split"] == pytest.approx(apart / pairs, abs=1e-6)


def test_a_sample_stands_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of({f"s{n}": 5 for n in range(80)})
    for number, row in enumerate(rows):
        row["text"] = f"line {number % 7} of the same {number % 11} words {row['text']}"
    rows.append({"audio_filepath": "nothing.wav"})  # malformed: it has no keys
    sizes = {"eval": "150s", "test": "150s"}
    whole = split(tmp_path / "a", rows, sizes)["text_similarity"]
    monkeypatch.setattr(similarity, "SAMPLE", 30)
    sampled = split(tmp_path / "b", rows, sizes)["text_similarity"]
    assert sampled["compared"] == {"train": 30, "eval": 30, "test": 30}
    assert whole["compared"]["train"] > 300
    assert sampled["between_splits"] == pytest.approx(whole["between_splits"], abs=0.02)


def test_one_split_has_nothing_to_leak_to(tmp_path: Path) -> None:
    assert "text_similarity" not in split(tmp_path / "a", rows_of({"a": 3, "b": 3}), {})


@given(st.lists(st.integers(0, 5), min_size=1), st.data())
def test_records_are_drawn_by_their_keys_and_the_first_of_equals(
    keys: list[int], data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, len(keys)))
    by_key = sorted(range(len(keys)), key=keys.__getitem__)
    assert similarity._least(np.array(keys, np.uint64), count).tolist() == by_key[:count]
