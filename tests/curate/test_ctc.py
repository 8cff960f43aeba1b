"""The best path of a text's tokens through a CTC model's frames, held to its definition."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.arrays import Int32s
from curate.text.ctc import BLANK, best_path


def collapse(labels: tuple[int, ...], blank: int) -> list[int]:
    """What a sequence of frame labels spells: repeats are one, then blanks go."""
    return [label for label, _ in groupby(labels) if label != blank]


def best_score(log_probs: np.ndarray, blank: int, tokens: list[int]) -> float | None:
    """The greatest sum over all label sequences that spell the tokens; None where none does."""
    frames, vocabulary = log_probs.shape
    scores = [
        sum(float(log_probs[frame, label]) for frame, label in enumerate(labels))
        for labels in product(range(vocabulary), repeat=frames)
        if collapse(labels, blank) == tokens
    ]
    return max(scores, default=None)


@st.composite
def alignments(draw: st.DrawFn) -> tuple[np.ndarray, int, list[int]]:
    vocabulary, frames = draw(st.integers(2, 4)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    log_probs = np.log(rng.dirichlet(np.full(vocabulary, 0.5), frames) + 1e-9).astype(np.float32)
    blank = draw(st.integers(0, vocabulary - 1))
    labels = [label for label in range(vocabulary) if label != blank]
    return log_probs, blank, draw(st.lists(st.sampled_from(labels), max_size=4))


@settings(max_examples=200, deadline=None)
@given(alignments())
def test_the_path_is_the_likeliest_of_all(case: tuple[np.ndarray, int, list[int]]) -> None:
    log_probs, blank, tokens = case
    path = best_path(log_probs, blank, np.array(tokens, np.int32))
    best = best_score(log_probs, blank, tokens)
    assert (path is None) == (best is None)
    if path is None or best is None:
        return
    labels = tuple(blank if place == BLANK else tokens[place] for place in path.tolist())
    assert collapse(labels, blank) == tokens
    assert sorted(set(path.tolist()) - {BLANK}) == list(range(len(tokens)))
    score = sum(float(log_probs[frame, label]) for frame, label in enumerate(labels))
    assert score == pytest.approx(best, abs=1e-5)


NOTHING = np.full((3, 3), -np.inf, np.float32)
EVEN = np.full((3, 3), np.log(1 / 3), np.float32)
HALF = np.where(np.arange(3)[:, None] == 1, -np.inf, EVEN).astype(np.float32)


@pytest.mark.parametrize(
    ("log_probs", "tokens", "path"),
    [
        (EVEN[:0], [], None),  # no audio at all
        (EVEN[:0], [1], None),
        (EVEN, [], [BLANK] * 3),
        (EVEN[:1], [1], [0]),
        (EVEN[:1], [1, 2], None),
        (EVEN[:2], [1, 1], None),  # equal neighbours need a blank between them
        (EVEN, [1, 1], [0, BLANK, 1]),
        (EVEN, [1, 2, 1], [0, 1, 2]),
        (NOTHING, [1], None),
        (HALF, [1], None),  # one frame of no probability is on every path
        (np.full((3, 3), np.nan, np.float32), [1], None),
    ],
)
def test_case(log_probs: np.ndarray, tokens: list[int], path: list[int] | None) -> None:
    result = best_path(log_probs, 0, np.array(tokens, np.int32))
    assert (None if result is None else result.tolist()) == path


def test_a_token_outside_the_vocabulary_is_refused() -> None:
    outside: Int32s = np.array([3], np.int32)
    with pytest.raises(AssertionError):
        best_path(EVEN, 0, outside)
