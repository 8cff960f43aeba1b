"""The metrics that need every row of the input: `curate.profiles.whole_input` computes them."""

from __future__ import annotations

from curate.metrics.declare import INTEGER, TEXTLESS, Metric

WHOLE_INPUT: tuple[Metric, ...] = (
    Metric(
        name="text_duplicates", unit="rows", direction="high", low=0, high=50,
        bins=50, dtype=INTEGER,
        meaning="Rows of the input with the same normalised text, this one too.",
        null=f"{TEXTLESS}, and texts of which normalising leaves nothing",
        group="duplicates",
    ),
    Metric(
        name="audio_duplicates", unit="rows", direction="high", low=0, high=20,
        bins=20, dtype=INTEGER,
        meaning="Rows of the input with the same audio file and offset, this one too.",
        null=TEXTLESS,
        group="duplicates",
    ),
    Metric(
        name="near_duplicates", unit="rows", direction="high", low=0, high=50,
        bins=50, dtype=INTEGER,
        meaning=(
            "Rows of the input whose text is nearly the same, directly or by way of "
            "others: MinHash of 5 characters each of the normalised text (3 where no "
            "spaces are written); this one too."
        ),
        null=f"{TEXTLESS}, and texts of which normalising leaves nothing",
        source="FineWeb (14 bands of 8), rensa",
        group="near_duplicates",
    ),
)  # fmt: skip
