"""What stands out in a profile, and what to do next, in a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from curate.artifacts.profile import Profile, RuleHit, Stratum
from reports.format import hours, percent, plural, share
from reports.transcripts import visible

_LOSSES = {"bad": "rejected", "borderline": "kept out of eval and test"}
_MOSTLY = 0.6
"""Share of a loss from which on it is that of one stratum."""
_MORE_THAN_EXPECTED = 1.2


def advice(profile: Profile) -> Markup:
    """The rules that cost the most hours, where that is, and the next step."""
    return Markup(" ").join([*_problems(profile), _next_step(profile)])


def _problems(profile: Profile) -> Iterator[Markup]:
    for severity, loss in _LOSSES.items():
        hits = [hit for hit in profile.rules_hit if hit.severity == severity and hit.rows]
        if hits:
            yield _problem(max(hits, key=lambda hit: (hit.hours, hit.rows)), loss)
    lost = _place(profile)
    if lost:
        yield lost


def _problem(hit: RuleHit, loss: str) -> Markup:
    text = "Most of what is {}: <code>{}</code> ({} in {})."
    rows = plural(hit.rows, "row")
    return Markup(text).format(loss, visible(hit.condition), hours(hit.hours), rows)  # noqa: S704


def _place(profile: Profile) -> Markup | None:
    """The stratum that most of what is not clean lies in, where that is more than its share."""
    for column, values in profile.strata.items():
        worst = max(values, key=_not_clean, default=None)
        total = sum(map(_not_clean, values))
        if worst is None or worst.value is None or len(values) < 2 or not total:
            continue
        lost = _not_clean(worst) / total
        expected = share(worst.hours, profile.totals.hours) or 0.0
        if lost >= max(_MOSTLY, _MORE_THAN_EXPECTED * expected):
            text = "{} of what is not clean is in {} <b>{}</b>, which has {} of the hours."
            names = visible(column), visible(worst.value)
            return Markup(text).format(percent(lost, 0), *names, percent(expected, 0))  # noqa: S704
    return None


def _not_clean(stratum: Stratum) -> float:
    return stratum.hours - stratum.clean_hours


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
        return "listen to what is flagged, or split:", "curate review profile/"
    return "split:", "curate split profile/ --out split"
