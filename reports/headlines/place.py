"""Where in a corpus the hours that rules take are: in one stratum, or spread over many."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from markupsafe import Markup

from curate.artifacts.profile import Profile, Stratum
from reports.format import count, percent
from reports.transcripts import visible

_LARGE = 0.25
"""Share of a loss from which on a stratum is where it is."""
_MORE_THAN_EXPECTED = 1.2
"""Times its share of the hours that a stratum's share of a loss is at least, to stand out."""


_NAMED = 0.1
"""Share of a loss from which on the value with the largest part of a spread loss is named."""
_STANDS_OUT = Markup("; {} <b>{}</b> holds {} of the {}, and {} of all time")


class _Column(NamedTuple):
    """A column: its value with the largest part of a loss, and what the others have."""

    name: str
    value: str
    values: int
    lost: float
    """Share of the loss that the value has."""
    expected: float
    """Share of the hours that the value has."""
    at_most: float
    """Share of the loss that no value exceeds, of those too that a profile does not list."""


def place(
    profile: Profile, hours_of: Callable[[Stratum], float], total: float, loss: str
) -> Markup:
    """The language, source or speaker with the largest part of a loss of `total` hours, and its
    part of all hours; else over how many values the loss is spread. `loss` names it.

    Empty where every column has one value, and where values that the profile does not list may
    have a large part.
    """
    columns = [
        column
        for name, values in profile.strata.items()
        if (column := _largest(profile, name, values, hours_of, total))
    ]
    standing_out = [column for column in columns if _stands_out(column)]
    if standing_out:
        worst = max(standing_out, key=lambda each: each.lost - each.expected)
        names = visible(worst.name), visible(worst.value)
        return _STANDS_OUT.format(*names, percent(worst.lost, 0), loss, percent(worst.expected, 0))
    spread = [each for each in columns if max(each.lost, _LARGE) >= each.at_most]
    return Markup("; {}").format(_spread(spread)) if spread else Markup("")


def _stands_out(column: _Column) -> bool:
    known = column.lost >= column.at_most
    return known and column.lost >= max(_LARGE, _MORE_THAN_EXPECTED * column.expected)


def _spread(columns: list[_Column]) -> str:
    """Over how many values of the finest column a loss is spread."""
    finest = max(columns, key=lambda each: each.values)
    noun = _PLURALS.get(finest.name, f"values of {visible(finest.name)}")
    over = f"{count(finest.values)} {noun}"
    known = finest.lost >= finest.at_most
    if finest.lost <= _MORE_THAN_EXPECTED * finest.expected and known:
        return f"spread evenly over all {over}"
    if finest.lost > _NAMED:
        largest = f"{visible(finest.value)} ({percent(finest.lost, 0)})"
        if known:
            return f"spread over {over}, most in {largest}"
        most = percent(finest.at_most, 0)
        return f"spread over {over}: much in {largest}, none has more than {most}"
    return f"spread over {over}: none has more than {percent(finest.at_most, 0)} of it"


_PLURALS = {"lang": "languages", "speaker": "speakers", "source": "sources"}


def _largest(
    profile: Profile,
    name: str,
    values: tuple[Stratum, ...],
    hours_of: Callable[[Stratum], float],
    total: float,
) -> _Column | None:
    """What a column says of a loss; a profile lists the values with the most hours only."""
    listed = sum(map(hours_of, values))
    total = max(total, listed)
    worst = max(values, key=hours_of, default=None)
    if worst is None or not total or not worst.hours or not profile.totals.hours:
        return None
    coverage = (profile.coverage or {}).get(name)
    number_of_values = max(len(values), coverage.values if coverage else 0)
    if len(values) < 2 or worst.value is None:
        return None
    rest = total - listed if number_of_values > len(values) else 0.0
    unlisted = min(rest, min(each.hours for each in values))
    return _Column(
        name,
        worst.value,
        number_of_values,
        hours_of(worst) / total,
        worst.hours / profile.totals.hours,
        max(hours_of(worst), unlisted) / total,
    )
