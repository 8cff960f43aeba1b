"""`tag`: the judgement of every row, vectorised.

Most rows are clean and the others share a few dozen patterns of what the rules say. So each row
gets a code (two bits per rule); verdict and tags are built once per code that occurs, and words
only for the rows that need them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from curate.columns import JUDGEMENT, MALFORMED, REASON, TAGS, VERDICT, schema
from curate.errors import ConfigError, Fault
from curate.operators import vectorised
from curate.ruleset import Rule, RuleSet
from curate.tags.words import said_words, unknown_words

SAID = ("", "borderline", "unknown", "bad")
"""What a rule says, by its two bits; ordered as verdicts are."""

PER_WORD = 31
"""Rules in one 64-bit word, whose lowest bit says malformed."""


def tag(frame: pl.LazyFrame, rules: RuleSet) -> pl.LazyFrame:
    """The frame with verdict, tags and reason, as curate.columns declares them.

    Row by row: it streams, and no row's judgement depends on another. ConfigError where the frame
    lacks a column that the rules need.
    """
    _demand_columns(frame, rules)
    judge = _Judge(rules)
    judged = pl.struct(MALFORMED.name, *rules.names).map_batches(
        judge, return_dtype=pl.Struct(schema(JUDGEMENT)), is_elementwise=True
    )
    kept = frame.drop([column.name for column in JUDGEMENT], strict=False)
    return kept.with_columns(judged.alias("_judgement")).unnest("_judgement")


def _demand_columns(frame: pl.LazyFrame, rules: RuleSet) -> None:
    present = frame.collect_schema().names()
    missing = [name for name in rules.names if name not in present]
    if missing:
        what = f"the rules need what the records lack: {', '.join(missing)}"
        mend = "profile the manifest again, or use rules that do without"
        raise ConfigError(Fault(rules.path, what, mend))


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What all rules say of some rows, in rule order."""

    malformed: bool
    said: tuple[int, ...]

    @classmethod
    def of(cls, code: Sequence[int], count: int) -> _Pattern:
        bits = (code[i // PER_WORD] >> (1 + 2 * (i % PER_WORD)) for i in range(count))
        return cls(bool(code[0] & 1), tuple(each & 3 for each in bits))

    def verdict(self) -> str:
        return "malformed" if self.malformed else SAID[max(self.said, default=0)] or "clean"

    def tags(self, rules: Sequence[Rule]) -> list[str]:
        if self.malformed:
            return ["malformed"]
        spoken = zip(rules, self.said, strict=True)
        return [f"{SAID[said]}:{rule.id}" for rule, said in spoken if said]

    def clean(self) -> bool:
        return not self.malformed and not any(self.said)


class _Judge:
    """Judges a batch: a struct of the columns that the rules need to a struct of JUDGEMENT."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules.rules
        words = range(0, max(len(self.rules), 1), PER_WORD)
        self.codes = [self._code(self.rules[at : at + PER_WORD]) for at in words]

    def _code(self, rules: Sequence[Rule]) -> pl.Expr:
        malformed = MALFORMED.expr.is_not_null().cast(pl.UInt64)
        return sum((_bits(rule, 1 + 2 * at) for at, rule in enumerate(rules)), start=malformed)

    def __call__(self, batch: pl.Series) -> pl.Series:
        rows = batch.struct.unnest()
        at, codes = _numbered([rows.select(code).to_series() for code in self.codes])
        patterns = [_Pattern.of(code, len(self.rules)) for code in codes]
        verdicts = pl.Series([each.verdict() for each in patterns], dtype=VERDICT.dtype)
        tags = pl.Series([each.tags(self.rules) for each in patterns], dtype=TAGS.dtype)
        return pl.DataFrame(
            {
                VERDICT.name: verdicts.gather(at),
                TAGS.name: tags.gather(at),
                REASON.name: self._reasons(rows, at, patterns),
            }
        ).to_struct()

    def _reasons(self, rows: pl.DataFrame, at: pl.Series, patterns: list[_Pattern]) -> pl.Series:
        unclean = pl.Series([not each.clean() for each in patterns], dtype=pl.Boolean).gather(at)
        if not unclean.any():
            return pl.Series([None], dtype=REASON.dtype).new_from_index(0, rows.height)
        spoken = self._spoken(rows.filter(unclean), at.filter(unclean), patterns)
        place = unclean.cum_sum().cast(pl.UInt32) - 1
        return spoken.gather(place.set(~unclean, None))

    def _spoken(self, rows: pl.DataFrame, at: pl.Series, patterns: list[_Pattern]) -> pl.Series:
        """The reasons of rows of which something was said."""
        parts: list[pl.Expr] = []
        for index, rule in enumerate(self.rules):
            said = [each.said[index] * (not each.malformed) for each in patterns]
            if any(said):
                column = pl.Series(f"_said_{index}", said, dtype=pl.UInt8).gather(at)
                rows = rows.with_columns(column)
                parts.append(_words(rule, pl.col(column.name), set(said), rows.schema))
        words = pl.concat_str(parts, separator="; ", ignore_nulls=True) if parts else pl.lit("")
        reason = pl.coalesce(MALFORMED.expr, words).cast(REASON.dtype)
        return rows.select(reason).to_series()


def _bits(rule: Rule, shift: int) -> pl.Expr:
    """What the rule says, two bits at `shift`: the worst first, as conditions come."""
    said = pl.lit(0, pl.UInt64)
    for severity, condition in reversed(list(rule.conditions())):
        truth = vectorised(rule.applied(condition))
        bits = pl.lit(SAID.index(severity) << shift, pl.UInt64)
        if rule.null == "unknown":
            unknown = pl.lit(SAID.index("unknown") << shift, pl.UInt64)
            said = pl.when(truth.is_null()).then(unknown).otherwise(said)
        said = pl.when(truth).then(bits).otherwise(said)
    return said


def _words(rule: Rule, said: pl.Expr, occurring: set[int], dtypes: pl.Schema) -> pl.Expr:
    words = pl.lit(None, pl.String)
    for severity, condition in rule.conditions():
        if SAID.index(severity) in occurring:
            spoke = said == SAID.index(severity)
            words = pl.when(spoke).then(said_words(rule, condition, dtypes)).otherwise(words)
    if SAID.index("unknown") in occurring:
        undecided = said == SAID.index("unknown")
        words = pl.when(undecided).then(pl.lit(unknown_words(rule))).otherwise(words)
    return words


def _numbered(words: Sequence[pl.Series]) -> tuple[pl.Series, list[tuple[int, ...]]]:
    """The distinct codes, each a number per word, and for each row the index of its own."""
    at, codes = _distinct(words[0])
    combined: list[tuple[int, ...]] = [(code,) for code in codes]
    for word in words[1:]:
        index, found = _distinct(word)
        at, pairs = _distinct(at.cast(pl.UInt64) * len(found) + index)
        combined = [(*combined[pair // len(found)], found[pair % len(found)]) for pair in pairs]
    return at, combined


def _distinct(values: pl.Series) -> tuple[pl.Series, list[int]]:
    found = values.unique().sort()
    return found.search_sorted(values), found.to_list()
