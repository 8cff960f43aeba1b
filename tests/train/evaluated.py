"""wer.json of scored rows, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from train.artifacts.wer import Against, Wer
from train.evaluate import EvalRequest, make_record
from train.scoring.scoring import Scored


def results(scored: Sequence[Scored], against: Against | None = None) -> Wer:
    """The record of an evaluation that gave these rows."""
    return make_record(scored, EvalRequest("m", [], Path("out")), (), against)
