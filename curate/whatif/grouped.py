"""Groups that fail by the rules for groups, as they are: their rows measure no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.arrays import Int64s
from curate.artifacts.columns import (
    DURATION_US,
    LINE,
    MALFORMED,
    SOURCE,
    VERDICT,
    VERDICT_TYPE,
)
from curate.artifacts.profile import Profile
from curate.artifacts.verdicts import VERDICTS
from curate.environment.cores import thread_count
from curate.manifest.read import in_order
from curate.rules.evaluate import evaluate_each, malformed_rows
from curate.rules.evaluate.groups import (
    VALUE,
    GroupOutcome,
    column_of,
    evaluate_groups,
    large_groups,
)
from curate.rules.expression import Batch
from curate.rules.file import GroupRule, RuleSet
from curate.whatif.binning import Kinds
from curate.whatif.classes import Classes, settled, settling

BORDERLINE = VERDICTS.index("borderline")
_BATCH = 122_880

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Failing:
    """For each rule for groups, in order, the groups that fail by it."""

    outcomes: tuple[GroupOutcome, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The columns that say which group a row is of, where a group fails."""
        return [column_of(each.rule) for each in self.outcomes if each.failing.height]

    def masks(self, rows: pl.DataFrame) -> list[Mask]:
        """For each rule, which rows are of a failing group."""
        return [self._mask(rows, each) for each in self.outcomes]

    def _mask(self, rows: pl.DataFrame, outcome: GroupOutcome) -> Mask:
        failed = outcome.failing[VALUE]
        if not failed.len():
            return np.zeros(rows.height, np.bool_)
        return rows[column_of(outcome.rule)].is_in(failed.implode()).fill_null(False).to_numpy()

    def demoted(self, rows: pl.DataFrame, verdicts: Codes) -> Codes:
        """The verdicts with those of clean rows in failing groups borderline; people's stand."""
        for mask in self.masks(rows):
            moved = mask & (verdicts == 0) & (settled(rows) == 0)
            verdicts = np.where(moved, BORDERLINE, verdicts)
        return verdicts


def failing(records: Path, rules: RuleSet, none_failed: bool = False) -> Failing:
    """The groups that fail by these rules; nothing is read where there is no rule for groups, and
    where it is known that `none_failed`.

    Most recordings and many speakers are too small to be evaluated: only the rows of the others are
    examined, and verdicts are decided only where there are such.
    """
    plan = pl.scan_parquet(records)
    if none_failed:
        large = [pl.Series()] * len(rules.groups)
    else:
        large = [large_groups(plan, rule) for rule in rules.groups]
    verdicts = _verdicts(records, rules) if any(each.len() for each in large) else None
    return Failing(
        tuple(
            evaluate_groups(_rows(plan, rule, values, verdicts), replace(rules, groups=(rule,)))[0]
            for rule, values in zip(rules.groups, large, strict=True)
        )
    )


def all_passed(profile: Profile, rules: RuleSet) -> bool:
    """Whether the profile evaluated its groups by these very rules, and none failed."""
    evaluated = [(each.rule, each.by, each.condition) for each in profile.group_rules]
    stated = [(each.id, each.by, each.borderline.text) for each in rules.groups]
    same = profile.rules.sha256 == rules.sha256 and evaluated == stated
    return same and not any(each.failed for each in profile.group_rules)


def _rows(
    plan: pl.LazyFrame, rule: GroupRule, large: pl.Series, verdicts: pl.Series | None
) -> pl.LazyFrame:
    if verdicts is None or not large.len():
        return plan.head(0)
    key = column_of(rule)
    places = (SOURCE.name, LINE.name) if rule.by == "recording" else ()
    names = dict.fromkeys((key, *rule.metrics(), *places, DURATION_US.name, MALFORMED.name))
    rows = plan.select(*names).collect().with_columns(verdicts)
    return rows.filter(pl.col(key).is_in(large.implode())).lazy()


def _verdicts(records: Path, rules: RuleSet) -> pl.Series:
    """The verdict of each row by the rules for records; null where it counts in no group."""
    plan = pl.scan_parquet(records).select(*dict.fromkeys((*rules.names, *settling(records))))
    rows = int(pl.scan_parquet(records).select(pl.len()).collect().item())
    work = partial(_codes, plan, rules, Classes.of([rules], {}))
    codes = np.concatenate(list(in_order(work, range(0, rows, _BATCH), thread_count())))
    return pl.Series(VERDICT.name, [*VERDICTS, None], dtype=VERDICT_TYPE).gather(codes)


def _codes(
    plan: pl.LazyFrame, rules: RuleSet, classes: Classes, first: int
) -> npt.NDArray[np.int32]:
    batch = plan.slice(first, _BATCH).collect()

    def learn(fresh: Int64s) -> Sequence[int]:
        codes: list[int] = _counted_codes(batch[fresh], rules).tolist()
        return codes

    return Kinds().of(classes.keys(batch)[0], learn)


def _counted_codes(rows: pl.DataFrame, rules: RuleSet) -> Codes:
    """As `verdict_codes`, but one more than all of them for rows that count in no group."""
    left_out = replace(rules, rules=tuple(rule for rule in rules.rules if not rule.in_groups))
    codes = verdict_codes(rows, rules)
    is_left_out = np.zeros(rows.height, np.bool_)
    for _, rule_codes in evaluate_each(Batch(rows), malformed_rows(rows), left_out):
        is_left_out |= (rule_codes == VERDICTS.index("bad")) | (rule_codes == BORDERLINE)
    return np.where(is_left_out & (settled(rows) == 0), len(VERDICTS), codes)


def verdict_codes(rows: pl.DataFrame, rules: RuleSet) -> Codes:
    """Each row's verdict, as an index into VERDICTS: the manual override, else what the rules for
    records say.
    """
    malformed, fixed = malformed_rows(rows), settled(rows)
    worst = np.zeros(rows.height, np.intp)
    for _, rule_codes in evaluate_each(Batch(rows), malformed, rules):
        np.maximum(worst, rule_codes, out=worst)
    return np.where(fixed > 0, fixed.astype(np.intp) - 1, worst)
