"""The headline of an evaluation: its rates, and what is much worse than the whole."""

from __future__ import annotations

import math

from markupsafe import Markup

from reports.format import count, number, percent, plural, points, share
from reports.headlines.declare import MUCH_WORSE, Alert, Headline, line, made
from reports.headlines.run import ALL_WRONG
from reports.headlines.worst_part import worst_part_sentence
from reports.sections.translations import bleu_sentences
from train.artifacts.wer import Overall, Slice, Wer

FEW_WORDS = 3500
"""Reference words below which a WER of 10 % is no better known than within 1 point either way."""


def evaluation_headline(wer: Wer) -> Headline:
    """Error rates before and after, where errors are worst, and alerts on what they mean little."""
    overall = wer.overall
    alerts = [Alert("warning", text) for text in wer.warnings]
    if overall.ref_words < FEW_WORDS and (overall.rows or not wer.translations):
        alerts.append(Alert("warning", _few(overall)))
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
    leading = [text for text in (_silent(overall), _before_and_after(wer)) if text]
    sentences = Markup(" ").join([*leading, *known, *bleu_sentences(wer)])
    return made(sentences, alerts, _none_worse(wer), _advice(wer) if known else None)


def _few(overall: Overall) -> str:
    """How well so few words give the rate, were errors independent.

    Where no word is wrong, or every one is deleted, by the rule of three.
    """
    words, rate = overall.ref_words, overall.wer
    few = f"{plural(words, 'reference word')} {'is' if words == 1 else 'are'} few"
    if rate is None or not words:
        return f"{few}: no WER is known from them."
    variance = rate * (1.0 - rate) if rate < 1.0 else rate
    at_limit = not rate or overall.deletions == words
    width = min(1.0, 3 / words) if at_limit else _Z * math.sqrt(variance / words)
    return f"{few}: they give the WER of {percent(rate)} within {points(width)} at best (95 %)."


def _silent(overall: Overall) -> Markup | None:
    """That the model writes next to nothing, where nearly every word is deleted."""
    deleted = share(overall.deletions, overall.ref_words)
    if deleted is None or deleted < ALL_WRONG:
        return None
    amount = count(overall.deletions), count(overall.ref_words)
    if overall.deletions == overall.ref_words and not overall.insertions:
        return line("The model writes no words: <b>{} of {}</b> are deleted.", *amount)
    return line("The model writes hardly any words: <b>{} of {}</b> are deleted.", *amount)


def _before_and_after(wer: Wer) -> Markup | None:
    """The rate of the other model and of this one over the same rows; None without another."""
    if wer.against is None:
        return None
    change, other = wer.against.overall, wer.against.model
    then, now = change.then_and_now
    if then is None or now is None or change.difference is None:
        return None
    direction = "less" if change.difference < 0 else "more"
    rates = change.metric.upper(), percent(then), percent(now)
    moved = f"{points(change.difference)} {direction}"
    if change.conclusion == "better":
        return line("Better than {}: {} {} before, {} after, {}.", other, *rates, moved)
    if change.conclusion == "worse":
        return line("Worse than {}: {} {} before, {} after, {}.", other, *rates, moved)
    if not change.difference:
        return line("No better than {}: {} {} before, {} after.", other, *rates)
    why = f"{moved}, {change.conclusion}"
    return line("No better than {}: {} {} before, {} after ({}).", other, *rates, why)


def _advice(wer: Wer) -> Markup | None:
    """Where errors are worst, and whether there is a model to compare with."""
    missing = Markup(
        "There is no earlier evaluation to compare with: "
        "<code>train eval --against BASE</code> states the change."
    )
    parts = (worst_part_sentence(wer), None if wer.against else missing)
    return Markup(" ").join(part for part in parts if part) or None


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


_Z = 1.96
_FEW_MANIFESTS = 4
_COMPARED = ("tag", "verdict", "lang")
_ENOUGH_WORDS = 200
"""Reference words below which a part's rate is too uncertain to be held against the whole."""
