"""`tag`: verdict, tags and reason of every row, a batch at a time.

Most rows are clean, so what costs per row is done for the others only: verdicts are the largest of
small numbers, tags are built once per combination that occurs, words for the rows that need them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.arrays import ByteTable
from curate.artifacts.columns import (
    LANG_CODE,
    MALFORMED,
    REASON,
    TAGS,
    VERDICT,
    VERDICT_COLUMNS,
    schema,
)
from curate.artifacts.unread import UNREAD_BY
from curate.artifacts.verdicts import VERDICTS
from curate.errors import ConfigError, Fault
from curate.rules.evaluate.reasons import operands, reason_words, unknown_words
from curate.rules.expression import Batch
from curate.rules.file import Rule, RuleSet

Codes: TypeAlias = npt.NDArray[np.uint8]
"""What a rule says of each row: an index into VERDICTS, 0 where it says nothing."""

CLEAN, UNKNOWN = VERDICTS.index("clean"), VERDICTS.index("unknown")
WORST = VERDICTS.index("malformed")
_EACH_VERDICT = pl.Series(VERDICT.name, VERDICTS, dtype=VERDICT.dtype)
_CODES = VERDICTS.index("bad") + 1
"""What a rule gives is less."""
_AT_ONCE = 16
"""Rules whose codes fit in a number together, beside that of a combination of earlier ones."""
_PLAIN = frozenset({pl.Int32(), pl.Int64(), pl.Float64()})
"""Types whose numbers NumPy reads where they are."""
_UNREAD = (*map(VERDICTS.index, UNREAD_BY.values()), WORST)


def tag(frame: pl.LazyFrame, rules: RuleSet) -> pl.LazyFrame:
    """The frame with verdict, tags and reason, as curate.artifacts.columns declares them.

    Row by row: it streams, and no row's verdict depends on another. ConfigError where the frame
    lacks a column that the rules need.
    """
    _demand_columns(frame.collect_schema().names(), rules)
    tagged = pl.struct(MALFORMED.name, *rules.names).map_batches(
        partial(_evaluate_struct, rules=rules),
        return_dtype=pl.Struct(schema(VERDICT_COLUMNS)),
        is_elementwise=True,
    )
    input_columns = frame.drop([column.name for column in VERDICT_COLUMNS], strict=False)
    return input_columns.with_columns(tagged.alias("_verdicts")).unnest("_verdicts")


def tag_batch(rows: pl.DataFrame, rules: RuleSet) -> pl.DataFrame:
    """The same for rows at hand, without a plan: for those who have a chunk at a time."""
    _demand_columns(rows.columns, rules)
    before = [column.name for column in VERDICT_COLUMNS if column.name in rows.columns]
    return (rows.drop(before) if before else rows).hstack(_evaluate(rows, rules))


def _demand_columns(present: list[str], rules: RuleSet) -> None:
    known = frozenset(present)
    missing = [name for name in rules.names if name not in known]
    if missing:
        what = f"the rules need what the records lack: {', '.join(missing)}"
        hint = "profile the manifest again, or use rules that do without"
        raise ConfigError(Fault(rules.path, what, hint))


def _evaluate_struct(batch: pl.Series, rules: RuleSet) -> pl.Series:
    return pl.DataFrame(_evaluate(batch.struct.unnest(), rules)).to_struct()


def _evaluate(rows: pl.DataFrame, rules: RuleSet) -> list[pl.Series]:
    """The VERDICT_COLUMNS of the rows."""
    batch = Batch(rows)
    applied = of_rows(batch, rules)
    codes = _codes(batch, malformed_rows(rows), applied)
    unread = unread_verdicts(rows)
    verdict = np.maximum(unread, codes.max(axis=0, initial=CLEAN))
    unclean = np.flatnonzero(verdict != CLEAN)
    codes = codes.take(unclean, axis=1)
    triggered = [(rule, own) for rule, own in zip(applied.rules, codes, strict=True) if own.any()]
    at, lists = _tags(triggered, unread[unclean])
    tags = pl.Series(TAGS.name, [*map(_list_of, [(), *lists])])
    reasons = _reasons(rows, triggered, unclean) if unclean.size else []
    return [
        _EACH_VERDICT[verdict],
        tags[_placed(at, unclean, rows)],
        pl.Series(REASON.name, [None, *reasons], dtype=REASON.dtype)[
            _placed(np.arange(unclean.size), unclean, rows)
        ],
    ]


def of_rows(batch: Batch, rules: RuleSet) -> RuleSet:
    """The rules that some of these rows can trigger, by the languages that they declare."""
    if LANG_CODE.name not in rules.names:
        return rules
    return rules.of_languages(batch.texts(LANG_CODE.name))


def _placed(
    at: npt.NDArray[np.intp], unclean: npt.NDArray[np.intp], rows: pl.DataFrame
) -> npt.NDArray[np.uint32]:
    """Zero for clean rows, and for the others one more than what `at` has for them."""
    place = np.zeros(rows.height, np.uint32)
    place[unclean] = at + 1
    return place


def unread_verdicts(rows: pl.DataFrame) -> Codes:
    """The verdict of lines that no rule evaluates, 0 of the others."""
    malformed = malformed_rows(rows)
    verdict = malformed * np.uint8(WORST)
    if malformed.any():
        for begin, name in UNREAD_BY.items():
            of = rows[MALFORMED.name].str.starts_with(begin).fill_null(False).to_numpy()
            verdict[of] = VERDICTS.index(name)
    return verdict


def malformed_rows(rows: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Which lines no rule evaluates: malformed, skipped by their own _skipme, or untranscribed."""
    reasons = rows[MALFORMED.name]
    if reasons.null_count() == rows.height:
        return np.zeros(rows.height, np.bool_)
    return reasons.is_not_null().to_numpy()


