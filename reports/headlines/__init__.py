"""The verdict line on top of a page, and the alerts below it."""

from __future__ import annotations

from collections.abc import Sequence

from curate.artifacts.audit import Audit
from curate.artifacts.compare import Compare
from curate.artifacts.diff import Diff
from curate.artifacts.profile import Input, Profile
from curate.artifacts.reconsider import Reconsider
from curate.artifacts.shard_index import ShardIndex
from curate.artifacts.split import Split
from curate.artifacts.text_changes import TextChanges
from curate.artifacts.verification import Verification
from curate.artifacts.what_if import LimitEffect, WhatIf
from curate.artifacts.words import WordCounts
from reports.artefacts import AnyLoaded
from reports.format import count, hours, number, plural
from reports.headlines.declare import MUCH_WORSE, Alert, Headline, line, made
from reports.headlines.evaluation import evaluation_headline
from reports.headlines.profile import profile_headline
from reports.headlines.run import run_headline
from reports.headlines.sentences import short_path
from reports.headlines.shards import shards_headline, shards_subject
from reports.headlines.split import split_headline
from reports.headlines.words import words_headline
from reports.sections.diff import shifts
from reports.sections.reconsider import URGENT, shown_limits
from train.artifacts.run import Run
from train.artifacts.wer import Wer

__all__ = ["Headline", "headline"]

_THINKABLE = 0.1
"""Share of the hours from which a step of a limit is none that anybody would take."""


def headline(loaded: AnyLoaded) -> tuple[str, str, Headline]:
    """Kind of page, what it is about, and its headline."""
    artefact, ledger = loaded.artefact, loaded.ledger
    match artefact:
        case Profile():
            return "profile", _inputs(artefact.inputs), profile_headline(artefact, ledger)
        case Split():
            return "split", _inputs(artefact.inputs), split_headline(artefact, ledger)
        case ShardIndex():
            return "shards", shards_subject(artefact), shards_headline(artefact, ledger)
        case Run():
            of = f"{short_path(artefact.data.shards)} from {short_path(artefact.model.source)}"
            return "training run", of, run_headline(artefact)
        case Wer():
            return "evaluation", short_path(artefact.model), evaluation_headline(artefact)
        case Audit():
            return "audit", plural(len(artefact.sides), "dataset"), _audit(artefact)
        case Diff():
            return (
                "comparison",
                f"{artefact.a.path} and {artefact.b.path}",
                _diff(artefact),
            )
        case TextChanges():
            return "text rules", artefact.text_rules.name, _text_changes(artefact)
        case Verification():
            return "verification", artefact.folder, _verification(artefact)
        case Compare():
            sides = (artefact.old, artefact.new)
            return "rules compared", " and ".join(rules.name for rules in sides), _moved(artefact)
        case Reconsider():
            subject = f"{artefact.evaluation} and {artefact.profile}"
            return "rules reconsidered", subject, _reconsider(artefact)
        case WhatIf():
            return "what if", artefact.profile.path, _what_if(artefact)
        case WordCounts():
            return "words", artefact.profile, words_headline(artefact)
        case _:
            raise AssertionError(f"no headline for {type(artefact).__name__}")


def _inputs(inputs: Sequence[Input]) -> str:
    names = [item.source for item in inputs]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more


def _verification(verification: Verification) -> Headline:
    cuts, faults = verification.cuts, verification.faults
    alerts = [Alert("fault", f"{plural(len(faults), 'fault')}; see Faults.")]
    sentence = line(
        "<b>{}</b> in {} and {}, {}.",
        hours(verification.hours),
        plural(cuts, "cut"),
        plural(verification.shards, "shard"),
        "not usable for training" if faults else "no fault found",
    )
    decoded = f"{count(verification.decoded)} of {plural(cuts, 'recording')} decoded"
    calm = f"{decoded}; checked against {verification.checked_against}"
    return made(sentence, alerts if faults else [], calm)


def _audit(audit: Audit) -> Headline:
    alerts = [Alert("fault", text) for text in audit.gates]
    leaking = len({leak.between for leak in audit.leaks if leak.count})
    pairs = len({leak.between for leak in audit.leaks})
    statement = f"{audit.statement[:1].upper()}{audit.statement[1:]}"
    compared = f"pair{'' if pairs == 1 else 's'} of datasets"
    sentence = line(
        "{}: <b>{}</b> of {} {} with leaks.",
        *(statement, count(leaking), count(pairs), compared),
    )
    alerts += [Alert("warning", key.message) for key in audit.coverage if key.unchecked]
    return made(sentence, alerts, "Every check that could be made has passed.")


