"""Translations: BLEU and chrF of each pair of languages, and BLEU against another model."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup, escape

from reports.format import fixed, plural
from reports.sections.declare import joined, titled
from reports.tables import Column, Sorted, Table, alarm
from reports.transcripts import visible
from train.artifacts.wer import Score, Translation, TranslationChange, Wer

FEW_PAIRS = 4


def translations(wer: Wer) -> Markup | None:
    """The scores of every pair with their intervals, and what changed."""
    if not wer.translations:
        return None
    changes = wer.against.translations if wer.against else ()
    return joined(
        _scores(wer.translations),
        *(_signature(text) for text in _signatures(wer.translations)),
        titled("Against another model", _changes(changes)) if changes else None,
    )


def bleu_sentences(wer: Wer) -> Iterator[Markup]:
    """A sentence on each of a few pairs, for the headline."""
    for each in wer.translations[:FEW_PAIRS]:
        figures = each.languages, fixed(each.bleu.score, 1), plural(each.rows, "translation")
        yield Markup("BLEU {} <b>{}</b> over {}.").format(*map(visible, figures))


def _scores(pairs: tuple[Translation, ...]) -> Markup:
    columns = (
        Column("languages"),
        Column("BLEU", "number"),
        Column("95 % CI of BLEU", "drawn"),
        Column("chrF", "number"),
        Column("95 % CI of chrF", "drawn"),
        Column("WER", "percent"),
        Column("utterances", "count"),
    )
    rows = [
        (
            *(each.languages, each.bleu.score, _range(each.bleu.low, each.bleu.high)),
            *(each.chrf.score, _range(each.chrf.low, each.chrf.high), each.wer, each.rows),
        )
        for each in pairs
    ]
    return Table("Translations", columns, rows, limit=60, elsewhere="wer.json").render()


def _signatures(pairs: tuple[Translation, ...]) -> tuple[str, ...]:
    """How the scores were counted, each way once."""

    def stated(name: str, score: Score) -> str:
        return f"{name} {score.signature}"

    both = ((stated("BLEU", each.bleu), stated("chrF", each.chrf)) for each in pairs)
    return tuple(dict.fromkeys(text for pair in both for text in pair))


def _signature(text: str) -> Markup:
    return Markup('<p class="note">{}</p>').format(visible(text))


def _changes(changes: tuple[TranslationChange, ...]) -> Markup:
    columns = (
        Column("languages"),
        Column("BLEU then", "number"),
        Column("BLEU now", "number"),
        Column("95 % CI of the change", "drawn"),
        Column("conclusion", "drawn"),
        Column("utterances", "count"),
    )
    rows = [
        (
            *(each.languages, each.bleu_old, each.bleu_new, _range(each.low, each.high, "+.1f")),
            *(_conclusion(each), each.rows),
        )
        for each in changes
    ]
    return Table("Translations compared", columns, rows, limit=60, elsewhere="wer.json").render()


def _range(low: float | None, high: float | None, form: str = ".1f") -> Sorted | None:
    if low is None or high is None:
        return None
    return Sorted(escape(f"{low:{form}} to {high:{form}}"), high - low)


def _conclusion(change: TranslationChange) -> Markup:
    return alarm(change.conclusion) if change.conclusion == "worse" else escape(change.conclusion)