def evaluate_each(
    batch: Batch, malformed: npt.NDArray[np.bool_], rules: RuleSet
) -> Iterator[tuple[Rule, Codes]]:
    """What each rule says of each row of the batch, in rule order; nothing of malformed ones."""
    yield from zip(rules.rules, _codes(batch, malformed, rules), strict=True)


def _codes(batch: Batch, malformed: npt.NDArray[np.bool_], rules: RuleSet) -> ByteTable:
    """The same, with a row for each rule."""
    codes = batch.run(rules.program)
    codes[:, malformed] = CLEAN
    return codes


def _tags(
    triggered: Sequence[tuple[Rule, Codes]], unread: Codes
) -> tuple[npt.NDArray[np.intp], list[tuple[str, ...]]]:
    """For each unclean row, which of the lists of tags is its own; and the lists.

    Rules are added to the combinations seen so far, of which there are few, as many at a time as
    a number has room for.
    """
    first = np.zeros(len(VERDICTS), np.intp)
    first[[*_UNREAD]] = range(1, len(_UNREAD) + 1)
    at = first[unread]
    lists: list[tuple[str, ...]] = [(), *((VERDICTS[code],) for code in _UNREAD)]
    for begin in range(0, len(triggered), _AT_ONCE):
        some = triggered[begin : begin + _AT_ONCE]
        for _, codes in some:
            at = at * _CODES + codes
        combinations, at = np.unique(at, return_inverse=True)
        lists = [_with_tags(lists, number, some) for number in combinations.tolist()]
    return at, lists


def _with_tags(
    lists: Sequence[tuple[str, ...]], combination: int, rules: Sequence[tuple[Rule, Codes]]
) -> tuple[str, ...]:
    tags: list[str] = []
    for rule, _ in reversed(rules):
        combination, code = divmod(combination, _CODES)
        if code:
            tags.append(f"{VERDICTS[code]}:{rule.id}")
    return (*lists[combination], *reversed(tags))


@lru_cache(maxsize=1024)
def _list_of(tags: tuple[str, ...]) -> pl.Series:
    """The tags as an element of a column of lists: what every batch makes such a column of."""
    return pl.Series(tags, dtype=pl.String())


def _reasons(
    rows: pl.DataFrame, triggered: Sequence[tuple[Rule, Codes]], unclean: npt.NDArray[np.intp]
) -> list[str | None]:
    """The words of each unclean row."""
    reasons: list[str | None] = [None] * unclean.size
    if rows[MALFORMED.name].null_count() < rows.height:
        reasons = rows[MALFORMED.name][unclean].to_list()
    for rule, codes in triggered:
        for indices, words in _reasons_of_rule(rule, codes, rows, unclean):
            for index, own in zip(indices.tolist(), words, strict=True):
                before = reasons[index]
                reasons[index] = own if before is None else f"{before}; {own}"
    return reasons


def _reasons_of_rule(
    rule: Rule, codes: Codes, rows: pl.DataFrame, unclean: npt.NDArray[np.intp]
) -> Iterator[tuple[npt.NDArray[np.intp], Sequence[str]]]:
    """What the rule says in words, and of which of the unclean rows."""
    indices = np.flatnonzero(codes == UNKNOWN)
    if indices.size:
        yield indices, [unknown_words(rule)] * indices.size
    for severity, condition in rule.conditions():
        indices = np.flatnonzero(codes == VERDICTS.index(severity))
        if indices.size:
            columns = [_values(rows[name], unclean[indices]) for name in operands(condition)]
            yield indices, reason_words(rule, condition, columns)


def _values(column: pl.Series, indices: npt.NDArray[np.intp]) -> list[Any]:
    """The values of some rows."""
    if column.dtype in _PLAIN and not column.null_count():
        values: list[Any] = column.to_numpy()[indices].tolist()
        return values
    return column[indices].to_list()
