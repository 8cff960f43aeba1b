"""Error rates of the predictions that a manifest carries: over the corpus and by language."""

from __future__ import annotations

from markupsafe import Markup

from curate.artifacts.profile import LanguageErrorRates, Profile
from reports.charts import drawn
from reports.charts.drawn import Figure
from reports.format import count, percent
from reports.sections.declare import joined
from reports.tables import Column, Table
from reports.transcripts import visible


def agreement(profile: Profile) -> Markup | None:
    """WER and CER of `pred_text` over everything, then by language where there are several."""
    totals = profile.agreement
    if totals is None:
        return None
    errors = f"{count(totals.word_edits)} errors in {count(totals.ref_words)} words"
    characters = f"{count(totals.char_edits)} errors in {count(totals.ref_chars)} characters"
    figures = [
        Figure("WER", percent(totals.wer), errors),
        Figure("CER", percent(totals.cer), characters),
        Figure("WER, not normalised", percent(totals.wer_raw), "case and punctuation count"),
        Figure("CER, not normalised", percent(totals.cer_raw)),
    ]
    if totals.primary == "cer":
        figures[:2] = figures[1::-1]
    steps = ", ".join(map(visible, totals.normaliser.steps))
    note = Markup('<p class="note">Normalised by these steps: {}.</p>').format(steps)
    languages = totals.languages if len(totals.languages) > 1 else ()
    return joined(drawn.figures(figures), note, _by_language(languages) if languages else None)


def _by_language(languages: tuple[LanguageErrorRates, ...]) -> Markup:
    columns = (
        Column("language", "text"),
        Column("named by", "text"),
        *(Column(title, "percent") for title in ("WER", "CER", "WER raw", "CER raw")),
        Column("words", "count"),
        Column("rows", "count"),
    )
    rows = [
        (
            "(none)" if each.lang is None else each.lang,
            "CER" if each.primary == "cer" else "WER",
            *(each.wer, each.cer, each.wer_raw, each.cer_raw),
            *(each.ref_words, each.rows),
        )
        for each in languages
    ]
    return Table("By language", columns, rows, limit=60, elsewhere="profile.json").render()
