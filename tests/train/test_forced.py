"""What a forced alignment shows: values of alignments that are computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from train.scoring.forced import align

BLANK = 2


def frames(*labels: int, sure: float = -0.1, other: float = -3.0) -> np.ndarray:
    """Log-probabilities of frames that are `sure` of one label each, of 3."""
    table = np.full((len(labels), 3), other, np.float32)
    table[np.arange(len(labels)), list(labels)] = sure
    return table


def aligned(log_probs: np.ndarray, *tokens: int) -> dict[str, float]:
    values = align(log_probs, BLANK, np.array(tokens, np.int32), 0.1)
    assert values is not None
    return dict(values)


def test_a_text_that_fits() -> None:
    values = aligned(frames(2, 2, 0, 0, 2, 2, 2, 1, 2), 0, 1)
    assert values == {
        "align_logprob": pytest.approx(-0.1),
        "align_worst": pytest.approx(-0.1),
        "align_edge": pytest.approx(-0.1),
        "align_frames": pytest.approx(-0.1),
        "align_lead_s": pytest.approx(0.2),
        "align_trail_s": pytest.approx(0.1),
        "align_gap_s": pytest.approx(0.3),
        "align_blank_share": pytest.approx(6 / 9),
    }


def test_a_last_word_without_audio_shows_at_the_edge() -> None:
    values = aligned(frames(0, 2, 1, 2, 0, 2, 1, 2, 2, 2), *[0, 1, 0, 1], *[0, 1, 0])
    fits = [-0.1] * 4  # then three tokens on frames that are sure of a blank
    assert values["align_logprob"] == pytest.approx(np.mean([*fits, -3, -3, -3]))
    assert values["align_edge"] == pytest.approx(-3)
    assert values["align_worst"] == pytest.approx(-3)


def test_speech_that_the_text_lacks_shows_in_the_frames() -> None:
    spoken = frames(0, 2, 1, *[0, 1] * 5, 2, 1)
    whole = aligned(spoken, 0, 1, *[0, 1] * 5, 1)
    lacking = aligned(spoken, 0, 1)
    assert whole["align_frames"] == pytest.approx(-0.1)
    half = np.mean([-3, -0.1, -3, -0.1, -3])  # the token 1 may take every other frame of these
    assert lacking["align_frames"] == pytest.approx(half)


def test_edges_are_of_the_first_and_last_tokens_only() -> None:
    middle = aligned(frames(0, 1, 0, *[2] * 5, 0, 1, 0), 0, 1, 0, 1, 0, 1, 0, 1, 0)
    assert middle["align_edge"] > middle["align_worst"]


def test_a_text_of_more_tokens_than_frames_is_not_aligned() -> None:
    assert align(frames(0, 1), BLANK, np.array([0, 1, 0], np.int32), 0.1) is None
