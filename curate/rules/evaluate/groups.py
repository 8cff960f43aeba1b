"""Groups evaluated as a whole: the otherwise clean rows of a failing one become borderline.

A second pass over rows with verdicts: one pass counts every group, another marks the rows. Sums
are of whole numbers, so that neither threads nor the order of rows change anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from curate.artifacts.columns import (
    DURATION_US,
    MALFORMED,
    REASON,
    RECORDING_KEY,
    TAGS,
    VERDICT,
    record_id,
)
from curate.formatting.units import US_PER_HOUR
from curate.rules.evaluate.reasons import free_words, operands
from curate.rules.expression import Batch, names_in
from curate.rules.file import GroupRule, RuleSet

KEEP_TAG = "override:keep"
"""The tag of rows that a person called clean: no group changes that."""
VALUE = "_value"
FIRST = "_first"
_SHARE = "_share"
_MILLION = 1e6
AT_ONCE = 1 << 22
"""Keys of recordings that are sorted at a time."""


SizesOf = Callable[[str], pl.DataFrame]
"""By a column the rows with a verdict of each of its values (VALUE; none without one): `rows`,
microseconds `us`, and rows by verdict, as `bad_rows`.
"""


class GroupOutcome(NamedTuple):
    """A rule, and the groups that it could evaluate: VALUE (what they have in common; a key where
    that is the recording, and FIRST then is the id of a row), rows, hours and what the rule counts
    for; and whether it `fails`.
    """

    rule: GroupRule
    groups: pl.DataFrame

    @property
    def failing(self) -> pl.DataFrame:
        """The groups that fail, in the order of VALUE."""
        return self.groups.filter(pl.col("fails"))

    @property
    def words(self) -> list[str]:
        """Why each of the failing groups fails."""
        named = "recording of " if self.rule.by == "recording" else f"{self.rule.by} "
        condition, failing = self.rule.borderline, self.failing
        columns = [failing[name].to_list() for name in operands(condition)]
        reasons = free_words(condition, columns, self.rule.reason)
        return [f"{named}{name}: {why}" for name, why in zip(self.names, reasons, strict=True)]

    @property
    def names(self) -> pl.Series:
        """How the failing groups are called."""
        return self.failing[FIRST if self.rule.by == "recording" else VALUE]


def evaluate_groups(
    rows: pl.LazyFrame, rules: RuleSet, sizes_of: SizesOf | None = None
) -> list[GroupOutcome]:
    """How each rule for groups applies to the groups of rows: those with a verdict, but for
    rows tagged by a rule that is not for groups. `sizes_of` is used in place of the rows where it
    says enough.
    """
    counted = _counted(rows, rules) if rules.groups else rows
    known = None if not_counted(rules) else sizes_of
    return [
        _evaluate_sizes(known(column_of(rule)), rule)
        if known and _needs_sizes_only(rule)
        else _evaluate_group(rows, counted, rule)
        for rule in rules.groups
    ]


def not_counted(rules: RuleSet) -> frozenset[str]:
    """The tags of rows that count in no rule for groups."""
    severities = ("bad", "borderline")
    return frozenset(
        f"{severity}:{rule.id}"
        for rule in rules.rules
        if not rule.in_groups
        for severity in severities
    )


def _counted(rows: pl.LazyFrame, rules: RuleSet) -> pl.LazyFrame:
    left_out = sorted(not_counted(rules))
    if not left_out or TAGS.name not in rows.collect_schema():
        return rows.filter(VERDICT.expr.is_not_null())
    return rows.filter(~TAGS.expr.list.eval(pl.element().is_in(left_out)).list.any())


def column_of(rule: GroupRule) -> str:
    """The column that says which group a row is of."""
    return RECORDING_KEY.name if rule.by == "recording" else rule.by


def large_groups(rows: pl.LazyFrame, rule: GroupRule) -> pl.Series:
    """The groups that have as many rows as the rule requires, sorted."""
    key = column_of(rule)
    known = rows.filter(MALFORMED.expr.is_null() & pl.col(key).is_not_null()).select(key)
    if rows.collect_schema()[key].is_integer():
        # Recordings may be as many as rows: in parts, or their keys would fill the memory.
        rows_read = int(known.select(pl.len()).collect(engine="streaming").item())
        parts = max(1, -(-rows_read // AT_ONCE))
        some = [known.filter(pl.col(key) % parts == part) for part in range(parts)]
        return pl.concat([_keys_of_many(each, key, rule.rows) for each in some]).sort()
    sizes_of = known.group_by(key).len().filter(pl.col("len") >= rule.rows)
    return sizes_of.select(key).collect(engine="streaming").to_series().sort()


def _keys_of_many(keys_of_rows: pl.LazyFrame, key: str, least: int) -> pl.Series:
    """The keys that `least` rows have, or more."""
    keys = np.sort(keys_of_rows.collect(engine="streaming")[key].to_numpy())
    last = max(0, keys.size - least + 1)
    first_of_many = keys[:last][keys[:last] == keys[least - 1 :][:last]]
    return pl.Series(key, np.unique(first_of_many))


def _evaluate_group(rows: pl.LazyFrame, counted: pl.LazyFrame, rule: GroupRule) -> GroupOutcome:
    key = pl.col(column_of(rule))
    known = counted.filter(MALFORMED.expr.is_null() & key.is_not_null())
    if rule.rows > 1 and rule.by == "recording":
        # Those with enough rows of any kind: which count is in the tags, the slowest to read.
        large = large_groups(rows, rule)
        few = known.limit(0) if large.is_empty() else known  # the plan of no row reads none
        known = few.join(large.to_frame().lazy(), on=large.name, how="semi")
    groups = (
        known.group_by(key.alias(VALUE))
        .agg(_counts(rule))
        .with_columns((pl.col("_us") / US_PER_HOUR).alias("hours"))
        .filter((pl.col("rows") >= rule.rows) & (pl.col("hours") >= rule.hours))
        .sort(VALUE)
        .drop("_us")
        .collect(engine="streaming")
    )
    return _outcome(groups, rule)


def _needs_sizes_only(rule: GroupRule) -> bool:
    names = names_in(rule.borderline.node)
    return rule.by != "recording" and not any(name.endswith(")") for name in names)


def _evaluate_sizes(sizes: pl.DataFrame, rule: GroupRule) -> GroupOutcome:
    names = names_in(rule.borderline.node)
    shares = [name for name in names if name.endswith(_SHARE)]
    hours = (pl.col("us") / US_PER_HOUR).alias("hours")
    groups = sizes.select(
        VALUE,
        "rows",
        *((_rows_of(name.removesuffix(_SHARE)) / pl.col("rows")).alias(name) for name in shares),
        hours,
    )
    enough = (pl.col("rows") >= rule.rows) & (pl.col("hours") >= rule.hours)
    return _outcome(groups.filter(enough).sort(VALUE), rule)


def _rows_of(verdict: str) -> pl.Expr:
    return pl.col(f"{verdict}_rows")


def _outcome(groups: pl.DataFrame, rule: GroupRule) -> GroupOutcome:
    fails = Batch(groups).decide(rule.borderline.node).yes
    return GroupOutcome(rule, groups.with_columns(pl.Series("fails", fails)))


def _counts(rule: GroupRule) -> Iterator[pl.Expr]:
    yield pl.len().cast(pl.Int64).alias("rows")
    yield DURATION_US.expr.sum().alias("_us")
    if rule.by == "recording":  # whose key says nothing to people
        yield record_id().min().alias(FIRST)
    for name in names_in(rule.borderline.node):
        if name.endswith(_SHARE):
            has_verdict = VERDICT.expr == pl.lit(name.removesuffix(_SHARE), VERDICT.dtype)
            yield (has_verdict.sum() / pl.len()).alias(name)
        elif name.endswith(")"):
            statistic, _, metric = name[:-1].partition("(")
            yield _STATISTICS[statistic](pl.col(metric)).alias(name)


def _mean(metric: pl.Expr) -> pl.Expr:
    known = metric.cast(pl.Float64).clip(-9e12, 9e12)
    return (known * _MILLION).round().cast(pl.Int64).sum() / metric.count() / _MILLION


_STATISTICS = {"median": pl.Expr.median, "mean": _mean}


def demote(rows: pl.LazyFrame, outcomes: Sequence[GroupOutcome]) -> pl.LazyFrame:
    """The rows, in order, with those of failing groups that were clean called borderline."""
    names = rows.collect_schema().names()
    marked = rows
    rule_of_column: dict[str, str] = {}
    for at, each in enumerate(outcomes):
        key, words = column_of(each.rule), f"_words_{at}"
        failing = each.failing.select(
            pl.col(VALUE).alias(key), pl.Series(words, each.words, pl.String)
        )
        if failing.height:
            marked = marked.join(failing.lazy(), on=key, how="left", maintain_order="left")
            rule_of_column[words] = each.rule.id
    return marked.with_columns(*_demoted(rule_of_column)).select(names) if rule_of_column else rows


def _demoted(rule_of_column: Mapping[str, str]) -> Iterator[pl.Expr]:
    clean = (VERDICT.expr == "clean") & ~TAGS.expr.list.contains(KEEP_TAG)
    hit = clean & pl.any_horizontal(pl.col(words).is_not_null() for words in rule_of_column)
    tags = [
        pl.when(pl.col(words).is_not_null()).then(pl.lit(f"borderline:{rule}"))
        for words, rule in rule_of_column.items()
    ]
    extended_tags = pl.concat_list(TAGS.expr, pl.concat_list(tags).list.drop_nulls())
    reason = pl.concat_str(*rule_of_column, REASON.expr, separator="; ", ignore_nulls=True)
    yield (
        pl.when(hit)
        .then(pl.lit("borderline", VERDICT.dtype))
        .otherwise(VERDICT.expr)
        .alias(VERDICT.name)
    )
    yield pl.when(hit).then(extended_tags).otherwise(TAGS.expr).alias(TAGS.name)
    yield pl.when(hit).then(reason).otherwise(REASON.expr).alias(REASON.name)
