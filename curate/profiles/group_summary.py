"""What profile.json says of the groups of a column: its strata, its worst groups, its coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curate.artifacts.columns import LANG
from curate.artifacts.profile import Coverage, Group, Stratum
from curate.profiles.named import hours
from curate.profiles.opened import Row
from curate.profiles.records_table import RecordsTable

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


def summarise_groups(table: RecordsTable, columns: Sequence[str]) -> Grouped:
    """What the groups of these columns are, and have."""
    return Grouped(
        strata={
            name: tuple(map(_stratum, rows))
            for name, rows in table.strata(columns, LARGEST_STRATA).items()
        },
        coverage={
            name: Coverage(values=values, rows=declared, hours=hours(us))
            for name, (values, declared, us) in table.coverage(columns).items()
        },
        worst_groups={name: _worst_groups(table, name) for name in columns if name != LANG.name},
    )


def _stratum(row: Row) -> Stratum:
    value, rows, us, clean, borderline, unknown, bad, median = row
    return Stratum(
        value=value,
        rows=rows,
        hours=hours(us),
        clean_hours=hours(clean),
        borderline_hours=hours(borderline),
        unknown_hours=hours(unknown),
        bad_hours=hours(bad),
        char_rate_p50=median,
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
