"""profile.json `agreement`: error rates of `pred_text` over the whole corpus and by language."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curate.artifacts.columns import LANG, MALFORMED
from curate.artifacts.profile import Agreement, ErrorRates, LanguageErrorRates
from curate.profiles.rows import scan
from curate.text.normaliser import Normaliser

_SUMMED = (
    "ref_words", "word_edits", "ref_chars", "char_edits", "words", "word_edits_raw", "chars",
    "char_edits_raw",
)  # fmt: skip
_RATES = {
    "wer": ("word_edits", "ref_words"),
    "cer": ("char_edits", "ref_chars"),
    "wer_raw": ("word_edits_raw", "words"),
    "cer_raw": ("char_edits_raw", "chars"),
}
MOST_LANGUAGES = 50


def agreement_totals(records: Path, normaliser: Normaliser) -> Agreement | None:
    """Errors over words and over characters of all rows with `pred_text`; None where none has it.

    `primary` is `cer` where most rows are in scripts that write no spaces between words: there
    characters are counted as words, and WER is the less usual figure.
    """
    rows = scan(records)
    if "word_edits" not in rows.collect_schema().names():
        return None
    paired = rows.filter(pl.col("word_edits").is_not_null() & MALFORMED.expr.is_null())
    sums = [pl.col(name).cast(pl.Int64).sum() for name in _SUMMED]
    spaceless = (pl.col("word_len").is_null() & (pl.col("words") > 0)).sum().alias("spaceless")
    by_lang = paired.group_by(LANG.expr).agg(pl.len().alias("rows"), spaceless, *sums).collect()
    if not by_lang.height:
        return None
    by_lang = by_lang.sort(["rows", LANG.name], descending=[True, False], nulls_last=True)
    total = by_lang.select(pl.col("rows", "spaceless", *_SUMMED).sum()).row(0, named=True)
    languages = by_lang.head(MOST_LANGUAGES).iter_rows(named=True)
    return Agreement(
        normaliser=normaliser.named(),
        languages=tuple(
            LanguageErrorRates(lang=each[LANG.name], **dict(_rates(each))) for each in languages
        ),
        **dict(_rates(total)),
    )


def _rates(sums: dict[str, int]) -> ErrorRates:
    rates = {
        name: round(sums[errors] / sums[whole], 6) if sums[whole] else None
        for name, (errors, whole) in _RATES.items()
    }
    return ErrorRates(
        rows=sums["rows"],
        primary="cer" if 2 * sums["spaceless"] > sums["rows"] else "wer",
        wer=rates["wer"],
        cer=rates["cer"],
        wer_raw=rates["wer_raw"],
        cer_raw=rates["cer_raw"],
        ref_words=sums["ref_words"],
        word_edits=sums["word_edits"],
        ref_chars=sums["ref_chars"],
        char_edits=sums["char_edits"],
        words=sums["words"],
        word_edits_raw=sums["word_edits_raw"],
        chars=sums["chars"],
        char_edits_raw=sums["char_edits_raw"],
    )
