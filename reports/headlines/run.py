"""The headline of a training run: whether its model is better than the base, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup

from reports.format import count, fixed, hours, percent, plural, points, seconds, share
from reports.headlines.declare import Alert, Headline, line, made
from reports.headlines.sentences import as_sentence
from train.artifacts.run import Run

ALL_WRONG = 0.95
"""Error rate from which on a model gets hardly any word right."""


class _Outcome(NamedTuple):
    """The validation WER that training came to, and which weights have it."""

    wer: float
    where: str


def run_headline(run: Run) -> Headline:
    """Whether model.nemo is better than the base; alerts on what a reader must know."""
    alerts = [
        Alert("warning" if finding.level == "warning" else "note", as_sentence(finding.what))
        for finding in run.findings
    ]
    outcome = _outcome(run)
    if not any(point.val_wer is not None for point in run.validation):
        alerts.append(Alert("fault", "No validation ran: it is unknown whether the model learned."))
    elif run.best and (run.best.val_wer or 0.0) >= ALL_WRONG:
        alerts.append(Alert("warning", _all_wrong(run, run.best.val_wer)))
    matched = share(run.model.matched_parameters, run.model.parameters)
    if matched is not None and 0 < matched < 1:
        what = f"Only {percent(matched)} of the parameters came from {run.model.source}."
        alerts.append(Alert("warning", what))
    sentence = Markup(" ").join((_result(run, outcome), *_not_validated(run), _length(run)))
    return made(sentence, alerts, "No problems in this run.", _next(run, outcome))


def _outcome(run: Run) -> _Outcome | None:
    """Of the weights in model.nemo where run.json has them, else of the best step of training."""
    if run.saved and run.saved.val_wer is not None:
        return _Outcome(run.saved.val_wer, f"in model.nemo (step {count(run.saved.step)})")
    validated = [(p.val_wer, p.step) for p in run.validation if p.val_wer is not None]
    if not validated:
        return None
    if run.saved:
        wer, step = validated[-1]
        return _Outcome(wer, f"at step {count(step)}")
    wer, step = min(validated)
    return _Outcome(wer, "after" if wer >= ALL_WRONG else f"at step {count(step)}")


def _result(run: Run, outcome: _Outcome | None) -> Markup:
    """The validation WER of the outcome against the one before training, where that is known."""
    if outcome is None:
        return line("No validation WER.")
    before = run.baseline.val_wer if run.baseline else None
    if before is None:
        text = "Validation WER <b>{}</b> {}; none before training to compare with."
        return line(text, percent(outcome.wer), outcome.where)
    rates = percent(before), percent(outcome.wer), outcome.where
    if run.saved and not run.saved.step:
        tried = [(p.val_wer, p.step) for p in run.validation if p.val_wer is not None]
        wer, step = min(tried) if tried else (None, 0)
        text = "No better than the base: validation WER {} before, <b>{}</b> at best after it "
        text += "({}); model.nemo holds the weights of the base."
        return line(text, percent(before), percent(wer), f"step {count(step)}")
    change = points(outcome.wer - before)
    if change == points(0.0):
        return line("No better than the base: validation WER {} before, <b>{}</b> {}.", *rates)
    if outcome.wer > before:
        return line("Worse than the base: validation WER {} before, <b>{}</b> {}.", *rates)
    text = "Better than the base: validation WER {} before, <b>{}</b> {}, {} less."
    return line(text, *rates, change)


def _not_validated(run: Run) -> list[Markup]:
    """That model.nemo holds weights of no known rate, where it does."""
    if run.saved is None or run.saved.val_wer is not None:
        return []
    text = "The weights of model.nemo (step {}) were not validated."
    return [line(text, count(run.saved.step))]


def _length(run: Run) -> Markup:
    """Steps, time, and how often the data was seen."""
    passes = share(run.audio_hours_seen, run.data.train_hours)
    text = "{} in {}, {} passes over {} of audio."
    steps = plural(run.steps, "step")
    return line(text, steps, seconds(run.seconds), fixed(passes, 1), hours(run.data.train_hours))


def _base_is_silent(run: Run) -> bool:
    before = run.baseline.val_wer if run.baseline else None
    return before is not None and before >= ALL_WRONG and bool(run.model.matched_parameters)


def _all_wrong(run: Run, wer: float | None) -> str:
    what = f"The best validation WER is {percent(wer)}: nearly every word is wrong"
    if _base_is_silent(run):
        return f"{what}. The base recognises nothing either."
    return f"{what}. Train longer, or from a pretrained model."


def _next(run: Run, outcome: _Outcome | None) -> Markup:
    """What to do next."""
    return Markup("<b>Next:</b> ") + Markup(" ").join(_steps(run, outcome))


def _steps(run: Run, outcome: _Outcome | None) -> Iterator[Markup]:
    before = run.baseline.val_wer if run.baseline else None
    evaluate = "<code>train eval RUN --manifest {}/test.jsonl --against {} --out eval</code>"
    known = run.data.shards.rstrip("/"), run.model.source
    if outcome is not None and outcome.wer >= ALL_WRONG:
        if _base_is_silent(run):
            yield line("train longer, or from a base that recognises these languages.")
        else:
            yield line("train longer, or from a pretrained model.")
    elif outcome is None or before is None:
        yield line(f"compare with the base: {evaluate}.", *known)
    elif points(outcome.wer - before) == points(0.0) or outcome.wer > before:
        yield line("keep the base, <code>{}</code>.", run.model.source)
        best = run.best
        if best and best.step and best.val_wer is not None and best.val_wer < before:
            text = "Or take <code>{}</code>, with a validation WER of {}."
            yield line(text, best.checkpoint, percent(best.val_wer))
        else:
            yield line(
                "Before another run: a lower <code>optim.lr</code>, a frozen encoder, or "
                "transcripts checked by <code>curate profile</code>."
            )
    else:
        yield line(f"measure it on test: {evaluate}.", *known)
