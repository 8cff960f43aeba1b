"""The metrics of one text that cost more or need more than the text: compression, translation,
repeated n-grams, tokens, language identification.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from curate.metrics.declare import INTEGER, SHORT, SPACELESS, TEXTLESS, Metric, Values

if TYPE_CHECKING:
    from curate.metrics.compute.batch import Batch


def _repeated(size: int, batch: Batch) -> Values:
    return batch.ngrams[size]


OPT_IN_TEXT: tuple[Metric, ...] = (
    Metric(
        name="compression_ratio", unit="ratio", direction="high", low=0, high=6, bins=60,
        meaning="Bytes of the text over its bytes compressed by zlib.",
        null=f"{TEXTLESS}, and empty texts", source="Whisper (fails above 2.4)",
        group="compression",
        compute=lambda batch: batch.compression_ratio,
    ),
    Metric(
        name="translation_ratio", unit="ratio", direction="high", low=1, high=6, bins=50,
        meaning=(
            "Characters of the longer of text and its other side (`source_text`, else "
            "`answer`), over those of the shorter."
        ),
        null=f"{TEXTLESS}, rows whose two languages are not given or the same, and an empty side",
        source="Granary (up to 4)",
        group="translation",
        compute=lambda batch: batch.translation_ratio,
    ),
    *(
        Metric(
            name=f"top_{size}gram_share", unit="share", direction="high", low=0, high=1, bins=50,
            meaning=(
                f"Share of the characters that the most repeated phrase of {size} words "
                "covers, not normalised, white space not counted; 0 where none occurs "
                "twice."
            ),
            null=f"{TEXTLESS}, blank texts or of more than a million bytes, and {SPACELESS}",
            source=f"Gopher, datatrove (bad above {bad})",
            group="ngrams",
            compute=partial(_repeated, size),
        )
        for size, bad in ((2, 0.20), (3, 0.18), (4, 0.16))
    ),
    Metric(
        name="tokens", unit="tokens", direction="none", low=0, high=300, bins=60, dtype=INTEGER,
        meaning="Pieces that the tokenizer's model for the language makes of the text.",
        null=f"{TEXTLESS}, and languages that the tokenizer does not serve",
        source="sentencepiece",
        group="tokens",
        compute=lambda batch: batch.token_counts.get("tokens"),
    ),
    Metric(
        name="token_rate", unit="tokens/s", direction="both", low=0, high=40, bins=80,
        meaning=f"Tokens over duration; {SHORT}.",
        null=f"{TEXTLESS}, and languages that the tokenizer does not serve", source="NeMo max_tps",
        group="tokens",
        compute=lambda batch: batch.token_counts.get("token_rate"),
    ),
    Metric(
        name="unknown_tokens", unit="share", direction="high", low=0, high=1, bins=50,
        meaning="Share of the tokens that the model cannot write (`<unk>`).",
        null=f"{TEXTLESS}, texts without tokens, and languages that the tokenizer does not serve",
        source="sentencepiece",
        group="tokens",
        compute=lambda batch: batch.token_counts.get("unknown_tokens"),
    ),
    Metric(
        name="lid_confidence", unit="probability", direction="low", low=0, high=1, bins=50,
        meaning="How sure the model is of `detected_lang`.",
        null=f"{TEXTLESS}, and texts without letters", source="py3langid",
        group="lid",
        compute=lambda batch: batch.language["lid_confidence"],
    ),
    Metric(
        name="lid_agrees", unit="0 or 1", direction="low", low=0, high=2, bins=2, dtype=INTEGER,
        meaning=(
            "Whether `detected_lang` is the declared language (members of a "
            "macrolanguage are one)."
        ),
        null=(
            f"{TEXTLESS}, texts without letters, and languages not declared or unknown "
            "to the model"
        ),
        source="py3langid",
        group="lid",
        compute=lambda batch: batch.language["lid_agrees"],
    ),
)  # fmt: skip
