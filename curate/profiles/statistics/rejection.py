"""How much of each stratum the rules reject or keep out of eval: some noise in training helps, and
whole languages, or half of a fast speaker's hours, lost to a limit made for others do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from curate.artifacts.columns import (
    DURATION_US,
    MALFORMED,
    OVERRIDE,
    SPEAKER,
    TAGS,
    US_PER_HOUR,
    VERDICT,
)
from curate.errors import ConfigError
from curate.formatting.units import duration
from curate.rules.file import RuleSet

LEAST_US = 60_000_000
"""Strata of less than a minute are not warned about: a share of so little says nothing."""
OF_SPEAKER = 0.5
"""The share of a speaker's hours that may be kept from eval without a warning: single speakers vary
more than languages and sources do.
"""
WARNED = 10
"""Strata that are warned about one by one."""

Json = dict[str, object]


def rejected_by_stratum(records: Path, columns: Sequence[str], rules: RuleSet) -> Json:
    """The strata of which a larger share of hours is rejected than the rules allow, worst first.

    What people rejected is not the rules' doing, and counts as kept.
    """
    table = pl.scan_parquet(records).filter(MALFORMED.expr.is_null())
    found = [
        each
        for column in dict.fromkeys(columns)
        for each in _over(table, column, "bad", rules.max_rejected)
    ]
    return {"what": "rejected", "most": rules.max_rejected, "strata": _worst_first(found)}


def borderline_by_stratum(records: Path, columns: Sequence[str], rules: RuleSet) -> Json:
    """The same of hours that train and never measure a model; and speakers beside `columns`, where
    more than OF_SPEAKER of their hours is (or more than the rules allow, if that is more).

    Of a speaker, hours that a rule for groups keeps out of eval do not count: they are in
    `group_rules`.
    """
    table = pl.scan_parquet(records).filter(MALFORMED.expr.is_null())
    most, groups = rules.max_borderline, [f"borderline:{rule.id}" for rule in rules.groups]
    by_group = TAGS.expr.list.set_intersection(groups).list.len() > 0
    of_speakers = table.filter(SPEAKER.expr.is_not_null() & ~by_group)
    tables = dict.fromkeys(columns, table)
    if table.select(SPEAKER.expr.n_unique()).collect().item() > 1:
        tables[SPEAKER.name] = of_speakers
    allowed = {SPEAKER.name: max(most, OF_SPEAKER)}
    found = [
        each
        for column, rows in tables.items()
        for each in _over(rows, column, "borderline", allowed.get(column, most))
    ]
    return {"what": "kept from eval", "most": most, "strata": _worst_first(found)}


def _worst_first(strata: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Languages and sources before speakers, of whom there are many."""
    return sorted(
        strata,
        key=lambda each: (
            each["column"] == SPEAKER.name, -each["share"], each["column"], each["value"] or "",
        ),
    )  # fmt: skip


def warnings_of(found: Mapping[str, Any]) -> list[str]:
    """One warning for each stratum, the worst first; beyond WARNED their number alone."""
    said = [_said(each, found) for each in found["strata"][:WARNED]]
    more = len(found["strata"]) - WARNED
    if more <= 0:
        return said
    key = found["what"].replace(" ", "_")
    return [*said, f"so are {more:,} more strata (profile.json: {key})"]


def gates_of(found: Mapping[str, Any]) -> list[str]:
    """The warnings that fail a gate (see `gated_strata`)."""
    return warnings_of({**found, "strata": gated_strata(found)})


def gated_strata(found: Mapping[str, Any]) -> list[Any]:
    """Strata that fail a gate: languages, sources and the like, not single speakers."""
    return [each for each in found["strata"] if each["column"] != SPEAKER.name]


def share_of(text: str, option: str = "--max-rejected") -> float:
    """A share as people write it, `10%` or `0.1`. ConfigError, at the option, for what is none."""
    number = text.strip().removesuffix("%")
    try:
        share = float(number) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        what = f"'{text}' is no share of hours above 0"
        raise ConfigError.of(option, what, "write 10% or 0.1")
    return share


def _said(each: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    value = "none given" if each["value"] is None else f"'{each['value']}'"
    rule = f", most of it by {each['worst_rule']}" if each["worst_rule"] else ""
    return (
        f"{each['column']} {value}: {each['share']:.0%} of {duration(hours=each['hours'])} is "
        f"{found['what']}, more than {each['most']:.0%}{rule}"
    )


def _over(table: pl.LazyFrame, column: str, verdict: str, most: float) -> list[dict[str, Any]]:
    lost_ = (VERDICT.expr == verdict) & OVERRIDE.expr.is_null()
    counted = (
        table.group_by(column)
        .agg(DURATION_US.expr.sum().alias("us"), DURATION_US.expr.filter(lost_).sum().alias("lost"))
        .filter((pl.col("us") >= LEAST_US) & (pl.col("lost") > pl.col("us") * most))
        .collect()
    )
    return [
        {
            "column": column,
            "value": value,
            "hours": round(us / US_PER_HOUR, 6),
            f"{_HOURS[verdict]}_hours": round(lost / US_PER_HOUR, 6),
            "share": round(lost / us, 6),
            "most": most,
            "worst_rule": _worst_rule(table.filter(lost_), column, value, verdict),
        }
        for value, us, lost in counted.iter_rows()
    ]


_HOURS = {"bad": "rejected", "borderline": "borderline"}


def _worst_rule(lost: pl.LazyFrame, column: str, value: str | None, verdict: str) -> str:
    """The rule that takes most of a stratum's hours, alone or with others."""
    tags = (
        lost.filter(pl.col(column).eq_missing(pl.lit(value)))
        .select(TAGS.expr, DURATION_US.expr)
        .explode(TAGS.name)
        .filter(TAGS.expr.cast(pl.String).str.starts_with(f"{verdict}:"))
        .group_by(TAGS.name)
        .agg(DURATION_US.expr.sum())
        .sort(DURATION_US.name, TAGS.name, descending=[True, False])
        .head(1)
        .collect()
    )
    return str(tags[TAGS.name][0]).removeprefix(f"{verdict}:") if tags.height else ""
