"""How much of each stratum the rules reject or keep out of eval: some noise in training helps, and
whole languages, or half of a fast speaker's hours, lost to a limit made for others do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from curate.profiles.named import hours
from curate.rules.file import RuleSet

LEAST_US = 60_000_000
"""Strata of less than a minute are not warned about: a share of so little says nothing."""
OF_SPEAKER = 0.5
"""The share of a speaker's hours that may be kept from eval without a warning: single speakers vary
more than languages and sources do.
"""
WARNED = 10
"""Strata that are warned about one by one."""


def rejected_by_stratum(records: Path, columns: Sequence[str], rules: RuleSet) -> StratumShares:
    """The strata of which a larger share of hours is rejected than the rules allow, worst first.

    Records rejected manually are not the rules' doing, and count as accepted.
    """
    table = pl.scan_parquet(records).filter(MALFORMED.expr.is_null())
    most = rules.max_rejected
    strata = [
        each for column in dict.fromkeys(columns) for each in _over(table, column, "bad", most)
    ]
    return StratumShares(what="rejected", most=most, strata=_worst_first(strata))


def borderline_by_stratum(records: Path, columns: Sequence[str], rules: RuleSet) -> StratumShares:
    """The same of hours that train and never measure a model; and speakers beside `columns`, where
    more than OF_SPEAKER of their hours is (or more than the rules allow, if that is more).

    Of a speaker, hours that a rule for groups keeps out of eval do not count: they are in
    `group_rules`.
    """
    table = pl.scan_parquet(records).filter(MALFORMED.expr.is_null())
    most, groups = rules.max_borderline, [f"borderline:{rule.id}" for rule in rules.groups]
    by_group = pl.any_horizontal(pl.lit(False), *map(TAGS.expr.list.contains, groups))
    of_speakers = table.filter(SPEAKER.expr.is_not_null() & ~by_group)
    tables = dict.fromkeys(columns, table)
    if table.select(SPEAKER.expr.n_unique()).collect(engine="streaming").item() > 1:
        tables[SPEAKER.name] = of_speakers
    allowed = {SPEAKER.name: max(most, OF_SPEAKER)}
    strata = [
        each
        for column, rows in tables.items()
        for each in _over(rows, column, "borderline", allowed.get(column, most))
    ]
    return StratumShares(what="kept from eval", most=most, strata=_worst_first(strata))


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
    rows = f"rows without {each.column}" if each.value is None else f"{each.column} '{each.value}'"
    rule = f", most of it by {each.worst_rule}" if each.worst_rule else ""
    return (
        f"{rows}: {each.share:.0%} of {duration(hours=each.hours)} is "
        f"{what}, more than {each.most:.0%}{rule}"
    )


def _over(table: pl.LazyFrame, column: str, verdict: str, most: float) -> list[StratumShare]:
    lost_ = (VERDICT.expr == verdict) & OVERRIDE.expr.is_null()
    counted = (
        table.group_by(pl.col(column).alias("value"))  # a field may be named as a sum is
        .agg(DURATION_US.expr.sum().alias("us"), DURATION_US.expr.filter(lost_).sum().alias("lost"))
        .filter((pl.col("us") >= LEAST_US) & (pl.col("lost") > pl.col("us") * most))
        .collect(engine="streaming")
    )
    return [
        StratumShare(
            column=column,
            value=value,
            hours=hours(us),
            rejected_hours=lost_hours if verdict == "bad" else None,
            borderline_hours=lost_hours if verdict == "borderline" else None,
            share=round(lost / us, 6),
            most=most,
            worst_rule=_worst_rule(table.filter(lost_), column, value, verdict),
        )
        for value, us, lost in counted.iter_rows()
        for lost_hours in [hours(lost)]
    ]


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
