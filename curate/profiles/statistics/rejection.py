"""How much of each stratum the rules reject or keep out of eval: some noise in training helps, and
whole languages, or half of a fast speaker's hours, lost to a limit made for others do not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate.artifacts.columns import (
    DURATION_US,
    MALFORMED,
    OVERRIDE,
    SPEAKER,
    TAGS,
    VERDICT,
)
from curate.artifacts.profile import StratumShare, StratumShares
from curate.formatting.units import duration
from curate.formatting.values import rows_with
from curate.profiles.named import hours
from curate.profiles.opened import Row
from curate.profiles.records_table import RecordsTable
from curate.profiles.rows import scan
from curate.profiles.small_table import losses
from curate.rules.file import RuleSet

LEAST_US = 60_000_000
"""Strata of less than a minute are not warned about: a share of so little says nothing."""
OF_SPEAKER = 0.5
"""The share of a speaker's hours that may be kept from eval without a warning: single speakers vary
more than languages and sources do.
"""
WARNED = 10
"""Strata that are warned about one by one."""


def kept_out(
    table: RecordsTable,
    records: Path,
    columns: Sequence[str],
    rules: RuleSet,
    moving: Collection[str] = (),
) -> tuple[StratumShares, StratumShares]:
    """The strata of which a larger share of hours is rejected than the rules allow, worst first;
    the same of hours that train and never measure a model. `table` is the open one of `records`.

    Records decided manually are not the rules' doing, and count as accepted. The second covers
    speakers beside `columns`, where more than OF_SPEAKER of their hours is kept from eval (or more
    than the rules allow, if that is more). Of a speaker, hours that a rule for groups keeps out of
    eval do not count: they are in `group_rules`. `moving` names the rules for groups that do.
    """
    rows = scan(records).filter(MALFORMED.expr.is_null())
    most = {"bad": rules.max_rejected, "borderline": rules.max_borderline}
    strata = [
        each
        for column in dict.fromkeys(columns)
        for lost in table.losses(column, LEAST_US, most)
        for each in _Stratum(column, rows, most).shares(lost)
    ]
    if table.distinct(SPEAKER.name) > 1:
        strata += _of_speakers(table, rows, max(rules.max_borderline, OF_SPEAKER), moving)
    rejected = _worst_first(each for each in strata if each.rejected_hours is not None)
    borderline = _worst_first(each for each in strata if each.borderline_hours is not None)
    return (
        StratumShares(what="rejected", most=most["bad"], strata=rejected),
        StratumShares(what="kept from eval", most=most["borderline"], strata=borderline),
    )


def _of_speakers(
    table: RecordsTable, rows: pl.LazyFrame, share: float, moving: Collection[str]
) -> Iterator[StratumShare]:
    most = {"borderline": share}
    if moving:  # reading all tags takes longer than everything else here
        moved = [TAGS.expr.list.contains(f"borderline:{rule}") for rule in moving]
        rows = rows.filter(~pl.any_horizontal(moved))
        lost = losses(rows, SPEAKER.name, LEAST_US, most)
    else:
        lost = table.losses(SPEAKER.name, LEAST_US, most)
    for each in lost:
        if each[0] is not None:
            yield from _Stratum(SPEAKER.name, rows, most).shares(each)


def _worst_first(strata: Iterable[StratumShare]) -> tuple[StratumShare, ...]:
    """Languages and sources before speakers, of whom there are many."""

    def rank(each: StratumShare) -> tuple[bool, float, str, str]:
        return each.column == SPEAKER.name, -each.share, each.column, each.value or ""

    return tuple(sorted(strata, key=rank))


def warnings_of(shares: StratumShares) -> list[str]:
    """One warning for each stratum, the worst first; beyond WARNED only their number."""
    return _warnings(shares, shares.strata)


def gates_of(shares: StratumShares) -> list[str]:
    """The warnings that fail a gate (see `gated_strata`)."""
    return _warnings(shares, gated_strata(shares))


def gated_strata(shares: StratumShares) -> tuple[StratumShare, ...]:
    """Strata that fail a gate: languages, sources and the like, not single speakers."""
    return tuple(each for each in shares.strata if each.column != SPEAKER.name)


def _warnings(shares: StratumShares, strata: Sequence[StratumShare]) -> list[str]:
    warnings = [_describe(each, shares.what) for each in strata[:WARNED]]
    more = len(strata) - WARNED
    if more <= 0:
        return warnings
    key = shares.what.replace(" ", "_")
    return [*warnings, f"so are {more:,} more strata (profile.json: {key})"]


def _describe(each: StratumShare, what: str) -> str:
    rule = f", most of it by {each.worst_rule}" if each.worst_rule else ""
    return (
        f"{rows_with(each.column, each.value)}: {each.share:.0%} of {duration(hours=each.hours)} "
        f"is {what} (limit {each.most:.0%}){rule}"
    )


@dataclass(frozen=True, slots=True)
class _Stratum:
    """A value of a column in some rows, and by verdict the share of hours that it may take."""

    column: str
    rows: pl.LazyFrame
    most: Mapping[str, float]

    def shares(self, losses: Row) -> Iterator[StratumShare]:
        """What `RecordsTable.losses` says of a value, for each verdict that takes more."""
        value, us, *lost = losses
        for (verdict, most), lost_us in zip(self.most.items(), lost, strict=True):
            if lost_us > us * most:
                taken = self.rows.filter((VERDICT.expr == verdict) & OVERRIDE.expr.is_null())
                rule = _worst_rule(taken, self.column, value, verdict)
                yield self._share(value, us, verdict, lost_us, rule)

    def _share(
        self, value: str | None, us: int, verdict: str, lost_us: int, rule: str
    ) -> StratumShare:
        return StratumShare(
            column=self.column,
            value=value,
            hours=hours(us),
            rejected_hours=hours(lost_us) if verdict == "bad" else None,
            borderline_hours=hours(lost_us) if verdict == "borderline" else None,
            share=round(lost_us / us, 6),
            most=self.most[verdict],
            worst_rule=rule,
        )


def _worst_rule(lost: pl.LazyFrame, column: str, value: str | None, verdict: str) -> str:
    """The rule that takes most of a stratum's hours, unique or not."""
    tags = (
        lost.filter(pl.col(column).eq_missing(pl.lit(value)))
        .select(TAGS.expr, DURATION_US.expr)
        .explode(TAGS.name)
        .filter(TAGS.expr.cast(pl.String).str.starts_with(f"{verdict}:"))
        .group_by(TAGS.name)
        .agg(DURATION_US.expr.sum())
        .sort(DURATION_US.name, TAGS.name, descending=[True, False])
        .head(1)
        .collect(engine="streaming")
    )
    return str(tags[TAGS.name][0]).removeprefix(f"{verdict}:") if tags.height else ""
