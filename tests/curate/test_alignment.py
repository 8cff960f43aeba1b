"""How two texts differ, as pages and the review app draw it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jiwer import process_words

from curate.formatting.alignment import MOST_UNITS, Edit, align, units_of

WORDS = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=9)
TEXTS = st.text(st.sampled_from("ab .B猫犬"), max_size=12)


@given(WORDS, WORDS)
def test_the_edits_are_those_that_an_error_rate_counts(words: list[str], others: list[str]) -> None:
    chunks = process_words(" ".join(words), " ".join(others)).alignments[0]
    names = {"substitute": "replace"}
    assert [(edit.what, list(edit.text), list(edit.other)) for edit in align(words, others)] == [
        (
            names.get(chunk.type, chunk.type),
            words[chunk.ref_start_idx : chunk.ref_end_idx],
            others[chunk.hyp_start_idx : chunk.hyp_end_idx],
        )
        for chunk in chunks
    ]


@given(TEXTS, TEXTS, st.booleans())
def test_both_texts_are_whole_in_their_alignment(text: str, other: str, exact: bool) -> None:
    units, others, between = units_of(text, other)
    edits = align(units, others, exact=exact)
    assert between.join(unit for edit in edits for unit in edit.text) == between.join(units)
    assert between.join(unit for edit in edits for unit in edit.other) == between.join(others)


@pytest.mark.parametrize(
    ("text", "other", "exact", "edits"),
    [
        ("So it is.", "so it is", True, ["replace", "equal", "replace"]),
        ("So it is.", "so it is", False, ["equal"]),
        ("今日は良い天気です", "今日は悪い天気です", True, ["equal", "replace", "equal"]),
    ],
)
def test_what_differs(text: str, other: str, exact: bool, edits: list[str]) -> None:
    units, others, _ = units_of(text, other)
    assert [edit.what for edit in align(units, others, exact=exact)] == edits


def test_a_text_of_thousands_of_words_is_aligned_as_a_whole() -> None:
    long = ["w"] * (MOST_UNITS + 1)
    assert align(long, ["w"]) == [Edit("replace", tuple(long), ("w",))]
