"""The verdict line on top of a page, and the alerts below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from markupsafe import Markup

from curate.artifacts.audit import Audit
from curate.artifacts.compare import Compare
from curate.artifacts.diff import Diff
from curate.artifacts.leaks import Leak
from curate.artifacts.ledger import Ledger
from curate.artifacts.profile import Profile
from curate.artifacts.reconsider import Reconsider
from curate.artifacts.shard_index import ShardIndex
from curate.artifacts.split import Split
from curate.artifacts.verification import Verification
from curate.artifacts.what_if import LimitEffect, WhatIf
from reports.artefacts import AnyLoaded
from reports.format import count, hours, number, percent, plural, seconds, share
from reports.sections.diff import shifts
from reports.sections.reconsider import URGENT, shown_limits
from reports.sections.translations import bleu_sentences
from reports.transcripts import visible
from train.artifacts.run import Run
from train.artifacts.wer import Slice, Wer

Level = Literal["fault", "warning", "note"]
_ORDER: tuple[Level, ...] = ("fault", "warning", "note")
FEW_WORDS = 3500
"""Reference words below which a WER of 10 % is no better known than within 1 % either way."""
_MUCH_WORSE = 2.0
_THINKABLE = 0.1
"""Share of the hours from which a step of a limit is none that anybody would take."""


class Alert(NamedTuple):
    """Something a reader must not miss."""

    level: Level
    what: str


@dataclass(frozen=True, slots=True)
class Headline:
    """One sentence with the verdict; alerts, worst first; `calm` is shown where there are none."""

    sentence: Markup
    alerts: Sequence[Alert]
    calm: str = ""


def headline(loaded: AnyLoaded) -> tuple[str, str, Headline]:
    """Kind of page, what it is about, and its headline."""
    artefact, ledger = loaded.artefact, loaded.ledger
    match artefact:
        case Profile():
            return "profile", _inputs(artefact), _profile(artefact, ledger)
        case Split():
            return "split", f"seed {count(artefact.seed)}", _split(artefact, ledger)
        case ShardIndex():
            return "shards", plural(len(artefact.shards), "shard"), _shards(artefact, ledger)
        case Run():
            return "training run", artefact.model.source, _run(artefact)
        case Wer():
            return "evaluation", artefact.model, _wer(artefact)
        case Audit():
            return "audit", plural(len(artefact.sides), "dataset"), _audit(artefact)
        case Diff():
            return (
                "comparison",
                f"{artefact.a.path} and {artefact.b.path}",
                _diff(artefact),
            )
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
        case _:
            raise AssertionError(f"no headline for {type(artefact).__name__}")


def _line(text: str, *values: str) -> Markup:
    return Markup(text).format(*map(visible, values))  # noqa: S704 - the pattern is a constant


def _made(sentence: Markup, alerts: Iterable[Alert], calm: str) -> Headline:
    return Headline(sentence, sorted(alerts, key=lambda alert: _ORDER.index(alert.level)), calm)


def _inputs(profile: Profile) -> str:
    names = [item.source for item in profile.inputs]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more


def _ledger(ledger: Ledger | None) -> list[Alert]:
    if ledger is None or ledger.balanced:
        return []
    what = "The ledger does not balance: rows, bytes or hours went in that came out nowhere."
    return [Alert("fault", what)]


def _profile(profile: Profile, ledger: Ledger | None) -> Headline:
    of = {item.verdict: item for item in profile.verdicts}
    clean, bad = (of[word].hours if word in of else None for word in ("clean", "bad"))
    broken = of["malformed"].rows if "malformed" in of else None
    total = profile.totals.hours
    alerts = _ledger(ledger)
    if broken:
        what = f"{plural(broken, 'line')} malformed; see Malformed lines."
        alerts.append(Alert("warning", what))
    if not profile.totals.rows:
        alerts.append(Alert("fault", "The input holds no rows."))
    repeated = profile.duplicates.duplicate_audio_offset_keys
    if repeated:
        what = f"{plural(repeated, 'repeat')} of an audio segment (same file, same offset)."
        alerts.append(Alert("warning", what))
    alerts += [Alert("warning", f"{text}.") for text in profile.warnings]
    if (people := profile.overrides) and people.rows:
        what = f"Manual overrides set the verdict or text of {plural(people.rows, 'row')}"
        alerts.append(Alert("note", f"{what} ({people.file})."))
    sentence = _line(
        "<b>{}</b> of {} are clean ({}); <b>{}</b> are bad and {} malformed.",
        hours(clean),
        hours(total),
        percent(share(clean, total)),
        hours(bad),
        plural(broken, "line"),
    )
    return _made(sentence, alerts, "Every line is a record, and the ledger balances.")


def _split(split: Split, ledger: Ledger | None) -> Headline:
    spent = {output.name: output.hours for output in split.outputs}
    alerts = _ledger(ledger)
    for leak in split.leaks:
        if leak.count:
            alerts.append(Alert("fault", f"{_leak(leak)}."))
    words = split.statement if split.leaks else "leaks were not checked"
    leaks = {_leak(leak) for leak in split.leaks}
    alerts += [Alert("warning", text) for text in split.warnings if text not in leaks]
    for name, target in split.targets.items():
        if target.shrunk:
            requested, allowed = seconds(target.requested_s), seconds(target.target_s)
            alerts.append(
                Alert("warning", f"{name}: {requested} requested, the data allows {allowed}.")
            )
    written = [name for name in ("train", *split.targets) if name in spent]
    sizes = Markup(", ").join(_line("<b>{}</b> {}", hours(spent[name]), name) for name in written)
    sentence = sizes + _line("; {}.", words)
    done = "The splits are as they were given" if split.given else "Targets reached"
    return _made(sentence, alerts, f"{done}, {words}; the ledger balances.")


def _leak(leak: Leak) -> str:
    return f"{plural(leak.count, f'{leak.kind} leak')} between {' and '.join(leak.between)}"


def _shards(shards: ShardIndex, ledger: Ledger | None) -> Headline:
    alerts = _ledger(ledger)
    same = shards.verified.ids_match and shards.verified.cuts == shards.cuts
    if not same:
        alerts.append(Alert("fault", "The shards read back differ from what was written."))
    alerts += [Alert("warning", text) for text in shards.warnings]
    sentence = _line(
        "<b>{}</b> in {} and {}, {}.",
        hours(shards.hours),
        plural(shards.cuts, "cut"),
        plural(len(shards.shards), "shard"),
        "verified" if same else "not verified",
    )
    return _made(sentence, alerts, "Every cut was read back; the ledger balances.")


def _verification(verification: Verification) -> Headline:
    cuts, faults = verification.cuts, verification.faults
    alerts = [Alert("fault", f"{plural(len(faults), 'fault')}; see Faults.")]
    sentence = _line(
        "<b>{}</b> in {} and {}, {}.",
        hours(verification.hours),
        plural(cuts, "cut"),
        plural(verification.shards, "shard"),
        "not usable for training" if faults else "no fault found",
    )
    decoded = f"{count(verification.decoded)} of {plural(cuts, 'recording')} decoded"
    calm = f"{decoded}; checked against {verification.checked_against}"
    return _made(sentence, alerts if faults else [], calm)


def _run(run: Run) -> Headline:
    alerts = [
        Alert("warning" if finding.level == "warning" else "note", finding.what)
        for finding in run.findings
    ]
    if not any(point.val_wer is not None for point in run.validation):
        alerts.append(Alert("fault", "No validation ran: it is unknown whether the model learned."))
    model = run.model
    matched = share(model.matched_parameters, model.parameters)
    if matched is not None and 0 < matched < 1:
        what = f"Only {percent(matched)} of the parameters came from {model.source}."
        alerts.append(Alert("warning", what))
    sentence = _line(
        "Validation WER <b>{}</b>, best at step {} of {}, after {} and {} of audio.",
        percent(run.best.val_wer if run.best else None),
        count(run.best.step if run.best else None),
        count(run.steps),
        seconds(run.seconds),
        hours(run.audio_hours_seen),
    )
    return _made(sentence, alerts, "No problems in this run.")


def _wer(wer: Wer) -> Headline:
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
    sentence = _line(
        "{} <b>{}</b>, {} {}, over {} in {}.",
        *(text for rate in rates[:: 1 if overall.primary == "wer" else -1] for text in rate),
        plural(overall.ref_words, "word"),
        plural(overall.rows, "utterance"),
    )
    known = [sentence + _by_manifest(wer)] if overall.rows or not wer.translations else []
    sentences = Markup(" ").join([*known, *bleu_sentences(wer)])
    return _made(sentences, alerts, _none_worse(wer))


def _by_manifest(wer: Wer) -> Markup:
    """The rate of each of a few manifests: the overall rate mixes them."""
    parts = wer.by.get("manifest", ())
    if not 1 < len(parts) <= _FEW_MANIFESTS:
        return Markup("")
    rates = (_line("{} <b>{}</b>", part.value or "—", percent(part.named[0])) for part in parts)
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
    if part.wer < _MUCH_WORSE * whole:
        return []
    times = number(round(part.wer / whole, 1))
    what = f"{by} {part.value or '—'}: WER {percent(part.wer)}, {times} times the overall WER."
    return [Alert("note", what)]


_FEW_MANIFESTS = 4
_COMPARED = ("tag", "verdict", "lang")
_ENOUGH_WORDS = 200
"""Reference words below which a part's rate is too uncertain to be held against the whole."""


