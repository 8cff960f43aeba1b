"""How much of each stratum the rules reject: some noise in training helps, and whole languages lost
to a limit made for another do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from curate.columns import DURATION_US, MALFORMED, OVERRIDE, TAGS, US_PER_HOUR, VERDICT
from curate.errors import ConfigError
from curate.ruleset import RuleSet

LEAST_US = 60_000_000
"""Strata of less than a minute are not warned about: a share of so little says nothing."""
WARNED = 10
"""Strata that are warned about one by one."""

Json = dict[str, object]


def rejected_by_stratum(records: Path, columns: Sequence[str], rules: RuleSet) -> Json:
    """The strata of which a larger share of hours is rejected than the rules allow, worst first.

    What people rejected is not the rules' doing, and counts as kept.
    """
    table = pl.scan_parquet(records).filter(MALFORMED.expr.is_null())
    strata = [each for column in dict.fromkeys(columns) for each in _over(table, column, rules)]
    strata.sort(key=lambda each: (-each["share"], each["column"], each["value"] or ""))
    return {"most": rules.max_rejected, "strata": strata}


def warnings_of(found: Mapping[str, Any]) -> list[str]:
    """One warning for each stratum, the worst first; beyond WARNED their number alone."""
    said = [_said(each, found["most"]) for each in found["strata"][:WARNED]]
    more = len(found["strata"]) - WARNED
    return [*said, f"so are {more:,} more strata (profile.json: rejected)"] if more > 0 else said


def share_of(text: str) -> float:
    """A share as people write it, `10%` or `0.1`. ConfigError for what is none."""
    number = text.strip().removesuffix("%")
    try:
        share = float(number) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        what = f"'{text}' is no share of hours above 0"
        raise ConfigError.of("--max-rejected", what, "write 10% or 0.1")
    return share


def _said(each: Mapping[str, Any], most: float) -> str:
    value = "none given" if each["value"] is None else f"'{each['value']}'"
    rule = f", most of it by {each['worst_rule']}" if each["worst_rule"] else ""
    return (
        f"{each['column']} {value}: {each['share']:.0%} of {each['hours']:.2f} h is rejected, "
        f"more than {most:.0%}{rule}"
    )


def _over(table: pl.LazyFrame, column: str, rules: RuleSet) -> list[dict[str, Any]]:
    bad = (VERDICT.expr == "bad") & OVERRIDE.expr.is_null()
    counted = (
        table.group_by(column)
        .agg(DURATION_US.expr.sum().alias("us"), DURATION_US.expr.filter(bad).sum().alias("bad"))
        .filter((pl.col("us") >= LEAST_US) & (pl.col("bad") > pl.col("us") * rules.max_rejected))
        .collect()
    )
    return [
        {
            "column": column,
            "value": value,
            "hours": round(us / US_PER_HOUR, 6),
            "rejected_hours": round(lost / US_PER_HOUR, 6),
            "share": round(lost / us, 6),
            "worst_rule": _worst_rule(table.filter(bad), column, value),
        }
        for value, us, lost in counted.iter_rows()
    ]


def _worst_rule(rejected: pl.LazyFrame, column: str, value: str | None) -> str:
    """The rule that rejects most of a stratum's hours, alone or with others."""
    tags = (
        rejected.filter(pl.col(column).eq_missing(pl.lit(value)))
        .select(TAGS.expr, DURATION_US.expr)
        .explode(TAGS.name)
        .filter(TAGS.expr.cast(pl.String).str.starts_with("bad:"))
        .group_by(TAGS.name)
        .agg(DURATION_US.expr.sum())
        .sort(DURATION_US.name, TAGS.name, descending=[True, False])
        .head(1)
        .collect()
    )
    return str(tags[TAGS.name][0]).removeprefix("bad:") if tags.height else ""