def _text_changes(changes: TextChanges) -> Headline:
    alerts = [Alert("warning", f"{each[:1].upper()}{each[1:]}.") for each in changes.warnings]
    sentence = line(
        "<b>{}</b> of {} changed: {} of {}, by {}{}.",
        count(changes.changed_rows),
        plural(changes.rows, "text"),
        hours(changes.changed_hours),
        hours(changes.hours),
        changes.text_rules.path,
        " (a dry run: no manifest was written)" if changes.dry_run else "",
    )
    return made(sentence, alerts, "No text is left blank, and the rules applied again change none.")


def _diff(diff: Diff) -> Headline:
    alerts = [Alert("warning", text) for text in shifts(diff)]
    most = diff.metrics[0] if diff.metrics else None
    sentence = line(
        "<b>{}</b> in {} against <b>{}</b> in {}; the largest drift is {} (KS {}).",
        hours(diff.a.hours),
        plural(diff.a.rows, "row"),
        hours(diff.b.hours),
        plural(diff.b.rows, "row"),
        most.name if most else "—",
        number(most.ks if most else None),
    )
    compared = any(item.psi is not None for item in diff.metrics)
    calm = "No metric has shifted much." if compared else "No metric could be compared."
    return made(sentence, alerts, calm)


def _what_if(what_if: WhatIf) -> Headline:
    spent = {item.verdict: item.hours for item in what_if.verdicts}
    steps = [
        (item.tighter.hours, item, item.tighter.value)
        for item in what_if.limits
        if item.tighter and item.tighter.hours <= _THINKABLE * what_if.profile.hours
    ]
    dearest = max(steps, key=lambda step: step[0], default=None)
    sentence = line(
        "Of {} these rules reject <b>{}</b> and keep <b>{}</b> out of eval and test; {}.",
        hours(what_if.profile.hours),
        hours(spent.get("bad", 0.0)),
        hours(spent.get("borderline", 0.0) + spent.get("unknown", 0.0)),
        "the next tighter limits would flag hardly more" if dearest is None else _dearest(*dearest),
    )
    return made(
        sentence,
        [Alert("warning", text) for text in what_if.warnings],
        "All figures are from the stored records.",
    )


def _reconsider(reconsidered: Reconsider) -> Headline:
    alerts = [Alert("warning", text) for text in reconsidered.warnings]
    if reconsidered.unmatched:
        what = (
            f"{plural(reconsidered.unmatched, 'prediction')} of no record of the profile; left out."
        )
        alerts.append(Alert("note", what))
    shown = shown_limits(reconsidered)
    for item in shown:
        if item.recommendation in URGENT:
            to = "" if item.propose is None else f", to {number(item.propose)}"
            what = f"{item.recommendation.capitalize()} {item.rule} ({item.limit}){to}"
            alerts.append(Alert("note", f"{what}: {item.meaning}."))
    verdicts = [item.recommendation for item in shown]
    sentence = line(
        "<b>{}</b> of {} to change, held against the errors in {}; {} to keep, {} left open.",
        count(sum(word in URGENT for word in verdicts)),
        plural(len(verdicts), "limit"),
        plural(reconsidered.rows, "row"),
        count(verdicts.count("keep")),
        count(sum(word not in {*URGENT, "keep"} for word in verdicts)),
    )
    return made(sentence, alerts, "No limit is shown to be wrong.")


def _moved(comparison: Compare) -> Headline:
    old, new = comparison.hours("old"), comparison.hours("new")
    before, after = ([side.get(word, 0.0) for word in ("clean", "bad")] for side in (old, new))
    alerts = [Alert("warning", text) for text in comparison.warnings]
    if after[1] > max(MUCH_WORSE * before[1], 0.01 * comparison.profile.hours):
        what = f"The new rules reject {hours(after[1])}, the old ones {hours(before[1])}."
        alerts.append(Alert("warning", what))
    if not comparison.moved.rows:
        sentence = line("No row of {} gets another verdict.", count(comparison.profile.rows))
        return made(sentence, alerts, "Both rule files give the same verdicts on this profile.")
    sentence = line(
        "<b>{}</b> of {} get another verdict, <b>{}</b> of {}: {}.",
        plural(comparison.moved.rows, "row"),
        count(comparison.profile.rows),
        hours(comparison.moved.hours),
        hours(comparison.profile.hours),
        ", ".join(map(_shift, ("clean", "bad"), before, after)),
    )
    return made(sentence, alerts, "The records that move are in moved.jsonl.")


def _shift(verdict: str, before: float, after: float) -> str:
    same = before == after
    return f"{verdict} {'stays' if same else f'from {hours(before)} to'} {hours(after)}"


def _dearest(cost: float, limit: LimitEffect, value: float) -> str:
    moved = f"{limit.metric} {limit.operator} {number(value)}"
    return f"the costliest tighter limit is {limit.rule} at {moved}: {hours(cost)} more"
