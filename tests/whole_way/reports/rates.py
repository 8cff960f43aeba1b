"""Pairs of public reports about error rates: a text, what a recogniser heard, and their WER."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """A text and a prediction in a language; `wer` is None where there is nothing to divide by."""

    lang: str
    text: str
    prediction: str
    wer: float | None


RATES = {
    "dotted-capital-i": Pair("tr", "\u0130STANBUL", "i\u0307stanbul", 0.0),
    "dotless-i": Pair("tr", "I\u015eIK YANIYOR", "\u0131\u015f\u0131k yan\u0131yor", 0.0),
    "romanian-cedillas": Pair(
        "ro", "m\u0103 \u00een\u0163elege \u015fi el", "m\u0103 \u00een\u021belege \u0219i el", 0.0
    ),
    "arabic-diacritics": Pair(
        "ar", "\u0643\u0650\u062a\u064e\u0627\u0628\u064c", "\u0643\u062a\u0627\u0628", 0.0
    ),
    "hebrew-niqqud": Pair(
        "he", "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd", "\u05e9\u05dc\u05d5\u05dd", 0.0
    ),
    "russian-yo": Pair(
        "ru", "\u0435\u0449\u0451 \u043c\u0451\u0434", "\u0435\u0449\u0435 \u043c\u0435\u0434", 0.0
    ),
    "curly-apostrophe": Pair("en", "don\u2019t we, Jo\u02bcs", "don't we Jo's", 0.0),
    "indic-vowel-signs": Pair(
        "hi", "\u0915\u093f \u0939\u0948", "\u0915\u093e \u0939\u0948", 0.5
    ),
    "malayalam-words": Pair(
        "ml", "\u0d0e\u0d28\u0d4d\u0d31\u0d46 \u0d2d\u0d3e\u0d37",
        "\u0d0e\u0d28\u0d4d\u0d31\u0d46 \u0d2d\u0d3e\u0d37", 0.0,
    ),
    "number-words": Pair("en", "The coil has fifty turns.", "the coil has 50 turns", 0.0),
    "possessive": Pair("en", "Mario's castle", "Mario's castle", 0.0),
    "empty-reference": Pair("en", "", "silence", None),
    "reference-of-marks": Pair("en", "...", "silence", None),
    "characters-as-words": Pair(
        "zh", "\u4eca\u5929\u5f88\u597d", "\u4eca\u5929\u4e0d\u597d", 0.25
    ),
}  # fmt: skip

DIFFERENT = {
    "yo outside of Russian": Pair("be", "\u043c\u0451\u0434", "\u043c\u0435\u0434", 1.0),
    "cedilla in Turkish": Pair("tr", "\u015fi", "\u0219i", 1.0),
    "points in Yiddish": Pair("yi", "\u05d0\u05b7", "\u05d0\u05b8", 1.0),
    "diacritics of no language": Pair("", "\u0643\u0650\u062a", "\u0643\u062a", 1.0),
    "another letter in Romanian": Pair("ro", "\u0219i", "si", 1.0),
    "hamza in Arabic": Pair("ar", "\u0623\u0646\u0627", "\u0627\u0646\u0627", 1.0),
}
"""Pairs beside them that stay different."""
