"""What profile.json says of the groups of a column: its strata, its worst groups, its coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curate.artifacts.columns import LANG
from curate.artifacts.profile import Coverage, Group, Stratum
from curate.profiles.named import hours
from curate.profiles.records_table import RecordsTable
from curate.profiles.statistics.medians import MedianRates, Medians

LARGEST_STRATA = 50
WORST_GROUPS = 20
LEAST_GROUP_US = 60_000_000
"""Below a minute, a share of bad hours says little about a speaker."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """Each by column."""

    strata: Mapping[str, tuple[Stratum, ...]]
    coverage: Mapping[str, Coverage]
    worst_groups: Mapping[str, tuple[Group, ...]]


def median_rates(table: RecordsTable, columns: Sequence[str]) -> MedianRates:
    """The middle rates of the strata that `summarise_groups` says, to be counted."""
    return MedianRates(
        {name: [row[0] for row in table.strata(name, LARGEST_STRATA)] for name in columns}
    )


def summarise_groups(table: RecordsTable, columns: Sequence[str], medians: Medians) -> Grouped:
    """What the groups of these columns are, and have."""
    return Grouped(
        strata={name: _strata(table, name, medians[name]) for name in columns},
        coverage={
            name: Coverage(values=values, rows=declared, hours=hours(us))
            for name, (values, declared, us) in table.coverage(columns).items()
        },
        worst_groups={name: _worst_groups(table, name) for name in columns if name != LANG.name},
    )


def _strata(
    table: RecordsTable, column: str, medians: Mapping[str | None, float]
) -> tuple[Stratum, ...]:
    return tuple(
        Stratum(
            value=value,
            rows=n,
            hours=hours(us),
            clean_hours=hours(clean),
            borderline_hours=hours(borderline),
            unknown_hours=hours(unknown),
            bad_hours=hours(bad),
            char_rate_p50=medians.get(value),
        )
        for value, n, us, clean, borderline, unknown, bad in table.strata(column, LARGEST_STRATA)
    )


def _worst_groups(table: RecordsTable, column: str) -> tuple[Group, ...]:
    """Speakers and the like of whose hours the largest share is bad."""
    return tuple(
        Group(
            value=value,
            rows=n,
            hours=hours(us),
            bad_hours=hours(bad),
            bad_share=round(bad / us, 6),
        )
        for value, n, us, bad in table.worst_groups(column, LEAST_GROUP_US, WORST_GROUPS)
    )
