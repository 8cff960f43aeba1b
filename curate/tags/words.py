"""What a rule said of a row, in words: the value beside the limit that it broke."""

from __future__ import annotations

import polars as pl

from curate.operators import names_in, vectorised
from curate.ruleset import Condition, Limit, Rule

DIGITS = 4


def said_words(rule: Rule, condition: Condition, dtypes: pl.Schema) -> pl.Expr:
    """The words for rows where the condition holds.

    `char_rate 34.2 >= 30`, or for an expression `repetitions >= 8 and words > 40 (repetitions 12,
    words 55)`; then the rule's own reason, if it gives one.
    """
    if condition.limits:
        facts = _broken_limit(rule.metric, condition, dtypes)
    else:
        values = ", ".join(f"{name} {{}}" for name in names_in(condition.node))
        shown = [_value(name, dtypes) for name in names_in(condition.node)]
        facts = pl.concat_str(pl.lit(f"{condition.text} ("), pl.format(values, *shown), pl.lit(")"))
    return pl.concat_str(facts, pl.lit(f": {rule.reason}")) if rule.reason else facts


def unknown_words(rule: Rule) -> str:
    """The words where the rule cannot be decided."""
    return f"{rule.metric or rule.id} unknown"


def _broken_limit(metric: str, condition: Condition, dtypes: pl.Schema) -> pl.Expr:
    *others, last = condition.limits
    words = _against(metric, last, dtypes)
    for limit in reversed(others):
        spoke = vectorised(limit.on(metric))
        words = pl.when(spoke).then(_against(metric, limit, dtypes)).otherwise(words)
    return words


def _against(metric: str, limit: Limit, dtypes: pl.Schema) -> pl.Expr:
    value = pl.col(metric)
    if dtypes[metric].is_float():
        # 29.99996 must not read "30 < 30": more digits where four would contradict the limit.
        short = value.round_sig_figs(DIGITS)
        value = pl.when(limit.operator.compare(short, limit.value)).then(short).otherwise(value)
    return pl.format(f"{metric} {{}} {limit}", _number(value))


def _value(name: str, dtypes: pl.Schema) -> pl.Expr:
    value = pl.col(name)
    if dtypes[name].is_numeric():
        value = _number(value.round_sig_figs(DIGITS) if dtypes[name].is_float() else value)
    return value.cast(pl.String).fill_null("unknown")


def _number(value: pl.Expr) -> pl.Expr:
    return value.cast(pl.String).str.strip_suffix(".0")
