"""The headline of an evaluation: its rates, and what is much worse than the whole."""

from __future__ import annotations

from markupsafe import Markup

from reports.format import count, number, percent, plural, points, share
from reports.headlines.declare import MUCH_WORSE, NEW_LINE, Alert, Headline, line, made
from reports.headlines.edits import edits_sentence, is_looping
from reports.headlines.run import ALL_WRONG
from reports.headlines.sentences import as_sentence
from reports.headlines.worst_part import worst_part_sentence
from reports.rates import HALLUCINATIONS, Lead, interval_of, lead_of, short_name
from reports.sections.translations import bleu_sentences
from train.artifacts.wer import Overall, Rates, Slice, Wer

FEW_WORDS = 3500
"""Reference words below which a WER of 10 % is no better known than within 1 point either way."""


def evaluation_headline(wer: Wer) -> Headline:
    """Error rates before and after, where errors are worst, and alerts on what they mean little.

    Where training data was evaluated too, the rate of the rest stands first.
    """
    overall, lead = wer.overall, lead_of(wer)
    alerts = [Alert("warning", as_sentence(text)) for text in wer.warnings]
    if overall.rows or not wer.translations:
        alerts += _uncertain(lead, wer.interval.unit)
    if lead.seen and not lead.manifest:
        alerts.append(Alert("warning", f"{_seen(wer, lead)}: no rate for audio that is new to it."))
    if overall.insertions and overall.ref_words and overall.insertions > overall.ref_words:
        times = number(round(overall.insertions / overall.ref_words, 1))
        what = (
            f"The model keeps producing words after the end: {times} extra words per spoken word."
        )
        alerts.append(Alert("warning", what))
    alerts += _forgotten(wer)
    if _silent(overall):
        alerts.append(
            Alert("warning", "The model is silent: its rates by language or tag mean nothing.")
        )
    for by in _COMPARED:
        for part in wer.by.get(by, ()):
            alerts += _much_worse(by, part, overall.wer, lead)
    known = [_rate(wer, lead) + _by_manifest(wer, lead)]
    known = known if overall.rows or not wer.translations else []
    leading = [text for text in (_silent(overall), _before_and_after(wer)) if text]
    sentences = Markup(" ").join([*leading, *known, *bleu_sentences(wer)])
    return made(sentences, alerts, _none_worse(wer), _advice(wer) if known else None)


def _rate(wer: Wer, lead: Lead) -> Markup:
    """The rates to lead with, the interval of the first."""
    rates = lead.rates
    shown = [("WER", percent(rates.wer)), ("CER", percent(rates.cer))]
    interval = interval_of(rates, lead.clusters, wer.interval.unit)
    (first, rate), (second, other) = shown[:: 1 if rates.primary == "wer" else -1]
    return line(
        "{}{} <b>{}</b>{}, {} {}, over {} in {}.",
        *(first, f" on {lead.manifest}" if lead.manifest else "", rate),
        f" ({interval})" if interval and _states_interval(rates, lead) else "",
        *(second, other, plural(rates.ref_words, "word"), plural(rates.rows, "utterance")),
    )


def _states_interval(rates: Rates, lead: Lead) -> bool:
    """Whether the sentence has room for the interval: it must, where words are few."""
    return bool(lead.manifest) or rates.ref_words < FEW_WORDS


def _seen(wer: Wer, lead: Lead) -> str:
    names = ", ".join(short_name(wer, part.value) for part in lead.seen)
    if lead.by_name:
        return f"{names} is training data, by its name"
    return f"The model was trained on {names}"


