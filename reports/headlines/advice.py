"""What stands out in a profile, and what to do next, in a sentence each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from curate.artifacts.profile import Profile, RuleHit, Stratum
from reports.format import hours, percent, plural
from reports.headlines.condition import in_words
from reports.headlines.declare import NEW_LINE
from reports.headlines.place import place
from reports.transcripts import visible
from reports.typed_folder import typed_folder

_UNIT = re.compile(r"(?<=\d) (?=(?:%|h|min|s|rows?)(?!\w))")
"""The space between a number and its unit, where no line breaks."""


class _Loss(NamedTuple):
    """What happens to the hours of a severity, the name of that time, and a stratum's part."""

    what: str
    name: str
    hours_of: Callable[[Stratum], float]


_LOSSES: Mapping[str, _Loss] = {
    "bad": _Loss("rejected", "rejected time", lambda stratum: stratum.bad_hours),
    "borderline": _Loss(
        "borderline (for train only)",
        "borderline time",
        lambda stratum: stratum.borderline_hours,
    ),
}


def advice(profile: Profile) -> Markup:
    """What the verdicts rest on, the rules that cost the most hours, where, and the next step."""
    text = NEW_LINE.join([*_basis(profile), *_problems(profile), _next_step(profile)])
    return Markup(_UNIT.sub("\u00a0", text))  # noqa: S704 - it was markup, and is


def _basis(profile: Profile) -> Iterator[Markup]:
    """That no audio was analysed, where none was: usable then says nothing of the sound."""
    if profile.audio is None and profile.totals.rows:
        yield Markup(
            "<b>No audio was analysed:</b> the verdicts are from the manifest only, such as text "
            "and duration."
        )


def _problems(profile: Profile) -> Iterator[Markup]:
    """A sentence for each severity, the one that takes more hours first."""
    hours_by = {item.verdict: item.hours for item in profile.verdicts}
    problems = []
    for severity, loss in _LOSSES.items():
        hits = [hit for hit in profile.rules_hit if hit.severity == severity and _lost(hit)[1]]
        if hits:
            worst = max(hits, key=_lost)
            total = hours_by.get(severity, 0.0)
            where = place(profile, loss.hours_of, total, loss.name)
            text = _problem(worst, loss.what, total, where)
            problems.append((total, text + _agreement(profile, worst)))
    yield from (text for _, text in sorted(problems, key=lambda each: -each[0]))


def _lost(hit: RuleHit) -> tuple[float, int]:
    """Hours and rows whose verdict is the severity of a hit; of an older profile, all it flags."""
    if hit.verdict_hours is None or hit.verdict_rows is None:
        return hit.hours, hit.rows
    return hit.verdict_hours, hit.verdict_rows


def _problem(hit: RuleHit, loss: str, total: float, where: Markup) -> Markup:
    text = Markup("Most of what is {}: {}, {} in {}{}{}.")
    spent, rows = _lost(hit)
    counted = hit.verdict_hours is not None or spent <= total
    more = "" if counted else ", rows counted that other rules reject"
    return text.format(loss, in_words(hit), hours(spent), plural(rows, "row"), more, where)


def _agreement(profile: Profile, hit: RuleHit) -> str:
    """Whether predictions agree with what a rule flags as well as with other texts: then the limit
    is to be checked before the rows.
    """
    metric = next((each for each in profile.metrics if each.name == "wer"), None)
    whole = metric.quantiles.get("p50") if metric else None
    few = (hit.wer_rows or 0) < _ENOUGH_ROWS
    if whole is None or hit.median_wer is None or few or hit.metric in _OF_PREDICTIONS:
        return ""
    flagged, rest = percent(hit.median_wer), percent(whole)
    if hit.median_wer > whole:
        return f" Their median WER of pred_text is {flagged}, {rest} in all rows."
    return (
        f" Their pred_text agrees as well as elsewhere (median WER {flagged}, {rest} in all rows): "
        "sound rows may be flagged."
    )


_ENOUGH_ROWS = 10
"""Rows with a prediction of which a median says something."""
_OF_PREDICTIONS = frozenset({"wer", "cer", "wer_raw", "cer_raw", "word_edits", "char_edits"})
"""Metrics whose rules flag what pred_text does not agree with."""


def _next_step(profile: Profile) -> Markup:
    step, command = _step(profile)
    return Markup("<b>Next:</b> {} <code>{}</code>").format(step, command)


def _step(profile: Profile) -> Sequence[str]:
    """What to do, and its command with the profile's directory as it was typed, else PROFILE."""
    folder = typed_folder(profile.command, "PROFILE")
    rows = {item.verdict: item.rows for item in profile.verdicts}
    taken = (*profile.rejected.strata, *profile.kept_from_eval.strata)
    if not any(rows.get(verdict) for verdict in ("clean", "borderline", "unknown")):
        return "no row is usable; read one:", "curate rules explain MANIFEST:1"
    if taken:
        rule = next((each.worst_rule for each in taken if each.worst_rule), "")
        by = f" by {visible(rule)}" if rule else ""
        return f"check what is flagged{by}, before a split:", f"curate review {folder}"
    if rows.get("bad") or rows.get("borderline"):
        return "listen to what is flagged before a split:", f"curate review {folder}"
    return "split:", f"curate split {folder} --out split"
