"""What `train score` and `train voices` write into a record, and `curate profile` reads there."""

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

WORD_VALUES = ("word_confidence", "word_confidence_min", "word_gap_s", "word_time_s")
"""Numbers of a recogniser's words, from the times and probabilities that other tools write."""

HYPOTHESIS_VALUES = ("confidence", *WORD_VALUES)
"""Those of the numbers that are of the hypothesis, whatever the text is."""

VOICE_VALUES = ("voice_own", "voice_other", "voice_margin")
"""Cosines of the record's voice embedding, from `train voices`."""

AUDIO_VALUES = (*HYPOTHESIS_VALUES, *VOICE_VALUES)
"""Those of the numbers that are of the audio, whatever the text is."""

READ_VALUES = (*SCORE_VALUES, *WORD_VALUES, *VOICE_VALUES)
"""All numbers that a profile reads in the object; each is a metric of this name."""

SCORE_REASON = "reason"
"""Beside them: why some of them, or the hypothesis, are null."""

VOICE_REASON = "voice_reason"
"""Why there is no voice embedding."""

VOICE_NEAREST, VOICE_CLUSTER = "voice_nearest", "voice_cluster"
"""Fields beside the object: the other speaker whose voice is nearest, and the cluster of records
that may be of one voice.
"""

VOICE_ROWS, VOICE_VECTORS = "voices.jsonl", "voices.npy"
"""The manifest that `train voices` writes, and beside it the embedding of each of its lines."""
