"""The metrics that compare a text with the prediction of a model (`pred_text`)."""

from __future__ import annotations

from curate.metrics.declare import INTEGER, TEXTLESS, Metric

UNPREDICTED = "rows without `pred_text`"

AGREEMENT: tuple[Metric, ...] = (
    Metric(
        name="wer", unit="errors/word", direction="high", low=0, high=2, bins=80,
        meaning=(
            "Word edits from the text to `pred_text` over words, after the normaliser that "
            "`train eval` uses (`--normalise`); characters are words where no spaces are written."
        ),
        null=f"{TEXTLESS}, {UNPREDICTED}, and texts of which the normaliser leaves nothing",
        source="jiwer 4, kaldialign 0.12",
        group="agreement",
        compute=lambda batch: batch.agreement.get("wer"),
    ),
    Metric(
        name="cer", unit="errors/character", direction="high", low=0, high=2, bins=80,
        meaning=(
            "Character edits from the text to `pred_text` over characters, blanks among "
            "them, after the normaliser."
        ),
        null=f"{TEXTLESS}, {UNPREDICTED}, and texts of which the normaliser leaves nothing",
        source="jiwer 4",
        group="agreement",
        compute=lambda batch: batch.agreement.get("cer"),
    ),
    Metric(
        name="ref_words", unit="words", direction="none", low=0, high=120, bins=60, dtype=INTEGER,
        meaning="Words of the normalised text: the denominator of `wer`.",
        null=f"{TEXTLESS}, {UNPREDICTED}",
        group="agreement",
        compute=lambda batch: batch.agreement.get("ref_words"),
    ),
    Metric(
        name="ref_chars", unit="characters", direction="none", low=0, high=600,
        bins=60, dtype=INTEGER,
        meaning="Characters of the normalised text: the denominator of `cer`.",
        null=f"{TEXTLESS}, {UNPREDICTED}",
        group="agreement",
        compute=lambda batch: batch.agreement.get("ref_chars"),
    ),
    Metric(
        name="word_edits", unit="words", direction="high", low=0, high=60, bins=60, dtype=INTEGER,
        meaning=(
            "Word edits from the text to `pred_text`, after the normaliser: the "
            "numerator of `wer`."
        ),
        null=f"{TEXTLESS}, {UNPREDICTED}", source="jiwer 4, kaldialign 0.12",
        group="agreement",
        compute=lambda batch: batch.agreement.get("word_edits"),
    ),
    Metric(
        name="char_edits", unit="characters", direction="high", low=0, high=300,
        bins=60, dtype=INTEGER,
        meaning=(
            "Character edits from the text to `pred_text`, after the normaliser: "
            "numerator of `cer`."
        ),
        null=f"{TEXTLESS}, {UNPREDICTED}", source="jiwer 4",
        group="agreement",
        compute=lambda batch: batch.agreement.get("char_edits"),
    ),
    Metric(
        name="insertion_rate", unit="insertions/word", direction="high", low=0, high=2, bins=80,
        meaning="Words that `pred_text` adds, over words, after the normaliser.",
        null=f"{TEXTLESS}, {UNPREDICTED}, and texts of which the normaliser leaves nothing",
        source="jiwer 4",
        group="agreement",
        compute=lambda batch: batch.agreement.get("insertion_rate"),
    ),
    Metric(
        name="deletion_rate", unit="deletions/word", direction="high", low=0, high=1, bins=50,
        meaning="Words that `pred_text` lacks, over words, after the normaliser.",
        null=f"{TEXTLESS}, {UNPREDICTED}, and texts of which the normaliser leaves nothing",
        source="jiwer 4",
        group="agreement",
        compute=lambda batch: batch.agreement.get("deletion_rate"),
    ),
    Metric(
        name="wer_raw", unit="errors/word", direction="none", low=0, high=2, bins=80,
        meaning="Word edits from the text to `pred_text`, not normalised, over words.",
        null=f"{TEXTLESS}, {UNPREDICTED}, and texts without words", source="jiwer 4",
        group="agreement",
        compute=lambda batch: batch.agreement.get("wer_raw"),
    ),
    Metric(
        name="cer_raw", unit="errors/character", direction="none", low=0, high=2, bins=80,
        meaning="Character edits from the text to `pred_text`, not normalised, over characters.",
        null=f"{TEXTLESS}, {UNPREDICTED}, and empty texts", source="jiwer 4",
        group="agreement",
        compute=lambda batch: batch.agreement.get("cer_raw"),
    ),
    Metric(
        name="word_edits_raw", unit="words", direction="none", low=0, high=60,
        bins=60, dtype=INTEGER,
        meaning=(
            "Word edits from the text to `pred_text`, not normalised: the numerator of "
            "`wer_raw`."
        ),
        null=f"{TEXTLESS}, {UNPREDICTED}", source="jiwer 4",
        group="agreement",
        compute=lambda batch: batch.agreement.get("word_edits_raw"),
    ),
    Metric(
        name="char_edits_raw", unit="characters", direction="none", low=0, high=300,
        bins=60, dtype=INTEGER,
        meaning=(
            "Character edits from the text to `pred_text`, not normalised: the numerator "
            "of `cer_raw`."
        ),
        null=f"{TEXTLESS}, {UNPREDICTED}", source="jiwer 4",
        group="agreement",
        compute=lambda batch: batch.agreement.get("char_edits_raw"),
    ),
    Metric(
        name="mismatch_run", unit="words", direction="high", low=0, high=40, bins=40, dtype=INTEGER,
        meaning=(
            "Longest run of word edits without a matching word between them, after the "
            "normaliser."
        ),
        null=f"{TEXTLESS}, {UNPREDICTED}", source="jiwer 4",
        group="agreement",
        compute=lambda batch: batch.agreement.get("mismatch_run"),
    ),
    Metric(
        name="length_ratio", unit="ratio", direction="both", low=0, high=4, bins=80,
        meaning="Characters of `pred_text` over those of the text, after the normaliser.",
        null=f"{TEXTLESS}, {UNPREDICTED}, and texts of which the normaliser leaves nothing",
        source="Granary (length ratio of translations)",
        group="agreement",
        compute=lambda batch: batch.agreement.get("length_ratio"),
    ),
    Metric(
        name="edge_cer", unit="errors/character", direction="high", low=0, high=1, bins=20,
        meaning=(
            "Character error rate of the first 5 characters or of the last 5, whichever "
            "is worse: a text that begins or ends elsewhere than its audio. After the "
            "normaliser."
        ),
        null=f"{TEXTLESS}, {UNPREDICTED}, and texts of which the normaliser leaves nothing",
        source="SDP GetEdgeCER",
        group="agreement",
        compute=lambda batch: batch.agreement.get("edge_cer"),
    ),
)  # fmt: skip
