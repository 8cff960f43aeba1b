"""The headline of an evaluation: its rates, and what is much worse than the whole."""

from __future__ import annotations

from markupsafe import Markup

from reports.format import number, percent, plural
from reports.headlines.declare import MUCH_WORSE, Alert, Headline, line, made
from reports.sections.translations import bleu_sentences
from train.artifacts.wer import Slice, Wer

FEW_WORDS = 3500
"""Reference words below which a WER of 10 % is no better known than within 1 % either way."""


def evaluation_headline(wer: Wer) -> Headline:
    """Error rates over everything, and alerts where they mean little or parts are much worse."""
    overall = wer.overall
    alerts = [Alert("warning", text) for text in wer.warnings]
    if overall.ref_words < FEW_WORDS and (overall.rows or not wer.translations):
        words = plural(overall.ref_words, "reference word")
        what = f"{words} are few: at 10 % WER, 3,500 are needed to know it within 1 %."
        alerts.append(Alert("warning", what))
    if overall.insertions and overall.ref_words and overall.insertions > overall.ref_words:
        times = number(round(overall.insertions / overall.ref_words, 1))
        what = (
            f"The model keeps producing words after the end: {times} extra words per spoken word."
        )
        alerts.append(Alert("warning", what))
    alerts += _forgotten(wer)
    for by in _COMPARED:
        for part in wer.by.get(by, ()):
            alerts += _much_worse(by, part, overall.wer)
    rates = [("WER", percent(overall.wer)), ("CER", percent(overall.cer))]
    sentence = line(
        "{} <b>{}</b>, {} {}, over {} in {}.",
        *(text for rate in rates[:: 1 if overall.primary == "wer" else -1] for text in rate),
        plural(overall.ref_words, "word"),
        plural(overall.rows, "utterance"),
    )
    known = [sentence + _by_manifest(wer)] if overall.rows or not wer.translations else []
    sentences = Markup(" ").join([*known, *bleu_sentences(wer)])
    return made(sentences, alerts, _none_worse(wer))


def _by_manifest(wer: Wer) -> Markup:
    """The rate of each of a few manifests: the overall rate mixes them."""
    parts = wer.by.get("manifest", ())
    if not 1 < len(parts) <= _FEW_MANIFESTS:
        return Markup("")
    rates = (line("{} <b>{}</b>", part.value or "—", percent(part.named[0])) for part in parts)
    return Markup(" {}: {}.").format(wer.overall.primary.upper(), Markup(", ").join(rates))


def _none_worse(wer: Wer) -> str:
    parts = [part for by in _COMPARED for part in wer.by.get(by, ())]
    if wer.overall.wer is None or not any(part.ref_words >= _ENOUGH_WORDS for part in parts):
        return f"No tag, verdict or language has {_ENOUGH_WORDS} words: they were not compared."
    known = f"of {_ENOUGH_WORDS} words or more"
    return f"No tag, verdict or language {known} is twice as bad as the whole."


def _forgotten(wer: Wer) -> list[Alert]:
    rail = wer.against.guardrail if wer.against else None
    if rail is None or rail.passed is not False or rail.difference is None:
        return []
    rise = f"{100 * rail.difference:.1f} points"
    rate = rail.metric.upper()
    return [Alert("fault", f"{rate} on the guardrail rose by {rise}: the model has forgotten.")]


def _much_worse(by: str, part: Slice, whole: float | None) -> list[Alert]:
    if part.wer is None or not whole or part.ref_words < _ENOUGH_WORDS:
        return []
    if part.wer < MUCH_WORSE * whole:
        return []
    times = number(round(part.wer / whole, 1))
    what = f"{by} {part.value or '—'}: WER {percent(part.wer)}, {times} times the overall WER."
    return [Alert("note", what)]


_FEW_MANIFESTS = 4
_COMPARED = ("tag", "verdict", "lang")
_ENOUGH_WORDS = 200
"""Reference words below which a part's rate is too uncertain to be held against the whole."""
