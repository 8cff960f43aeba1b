"""The rows that most validations decode have the strata of the whole set."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from train.data.rows import Row
from train.data.subset import choose_subset
from train.data.validation import padding_factor

LANGUAGES = ("de", "de", "de", "en")
"""Three quarters of the rows are German."""


def row(line: int, seconds: float = 2.0) -> Row:
    fields = {
        "duration": seconds + line % 7,
        "lang": LANGUAGES[line % 4],
        "speaker": f"s{line // 100}",
        "domain": "calls" if line % 10 else "read",
        "_curate": {"id": f"m:{line}", "tags": ["noisy"] if line % 5 == 0 else []},
    }
    return Row(Path("eval.jsonl"), line, "{}", fields)


ROWS = [row(line) for line in range(1, 1001)]  # a speaker after the other, as manifests are


def test_a_subset_has_the_strata_of_the_whole() -> None:
    subset = choose_subset(ROWS, 200, ("domain",), seed=0)
    assert len(subset.rows) == 200
    for part in subset.parts:
        assert part.rows == pytest.approx(part.of_rows / 5, abs=1)
        assert part.seconds == pytest.approx(part.of_seconds / 5, rel=0.35, abs=10)
    assert sum(part.of_rows for part in subset.parts) == len(ROWS)
    german_s = sum(each.duration_s for each in subset.rows if each.language == "de")
    whole_s = sum(each.duration_s for each in subset.rows)
    assert german_s / whole_s == pytest.approx(0.75, abs=0.03)


def test_every_speaker_has_a_turn() -> None:
    speakers = Counter(each.speaker for each in choose_subset(ROWS, 100, (), seed=0).rows)
    assert speakers.pop("s10") == 1  # the only row of that speaker
    assert (len(speakers), min(speakers.values()), max(speakers.values())) == (10, 9, 11)


def test_a_subset_depends_on_the_seed_and_not_on_the_order() -> None:
    first = [each.line for each in choose_subset(ROWS, 100, (), seed=0).rows]
    again = [each.line for each in choose_subset(ROWS[::-1], 100, (), seed=0).rows]
    other = [each.line for each in choose_subset(ROWS, 100, (), seed=1).rows]
    assert first == sorted(again)
    assert first != other


def test_a_set_that_is_small_enough_is_taken_whole() -> None:
    assert list(choose_subset(ROWS[:50], 64, (), seed=0).rows) == ROWS[:50]


def test_sorted_batches_have_little_padding() -> None:
    seconds = [each.duration_s for each in ROWS]
    in_order, by_length = padding_factor(seconds, 16), padding_factor(sorted(seconds), 16)
    assert in_order > 1.4
    assert by_length < 1.07
    assert padding_factor([], 16) == 1.0
