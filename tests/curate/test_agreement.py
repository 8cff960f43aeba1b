"""Agreement with a recogniser's text: equal to jiwer, pair by pair and over real manifests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.frames import Spans
from curate.metrics.agreement import agreement
from curate.text import align


def measured(pairs: Sequence[tuple[str, str]]) -> Mapping[str, list[Any]]:
    ours, others = [text for text, _ in pairs], [text for _, text in pairs]
    words = np.array([len(text.split()) for text in ours], np.int32)
    chars = np.array([len(text) for text in ours], np.int32)
    found = agreement(Spans.of(ours), Spans.of(others), words, chars)
    return {name: series.to_list() for name, series in found.items()}


def by_jiwer(text: str, other: str) -> Mapping[str, Any]:
    """The definition: jiwer on the words as they stand."""
    split = jiwer.Compose([jiwer.ReduceToListOfListOfWords()])
    if not text.split() or not other.split():
        n, m = len(text.split()), len(other.split())
        return {"word_edits": n + m, "insertions": m, "deletions": n, "run": n + m}
    # jiwer splits at single spaces; ours are what str.split() cuts
    text, other = " ".join(text.split()), " ".join(other.split())
    found = jiwer.process_words(text, other, split, split)
    longest = run = 0
    for chunk in found.alignments[0]:
        size = max(chunk.ref_end_idx - chunk.ref_start_idx, chunk.hyp_end_idx - chunk.hyp_start_idx)
        run = 0 if chunk.type == "equal" else run + size
        longest = max(longest, run)
    return {
        "word_edits": found.substitutions + found.deletions + found.insertions,
        "insertions": found.insertions,
        "deletions": found.deletions,
        "run": longest,
    }


WORDS = st.lists(st.sampled_from(["a", "b", "c", "A", "\u00e9", "\u4f60"]), max_size=9)
TEXTS = st.one_of(
    WORDS.map(" ".join), st.text(max_size=12), st.just("a\u3000b\u00a0 c\x1cd\u2028e")
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6), st.booleans())
@example([("a b c", "b c a"), ("a b", "a b"), ("", "x"), ("x", "")], False)
def test_pairs_equal_jiwer(pairs: list[tuple[str, str]], long: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if long:  # the way of pairs that outgrow the table
            patch.setattr(align, "LARGEST_TABLE", 1)
        found = measured(pairs)
    for row, (text, other) in enumerate(pairs):
        expected, words = by_jiwer(text, other), len(text.split())
        assert found["word_edits"][row] == expected["word_edits"]
        assert found["mismatch_run"][row] == expected["run"]
        rates = [expected[name] / words if words else None for name in ("insertions", "deletions")]
        assert [found["insertion_rate"][row], found["deletion_rate"][row]] == rates
        assert found["wer"][row] == (expected["word_edits"] / words if words else None)
        if text:
            assert found["cer"][row] == jiwer.cer(text, other, *[CHARACTERS] * 2)
            assert found["length_ratio"][row] == len(other) / len(text)
        else:
            assert (found["cer"][row], found["length_ratio"][row]) == (None, None)
            assert found["char_edits"][row] == len(other)


CHARACTERS = jiwer.Compose([jiwer.ReduceToListOfListOfChars()])

# A text, what was heard, the metric and its value.
CASES = [
    ("so good morning all", "good morning all", "edge_cer", 0.8),  # the head is cut
    ("abcdefghij", "abcdefgxyz", "edge_cer", 0.6),  # the tail is another
    ("good morning", "good mourning", "edge_cer", 0.0),  # the middle is not looked at
    ("a", "b", "edge_cer", 1.0),
    ("one two three", "one", "deletion_rate", 2 / 3),
    ("one", "one two three", "insertion_rate", 2.0),
    ("a b c d e", "a x y d z", "mismatch_run", 2),
    ("Thank you", "thank you", "word_edits", 1),  # as they stand
    ("abcd", "ab", "length_ratio", 0.5),
]


@pytest.mark.parametrize(("text", "heard", "metric", "value"), CASES)
def test_case(text: str, heard: str, metric: str, value: float) -> None:
    assert measured([(text, heard)])[metric] == [pytest.approx(value)]


def test_no_prediction_is_no_agreement() -> None:
    texts, none = Spans.of(["a b"]), Spans.of([""])
    none.length[:] = -1
    found = agreement(texts, none, np.array([2], np.int32), np.array([3], np.int32))
    assert {name for name, series in found.items() if series.to_list() == [None]} == set(found)


def test_real_pairs_equal_jiwer(real_data: Path) -> None:
    seen = 0
    for name in ("earnings21_dev", "whisper_aapb_dev"):
        lines = (real_data / "manifests" / f"{name}.jsonl").read_text().splitlines()[:2000]
        rows = [json.loads(line) for line in lines]
        pairs = [
            (row["text"], row["pred_text"]) for row in rows if row.get("pred_text") is not None
        ]
        found = measured(pairs)
        for row, (text, other) in enumerate(pairs):
            expected = by_jiwer(text, other)
            assert found["word_edits"][row] == expected["word_edits"], (text, other)
            assert found["mismatch_run"][row] == expected["run"], (text, other)
            words = len(text.split())
            if words:
                assert found["insertion_rate"][row] == expected["insertions"] / words
        seen += len(pairs)
    assert seen > 3000
