"""The metrics of voice embeddings, as `train voices` wrote them."""

from __future__ import annotations

from curate.metrics.declare import MALFORMED, Metric

NO_VOICE = "rows without a voice embedding of `train voices`"
SOURCE = "cosine of speaker embeddings (CAM++, Wang et al. 2023)"

VOICES: tuple[Metric, ...] = (
    Metric(
        name="voice_own", unit="cosine", direction="low", low=-0.2, high=1, bins=60,
        meaning=(
            "Cosine of the record's voice embedding with the mean of the other records of its "
            "speaker: low where another voice is under the name."
        ),
        null=f"{MALFORMED}, {NO_VOICE}, and speakers that are not named or have no other record",
        source=SOURCE, group="voices", needs_text=False,
        compute=lambda batch: batch.score("voice_own"),
    ),
    Metric(
        name="voice_other", unit="cosine", direction="high", low=-0.2, high=1, bins=60,
        meaning=(
            "Highest cosine with the mean of another named speaker of at least 2 records "
            "(`voice_nearest`): high where one voice is under two names."
        ),
        null=f"{MALFORMED}, {NO_VOICE}, and inputs without another such speaker",
        source=SOURCE, group="voices", needs_text=False,
        compute=lambda batch: batch.score("voice_other"),
    ),
    Metric(
        name="voice_margin", unit="cosine", direction="low", low=-1, high=1, bins=80,
        meaning=(
            "`voice_own` less `voice_other`: below 0 where the voice is nearer to another "
            "speaker than to its own."
        ),
        null=f"{MALFORMED}, and rows that lack one of the two",
        source=SOURCE, group="voices", needs_text=False,
        compute=lambda batch: batch.score("voice_margin"),
    ),
)  # fmt: skip
