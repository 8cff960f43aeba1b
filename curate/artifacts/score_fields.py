"""What `train score` writes into a manifest's records, and `curate profile` reads there."""

from __future__ import annotations

SCORE_FIELD = "_score"
"""The field with the object of SCORE_VALUES; the hypothesis is `pred_text`, as NeMo has it."""

ALIGNMENT_VALUES = (
    "align_logprob",
    "align_worst",
    "align_edge",
    "align_frames",
    "align_lead_s",
    "align_trail_s",
    "align_gap_s",
    "align_blank_share",
)
"""Numbers of the forced alignment; each is a metric of this name."""

SCORE_VALUES = ("confidence", "token_loss", *ALIGNMENT_VALUES)
"""All numbers in the object; absent or null where a model could not give one."""

SCORE_REASON = "reason"
"""Beside them: why some of them, or the hypothesis, are null."""
