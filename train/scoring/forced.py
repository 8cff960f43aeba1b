"""What the forced alignment of a text to its audio shows: how well, and where, it fits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from curate.arrays import Int32s
from curate.artifacts.score_fields import ALIGNMENT_VALUES
from curate.text.ctc import BLANK, best_path

WINDOW = 3
"""Neighbouring tokens whose mean is taken for the worst place, and for an edge of the text."""
WINDOW_S = 0.5
"""Seconds of audio whose mean is taken for the worst place in it."""

LogProbs = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


def align(
    log_probs: LogProbs, blank: int, tokens: Int32s, frame_s: float
) -> Mapping[str, float] | None:
    """ALIGNMENT_VALUES of a text's tokens in audio of these frames; None where the text does not
    fit in: more tokens than frames.

    A token's log-probability is the mean over the frames that the best path spends on it.
    """
    assert tokens.size, "a text without tokens cannot be aligned"
    path = best_path(log_probs, blank, tokens)
    if path is None:
        return None
    spent = np.where(path == BLANK, blank, tokens[path])
    of_frame = log_probs[np.arange(path.size), spent].astype(np.float64)
    on_token = path != BLANK
    of_token = np.bincount(path[on_token], of_frame[on_token]) / np.bincount(path[on_token])
    first, last = _bounds(path, tokens.size)
    edges = of_token[:WINDOW].mean(), of_token[-WINDOW:].mean()
    values = (
        of_token.mean(),
        _worst(of_token, WINDOW),
        min(edges),
        _worst(of_frame, max(1, round(WINDOW_S / frame_s))),
        first[0] * frame_s,
        (path.size - 1 - last[-1]) * frame_s,
        max(0, (first[1:] - last[:-1] - 1).max(initial=0)) * frame_s,
        1 - on_token.mean(),
    )
    return dict(zip(ALIGNMENT_VALUES, map(float, values), strict=True))


def _bounds(path: Int32s, count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The first and the last frame of each token."""
    frames = np.flatnonzero(path != BLANK)
    places = np.arange(count)
    first = np.searchsorted(path[frames], places)
    last = np.searchsorted(path[frames], places, side="right") - 1
    return frames[first], frames[last]


def _worst(values: Doubles, window: int) -> float:
    """The lowest mean of `window` neighbours; of all where there are no more."""
    if values.size <= window:
        return float(values.mean())
    sums = np.cumsum(np.concatenate([[0.0], values]))
    return float((sums[window:] - sums[:-window]).min() / window)
