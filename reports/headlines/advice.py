"""What stands out in a profile, and what to do next, in a sentence each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from markupsafe import Markup

from curate.artifacts.profile import Profile, RuleHit, Stratum
from reports.format import hours, plural
from reports.headlines.place import place
from reports.transcripts import visible

_LOSSES: Mapping[str, tuple[str, Callable[[Stratum], float]]] = {
    "bad": ("rejected", lambda stratum: stratum.bad_hours),
    "borderline": ("kept out of eval and test", lambda stratum: stratum.borderline_hours),
}
"""By severity: what happens to the hours, and how many they are in a stratum."""


def advice(profile: Profile) -> Markup:
    """The rules that cost the most hours, where that is, and the next step."""
    return Markup(" ").join([*_problems(profile), _next_step(profile)])


def _problems(profile: Profile) -> Iterator[Markup]:
    """A sentence for each severity, the one that takes more hours first."""
    hours_by = {item.verdict: item.hours for item in profile.verdicts}
    problems = []
    for severity, (loss, hours_of) in _LOSSES.items():
        hits = [hit for hit in profile.rules_hit if hit.severity == severity and hit.rows]
        if hits:
            worst = max(hits, key=lambda hit: (hit.hours, hit.rows))
            total = hours_by.get(severity, 0.0)
            problems.append((total, _problem(worst, loss, place(profile, hours_of, total))))
    yield from (text for _, text in sorted(problems, key=lambda each: -each[0]))


def _problem(hit: RuleHit, loss: str, where: Markup) -> Markup:
    text = "Most of what is {}: <b>{}</b>, <code>{}</code> ({} in {}){}."
    rule = visible(hit.rule), visible(hit.condition)
    amount = hours(hit.hours), plural(hit.rows, "row")
    return Markup(text).format(loss, *rule, *amount, where)  # noqa: S704


def _next_step(profile: Profile) -> Markup:
    step, command = _step(profile)
    return Markup("<b>Next:</b> {} <code>{}</code>").format(step, command)


def _step(profile: Profile) -> Sequence[str]:
    """What to do, and its command with `profile/` for the profile's directory."""
    rows = {item.verdict: item.rows for item in profile.verdicts}
    taken = (*profile.rejected.strata, *profile.kept_from_eval.strata)
    if not any(rows.get(verdict) for verdict in ("clean", "borderline", "unknown")):
        return "no row is usable; read one:", "curate rules explain MANIFEST:1"
    if taken:
        rule = next((each.worst_rule for each in taken if each.worst_rule), "")
        by = f" by {visible(rule)}" if rule else ""
        return f"check what is flagged{by}, before a split:", "curate review profile/"
    if rows.get("bad") or rows.get("borderline"):
        return "listen to what is flagged before a split:", "curate review profile/"
    return "split:", "curate split profile/ --out split"
