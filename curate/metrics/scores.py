"""The metrics that a model computed of text and audio together, as `train score` wrote them."""

from __future__ import annotations

from curate.metrics.declare import TEXTLESS, Metric

UNSCORED = "rows without a score of `train score`"
UNALIGNED = (
    f"{TEXTLESS}, {UNSCORED}, models without a CTC head, empty texts, and texts of more tokens "
    "than the audio has frames"
)

UNTIMED = "rows of which no word has a time"
UNSURE = "rows of which no word has a probability"

WORDS: tuple[Metric, ...] = (
    Metric(
        name="word_confidence", unit="probability", direction="low", low=0, high=1, bins=50,
        meaning=(
            "Mean probability of a recogniser's words: `words` or `word_confidence` of the line, "
            "as Whisper, WhisperX and NeMo write them."
        ),
        null=UNSURE, source="Whisper (probability), WhisperX (score), NeMo (word_confidence)",
        group="words", needs_text=False,
        compute=lambda batch: batch.score("word_confidence"),
    ),
    Metric(
        name="word_confidence_min", unit="probability", direction="low", low=0, high=1, bins=50,
        meaning="The lowest of these probabilities.",
        null=UNSURE, group="words", needs_text=False,
        compute=lambda batch: batch.score("word_confidence_min"),
    ),
    Metric(
        name="word_gap_s", unit="s", direction="high", low=0, high=10, bins=50,
        meaning=(
            "Longest time between two neighbouring words of the recogniser (`words`, NeMo's "
            "`word`)."
        ),
        null=UNTIMED, group="words", needs_text=False,
        compute=lambda batch: batch.score("word_gap_s"),
    ),
    Metric(
        name="word_time_s", unit="s", direction="none", low=0, high=40, bins=80,
        meaning="Seconds of the recogniser's words together; over `duration_s`: how much is words.",
        null=UNTIMED, group="words", needs_text=False,
        compute=lambda batch: batch.score("word_time_s"),
    ),
)  # fmt: skip

SCORES: tuple[Metric, ...] = (
    Metric(
        name="confidence", unit="probability", direction="low", low=0, high=1, bins=50,
        meaning=(
            "How sure the model is of its hypothesis: the mean over its tokens of NeMo's "
            "confidence, by Tsallis entropy (0.33, exponential); a CTC token is as sure as the "
            "least sure of its frames."
        ),
        null=f"{TEXTLESS}, {UNSCORED}, and empty hypotheses",
        source="NeMo 3.0 asr_confidence_utils; Laptev and Ginsburg 2023",
        group="scores",
        compute=lambda batch: batch.score("confidence"),
    ),
    Metric(
        name="token_loss", unit="nats/token", direction="high", low=0, high=10, bins=80,
        meaning="The model's loss on the text, over the tokens of the text.",
        null=f"{TEXTLESS}, {UNSCORED}, empty texts, and TDT models scored without a GPU",
        source="NeMo 3.0",
        group="scores",
        compute=lambda batch: batch.score("token_loss"),
    ),
    Metric(
        name="align_logprob", unit="nats/token", direction="low", low=-10, high=0, bins=80,
        meaning=(
            "Mean log-probability of the text's tokens where a CTC model's forced alignment places "
            "them; a token's is the mean over its frames."
        ),
        null=UNALIGNED,
        source="CTC-Segmentation (K\u00fcrzinger et al. 2020), forced alignment by Viterbi",
        group="scores",
        compute=lambda batch: batch.score("align_logprob"),
    ),
    Metric(
        name="align_worst", unit="nats/token", direction="low", low=-15, high=0, bins=75,
        meaning="Lowest mean log-probability of 3 neighbouring tokens in the forced alignment.",
        null=UNALIGNED,
        source="CTC-Segmentation (lowest mean of a window)",
        group="scores",
        compute=lambda batch: batch.score("align_worst"),
    ),
    Metric(
        name="align_edge", unit="nats/token", direction="low", low=-15, high=0, bins=75,
        meaning=(
            "Mean log-probability of the first 3 tokens or of the last 3, whichever is lower: a "
            "text that begins or ends elsewhere than its audio."
        ),
        null=UNALIGNED,
        group="scores",
        compute=lambda batch: batch.score("align_edge"),
    ),
    Metric(
        name="align_frames", unit="nats/frame", direction="low", low=-10, high=0, bins=80,
        meaning=(
            "Lowest mean log-probability of the forced alignment's frames, blank ones among them, "
            "over half a second: audio that the text does not account for."
        ),
        null=UNALIGNED,
        source="CTC-Segmentation (lowest mean of a window)",
        group="scores",
        compute=lambda batch: batch.score("align_frames"),
    ),
    Metric(
        name="align_lead_s", unit="s", direction="high", low=0, high=10, bins=50,
        meaning="Seconds before the first token of the forced alignment.",
        null=UNALIGNED,
        group="scores",
        compute=lambda batch: batch.score("align_lead_s"),
    ),
    Metric(
        name="align_trail_s", unit="s", direction="high", low=0, high=10, bins=50,
        meaning="Seconds after the last token of the forced alignment.",
        null=UNALIGNED,
        group="scores",
        compute=lambda batch: batch.score("align_trail_s"),
    ),
    Metric(
        name="align_gap_s", unit="s", direction="high", low=0, high=10, bins=50,
        meaning="Longest stretch without a token between two tokens of the forced alignment.",
        null=UNALIGNED,
        group="scores",
        compute=lambda batch: batch.score("align_gap_s"),
    ),
    Metric(
        name="align_blank_share", unit="share", direction="none", low=0, high=1, bins=50,
        meaning="Share of the frames on which the forced alignment places no token.",
        null=UNALIGNED,
        group="scores",
        compute=lambda batch: batch.score("align_blank_share"),
    ),
)  # fmt: skip
