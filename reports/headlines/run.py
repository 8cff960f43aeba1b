"""The headline of a training run: its validation WER before and after training."""

from __future__ import annotations

from markupsafe import Markup

from reports.format import count, hours, percent, plural, points, seconds, share
from reports.headlines.declare import Alert, Headline, line, made
from train.artifacts.run import Run

ALL_WRONG = 0.95
"""Error rate from which on a model gets hardly any word right."""


def run_headline(run: Run) -> Headline:
    """Whether validation WER is lower than before training; alerts on what a reader must know."""
    alerts = [
        Alert("warning" if finding.level == "warning" else "note", finding.what)
        for finding in run.findings
    ]
    if not any(point.val_wer is not None for point in run.validation):
        alerts.append(Alert("fault", "No validation ran: it is unknown whether the model learned."))
    elif run.best and (run.best.val_wer or 0.0) >= ALL_WRONG:
        what = f"The best validation WER is {percent(run.best.val_wer)}: nearly every word is wrong"
        alerts.append(Alert("warning", f"{what}. Train longer, or from a pretrained model."))
    matched = share(run.model.matched_parameters, run.model.parameters)
    if matched is not None and 0 < matched < 1:
        what = f"Only {percent(matched)} of the parameters came from {run.model.source}."
        alerts.append(Alert("warning", what))
    return made(_sentence(run), alerts, "No problems in this run.")


def _sentence(run: Run) -> Markup:
    """The best validation WER, against the one before training where that is known."""
    best = run.best
    length = f"{seconds(run.seconds)} of training on {hours(run.audio_hours_seen)} of audio"
    if best is None or best.val_wer is None:
        return line("No validation WER after {}, in {}.", length, plural(run.steps, "step"))
    after, at = percent(best.val_wer), f"best at step {count(best.step)} of {count(run.steps)}"
    before = run.baseline.val_wer if run.baseline else None
    if before is None:
        text = "Validation WER <b>{}</b> after {}, {}; none before training to compare with."
        return line(text, after, length, at)
    change = points(before - best.val_wer)
    if best.val_wer >= before or change == points(0.0):
        text = "No better than the base: validation WER {} before, <b>{}</b> after {}, {}."
        return line(text, percent(before), after, length, at)
    text = "Validation WER {} before, <b>{}</b> after {}: {} less, {}."
    return line(text, percent(before), after, length, change, at)
