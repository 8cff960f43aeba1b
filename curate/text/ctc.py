"""Forced alignment: which frames of the audio a text's tokens fall on, by a CTC model.

A CTC model gives each frame the log-probability of every token, and of a blank. Of all ways to
spend the frames on a text's tokens in their order, blanks between them, the likeliest is taken.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from curate.arrays import Bytes, Float32s, Floats, Int32s
from curate.native import kernel

BLANK = -1
"""What a frame is spent on that no token falls on."""


def best_path(log_probs: npt.NDArray[np.float32], blank: int, tokens: Int32s) -> Int32s | None:
    """For each frame the place in `tokens` of the token that it is spent on, or BLANK; None where
    no path has all tokens: too few frames (neighbouring equal tokens need a blank between them), or
    probabilities of nothing.

    `log_probs` has a row for each frame and a column for each token of the vocabulary. Of paths
    that are equally likely, one in which tokens come late is taken.

    >>> frames = np.log(np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]], np.float32))
    >>> best_path(frames, 1, np.array([0], np.int32)).tolist()
    [-1, 0, -1]
    """
    frames, vocabulary = log_probs.shape
    assert all(0 <= token < vocabulary for token in (blank, *tokens.tolist()))
    states = 2 * tokens.size + 1
    path = np.empty(frames, np.int32)
    exists = _best_path(
        np.ascontiguousarray(log_probs, np.float32).reshape(-1), blank, tokens,
        np.empty(2 * states), np.empty(frames * states, np.uint8), path,
    )  # fmt: skip
    return path if exists else None


@kernel("ctc")
def _best_path(
    log_probs: Float32s, blank: int, tokens: Int32s, scores: Floats, steps: Bytes, path: Int32s
) -> bool:
    raise NotImplementedError
