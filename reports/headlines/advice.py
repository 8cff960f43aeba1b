"""What stands out in a profile, and what to do next, in a sentence each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from markupsafe import Markup

from curate.artifacts.profile import Profile, RuleHit, Stratum
from reports.format import hours, percent, plural, share
from reports.transcripts import visible

_LOSSES: Mapping[str, tuple[str, Callable[[Stratum], float]]] = {
    "bad": ("rejected", lambda stratum: stratum.bad_hours),
    "borderline": ("kept out of eval and test", lambda stratum: stratum.borderline_hours),
}
"""By severity: what happens to the hours, and how many they are in a stratum."""
_MOSTLY = 0.5
"""Share of a loss from which on it is that of one stratum."""
_MORE_THAN_EXPECTED = 1.2
_LISTED = 0.99
"""Share of the hours that the listed values of a column hold, for a share of a loss to be known."""


def advice(profile: Profile) -> Markup:
    """The rules that cost the most hours, where that is, and the next step."""
    return Markup(" ").join([*_problems(profile), _next_step(profile)])


def _problems(profile: Profile) -> Iterator[Markup]:
    for severity, (loss, hours_of) in _LOSSES.items():
        hits = [hit for hit in profile.rules_hit if hit.severity == severity and hit.rows]
        if hits:
            worst = max(hits, key=lambda hit: (hit.hours, hit.rows))
            yield _problem(worst, loss, _place(profile, hours_of))


def _problem(hit: RuleHit, loss: str, place: Markup) -> Markup:
    text = "Most of what is {}: <b>{}</b>, <code>{}</code> ({} in {}){}."
    rule = visible(hit.rule), visible(hit.condition)
    amount = hours(hit.hours), plural(hit.rows, "row")
    return Markup(text).format(loss, *rule, *amount, place)  # noqa: S704


def _place(profile: Profile, hours_of: Callable[[Stratum], float]) -> Markup:
    """The stratum in which most of the lost hours are, where that is more than its share; empty
    where there is none.
    """
    places: list[tuple[float, float, str, str]] = []
    for column, values in profile.strata.items():
        worst, total = max(values, key=hours_of, default=None), sum(map(hours_of, values))
        if worst is None or worst.value is None or len(values) < 2 or not total:
            continue
        if sum(each.hours for each in values) < _LISTED * profile.totals.hours:
            continue  # a profile lists the largest values only: what others lose is unknown
        lost = hours_of(worst) / total
        expected = share(worst.hours, profile.totals.hours) or 0.0
        if lost >= max(_MOSTLY, _MORE_THAN_EXPECTED * expected):
            places.append((lost, expected, column, worst.value))
    if not places:
        return Markup("")
    lost, expected, *names = max(places, key=lambda place: place[0] - place[1])
    text = "; {} of all that is in {} <b>{}</b>, which has {} of the hours"
    return Markup(text).format(percent(lost, 0), *map(visible, names), percent(expected, 0))  # noqa: S704


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