def _uncertain(lead: Lead, unit: str) -> list[Alert]:
    """That so few words give no rate, or hardly one: by the bootstrap, as everywhere on the page.

    Without one error there is nothing to draw from: then by the rule of three.
    """
    rates = lead.rates
    words, (rate, low, high) = rates.ref_words, rates.named
    if words >= FEW_WORDS:
        return []
    few = f"{plural(words, 'reference word')} {'is' if words == 1 else 'are'} few"
    name = rates.primary.upper()
    if rate is None or not words:
        what = f"{few}: no {name} is known from them."
    elif low is None or high is None:
        what = f"{few}, and {plural(lead.clusters, unit)} too few for an interval of the {name}."
    elif low < high:
        what = f"{few}: the {name} is uncertain, {interval_of(rates, lead.clusters, unit)}."
    elif not rate:
        what = f"{few}: without one error the WER may still be {percent(min(1.0, 3 / words))}."
    else:
        return []
    return [Alert("warning", what)]


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


def _advice(wer: Wer) -> Markup:
    """What the errors are, where they are worst, and the next step."""
    silent = _silent(wer.overall) is not None
    where = None if silent or is_looping(wer) else worst_part_sentence(wer)
    parts = (edits_sentence(wer), where, Markup("<b>Next:</b> ") + _next_step(wer, silent=silent))
    return NEW_LINE.join(part for part in parts if part)


def _next_step(wer: Wer, *, silent: bool) -> Markup:
    """What to do: train again, keep the other model, read records, compare, or reconsider."""
    if silent:
        return line("back to training: the model has not learned to write words.")
    if wer.against and (wer.against.overall.conclusion == "worse" or _forgotten(wer)):
        return line(
            "keep <code>{}</code>, or train with data of the old kind too.", wer.against.model
        )
    if is_looping(wer):
        here = Markup('<a href="#{}">read these records</a>').format(HALLUCINATIONS)
        return here + line(": is their audio longer than their transcript, or silent?")
    if wer.against is None:
        return Markup("compare with the base: <code>train eval --against BASE</code>.")
    text = "see which limits the errors support: <code>curate reconsider EVAL PROFILE</code>."
    return Markup(text)  # noqa: S704 - a constant


def _by_manifest(wer: Wer, lead: Lead) -> Markup:
    """The rate of each of a few manifests, those that the model has seen apart."""
    parts = wer.by.get("manifest", ())
    if lead.manifest:
        others = [*lead.others, *lead.seen][:_FEW_MANIFESTS]
        texts = [
            line("{}{}: {}.", short_name(wer, part.value), _how_seen(lead, part), _named(part))
            for part in others
        ]
        return Markup("").join(Markup(" ") + text for text in texts)
    if not 1 < len(parts) <= _FEW_MANIFESTS:
        return Markup("")
    rates = (line("{} <b>{}</b>", short_name(wer, part.value), _named(part)) for part in parts)
    return Markup(" {}: {}.").format(wer.overall.primary.upper(), Markup(", ").join(rates))


def _named(part: Slice) -> str:
    return percent(part.named[0])


def _how_seen(lead: Lead, part: Slice) -> str:
    if part not in lead.seen:
        return ""
    return ", training data by its name" if lead.by_name else ", seen in training"


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


def _much_worse(by: str, part: Slice, whole: float | None, lead: Lead) -> list[Alert]:
    """A part of all manifests, those that the model has seen too, against all of them."""
    if part.wer is None or not whole or part.ref_words < _ENOUGH_WORDS:
        return []
    if part.wer < MUCH_WORSE * whole:
        return []
    times = number(round(part.wer / whole, 1))
    name = f"{_BY.get(by, by)} {part.value or '—'}"
    of = f"WER over all manifests ({percent(whole)})" if lead.manifest else "overall WER"
    what = f"{name}: WER {percent(part.wer)}, {times} times the {of}."
    return [Alert("note", what)]


_FEW_MANIFESTS = 4
_COMPARED = ("tag", "verdict", "lang")
_BY = {"tag": "Tag", "verdict": "Verdict", "lang": "Language"}
_ENOUGH_WORDS = 200
"""Reference words below which a part's rate is too uncertain to be held against the whole."""
