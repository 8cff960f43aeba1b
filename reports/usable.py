"""How much of a corpus has one of some verdicts, and its share of the hours."""

from __future__ import annotations

from collections.abc import Collection

from curate.artifacts.profile import Profile
from reports.format import share


def usable(profile: Profile, verdicts: Collection[str]) -> tuple[float, float | None]:
    """Hours of the rows with these verdicts, and their share of all hours.

    The share is 1 where every row has one: hours by verdict are rounded, and need not add up.
    """
    taken = [item for item in profile.verdicts if item.verdict in verdicts]
    hours = sum(item.hours for item in taken)
    is_all = profile.totals.rows and sum(item.rows for item in taken) == profile.totals.rows
    return hours, 1.0 if is_all else share(hours, profile.totals.hours)
