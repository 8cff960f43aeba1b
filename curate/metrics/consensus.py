"""The metrics of a second recogniser's prediction (`pred_text_2`)."""

from __future__ import annotations

from curate.metrics.agreement import UNPREDICTED
from curate.metrics.declare import MALFORMED, Metric

UNPREDICTED_2 = "rows without `pred_text_2`"
UNPAIRED = f"{MALFORMED}, {UNPREDICTED}, and {UNPREDICTED_2}"

CONSENSUS: tuple[Metric, ...] = (
    Metric(
        name="wer_2", unit="errors/word", direction="high", low=0, high=2, bins=80,
        meaning="As `wer`, from the text to `pred_text_2`.",
        null=f"{MALFORMED}, {UNPREDICTED_2}, and texts of which the normaliser leaves nothing",
        source="jiwer 4, kaldialign 0.12",
        group="consensus",
        compute=lambda batch: batch.consensus.get("wer_2"),
    ),
    Metric(
        name="cer_2", unit="errors/character", direction="high", low=0, high=2, bins=80,
        meaning="As `cer`, from the text to `pred_text_2`.",
        null=f"{MALFORMED}, {UNPREDICTED_2}, and texts of which the normaliser leaves nothing",
        source="jiwer 4",
        group="consensus",
        compute=lambda batch: batch.consensus.get("cer_2"),
    ),
    Metric(
        name="wer_models", unit="errors/word", direction="high", low=0, high=1, bins=50,
        meaning=(
            "Word edits from `pred_text` to `pred_text_2` over the words of the longer one, after "
            "the normaliser; 0 where both are empty."
        ),
        null=UNPAIRED,
        group="consensus",
        compute=lambda batch: batch.consensus.get("wer_models"),
    ),
    Metric(
        name="cer_models", unit="errors/character", direction="high", low=0, high=1, bins=50,
        meaning=(
            "Character edits from `pred_text` to `pred_text_2` over the characters of the longer "
            "one, after the normaliser; 0 where both are empty."
        ),
        null=UNPAIRED,
        source="Levenshtein distance, normalised (rapidfuzz)",
        group="consensus",
        compute=lambda batch: batch.consensus.get("cer_models"),
    ),
)  # fmt: skip