def _audit(audit: Audit) -> Headline:
    alerts = [Alert("fault", text) for text in audit.gates]
    leaking = len({leak.between for leak in audit.leaks if leak.count})
    pairs = len({leak.between for leak in audit.leaks})
    statement = f"{audit.statement[:1].upper()}{audit.statement[1:]}"
    compared = f"pair{'' if pairs == 1 else 's'} of datasets"
    sentence = _line(
        "{}: <b>{}</b> of {} {} with leaks.",
        *(statement, count(leaking), count(pairs), compared),
    )
    alerts += [Alert("warning", key.message) for key in audit.coverage if key.unchecked]
    return _made(sentence, alerts, "Every check that could be made has passed.")


def _diff(diff: Diff) -> Headline:
    alerts = [Alert("warning", text) for text in shifts(diff)]
    most = diff.metrics[0] if diff.metrics else None
    sentence = _line(
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
    return _made(sentence, alerts, calm)


def _what_if(what_if: WhatIf) -> Headline:
    spent = {item.verdict: item.hours for item in what_if.verdicts}
    steps = [
        (item.tighter.hours, item, item.tighter.value)
        for item in what_if.limits
        if item.tighter and item.tighter.hours <= _THINKABLE * what_if.profile.hours
    ]
    dearest = max(steps, key=lambda step: step[0], default=None)
    sentence = _line(
        "Of {} these rules reject <b>{}</b> and keep <b>{}</b> out of eval and test; {}.",
        hours(what_if.profile.hours),
        hours(spent.get("bad", 0.0)),
        hours(spent.get("borderline", 0.0) + spent.get("unknown", 0.0)),
        "the next tighter limits would flag hardly more" if dearest is None else _dearest(*dearest),
    )
    return _made(
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
    sentence = _line(
        "<b>{}</b> of {} to change, held against the errors in {}; {} to keep, {} left open.",
        count(sum(word in URGENT for word in verdicts)),
        plural(len(verdicts), "limit"),
        plural(reconsidered.rows, "row"),
        count(verdicts.count("keep")),
        count(sum(word not in {*URGENT, "keep"} for word in verdicts)),
    )
    return _made(sentence, alerts, "No limit is shown to be wrong.")


def _moved(comparison: Compare) -> Headline:
    old, new = comparison.hours("old"), comparison.hours("new")
    before, after = ([side.get(word, 0.0) for word in ("clean", "bad")] for side in (old, new))
    alerts = [Alert("warning", text) for text in comparison.warnings]
    if after[1] > max(_MUCH_WORSE * before[1], 0.01 * comparison.profile.hours):
        what = f"The new rules reject {hours(after[1])}, the old ones {hours(before[1])}."
        alerts.append(Alert("warning", what))
    if not comparison.moved.rows:
        sentence = _line("No row of {} gets another verdict.", count(comparison.profile.rows))
        return _made(sentence, alerts, "Both rule files give the same verdicts on this profile.")
    sentence = _line(
        "<b>{}</b> of {} get another verdict, <b>{}</b> of {}: {}.",
        plural(comparison.moved.rows, "row"),
        count(comparison.profile.rows),
        hours(comparison.moved.hours),
        hours(comparison.profile.hours),
        ", ".join(map(_shift, ("clean", "bad"), before, after)),
    )
    return _made(sentence, alerts, "The records that move are in moved.jsonl.")


def _shift(verdict: str, before: float, after: float) -> str:
    same = before == after
    return f"{verdict} {'stays' if same else f'from {hours(before)} to'} {hours(after)}"


def _dearest(cost: float, limit: LimitEffect, value: float) -> str:
    moved = f"{limit.metric} {limit.operator} {number(value)}"
    return f"the costliest tighter limit is {limit.rule} at {moved}: {hours(cost)} more"
