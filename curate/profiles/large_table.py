"""A records table of many rows: the answers of `curate.profiles.small_table` by counts of groups,
which Polars makes of a column when it is first needed.

A test holds both equal.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

import polars as pl

from curate.artifacts.columns import (
    BYTE_OFFSET,
    LANG,
    LINE,
    MALFORMED,
    SOURCE,
    TAGS,
    VERDICT,
)
from curate.profiles.opened import Row
from curate.profiles.records_table import FIRST, SHOWN, RecordsTable, Tagged
from curate.profiles.row_counts import (
    ADDED,
    BY_RULES,
    ROWS,
    SOUND,
    STATE,
    UNCLEAN,
    US,
    RowCounts,
    count_rows,
)
from curate.profiles.rows import batches, scan
from curate.rules.evaluate.groups import VALUE

_GROUP, _ROWS, _US = pl.col("group"), pl.col("rows"), pl.col("us")
_PARTED = ("borderline", "unknown", "bad")
"""The verdicts whose microseconds are summed by group; what no other row has is clean."""
_REJECTING = ("bad", "borderline")


class LargeTable(RecordsTable):
    """Questions about a records table that stays where it is. Any thread may put them."""

    def __init__(
        self, records: Path, counts: RowCounts | None = None, shown: Sequence[int] = ()
    ) -> None:
        self._records, self._expected = records, shown
        self._counts = count_rows(records) if counts is None else counts
        self._amounts_by_column: dict[str, pl.DataFrame] = {}
        self._shown: dict[int, Row] = {}
        self._reading = Lock()
        self._counting: defaultdict[str, Lock] = defaultdict(Lock)

    def by_verdict(self) -> Mapping[str, tuple[int, int]]:
        """As `RecordsTable` says."""
        stated, unclean = self._counts
        left, left_us = stated.select(_ROWS.sum(), _US.sum()).row(0)
        amounts = {}
        for verdict, rows, us in unclean.group_by(VERDICT.name).agg(ADDED).rows():
            amounts[verdict] = rows, us
            left, left_us = left - rows, left_us - us
        if left:
            amounts["clean"] = left, left_us
        return dict(sorted(amounts.items()))

    def by_tags(self) -> list[Tagged]:
        """As `RecordsTable` says."""
        amounts = self._counts.unclean.group_by(TAGS.name, VERDICT.name).agg(
            *ADDED, pl.col("first").explode().bottom_k(FIRST)
        )
        return sorted(
            Tagged(tuple(tags), verdict, rows, us, sorted(first))
            for tags, verdict, rows, us, first in amounts.rows()
        )

    def wer_by_tag(self) -> Mapping[str, tuple[int, float]]:
        """As `RecordsTable` says."""
        if not self.known(["wer"])["wer"]:
            return {}
        rates = (
            scan(self._records)
            .filter(UNCLEAN & pl.col("wer").is_not_null())
            .select(tag=TAGS.expr, wer=pl.col("wer"))
            .explode("tag")
            .drop_nulls("tag")
            .group_by("tag")
            .agg(pl.len(), _middle(pl.col("wer")))
            .collect(engine="streaming")
        )
        return {tag: (rows, wer) for tag, rows, wer in rates.sort("tag").rows()}

    def malformed_kinds(self) -> list[tuple[str, int, str, int]]:
        """As `RecordsTable` says."""
        if not (self._counts.unclean[VERDICT.name] == "malformed").any():
            return []
        rows_by_kind: defaultdict[str, int] = defaultdict(int)
        places: dict[str, tuple[str, int, int]] = {}
        place = pl.struct(SOURCE.expr, LINE.expr, BYTE_OFFSET.expr)
        plan = scan(self._records).select(MALFORMED.expr, VERDICT.expr, place.alias("place"))
        for frame in batches(plan):
            kinds = frame.filter(VERDICT.expr == "malformed").group_by(
                kind=MALFORMED.expr.str.split(" (").list.first()
            )
            for kind, rows, least in kinds.agg(pl.len(), pl.col("place").sort().first()).rows():
                rows_by_kind[kind] += rows
                at = tuple(least.values())
                places[kind] = min(places.get(kind, at), at)
        kinds_shown = [
            (kind, rows_by_kind[kind], f"{source}:{line}", offset)
            for kind, (source, line, offset) in places.items()
        ]
        return sorted(kinds_shown, key=lambda kind: (-kind[1], kind[0]))

    def known(self, metrics: Sequence[str]) -> Mapping[str, int]:
        """As `RecordsTable` says."""
        counts = scan(self._records).select(pl.col(metrics).count()).collect(engine="streaming")
        return counts.row(0, named=True)

    def rows(self, numbers: Sequence[int]) -> Mapping[int, Row]:
        """As `RecordsTable` says."""
        with self._reading:
            if not self._shown.keys() >= set(numbers):
                # The first rows of each combination of tags are examples, too: one look for all.
                first = self._counts.unclean["first"].explode().drop_nulls()
                examples = [*numbers, *first, *self._expected]
                self._shown |= self._at(examples, [column.name for column in SHOWN])
            return {number: self._shown[number] for number in sorted(set(numbers))}

    def sizes(self, column: str) -> pl.DataFrame:
        """As `RecordsTable` says."""
        sound = self._amounts(column).filter(_GROUP.is_not_null() & (pl.col("sound") > 0))
        rows_by_verdict = [f"{verdict}_rows" for verdict in ("clean", *_PARTED)]
        return sound.select(
            _GROUP.alias(VALUE), pl.col("sound").alias("rows"), pl.col("sound_us").alias("us"),
            *rows_by_verdict,
        )  # fmt: skip

    def largest(self, column: str, most: int) -> tuple[list[str | None], int]:
        """As `RecordsTable` says."""
        amounts = self._amounts(column).filter(_GROUP.is_not_null() | (_US > 0))
        return _largest(amounts, most)["group"].to_list(), amounts.height

    def distinct(self, column: str) -> int:
        """As `RecordsTable` says."""
        return int((self._amounts(column)["sound"] > 0).sum())

    def losses(self, column: str, least_us: int, most: Mapping[str, float]) -> list[Row]:
        """As `RecordsTable` says."""
        lost = {verdict: pl.col(f"{verdict}_by_rules") for verdict in most}
        above = [lost[name] > pl.col("sound_us") * share for name, share in most.items()]
        sound = (pl.col("sound") > 0) & (pl.col("sound_us") >= least_us)
        groups = self._amounts(column).filter(sound & pl.any_horizontal(above))
        return (
            groups.sort("group", nulls_last=True).select(_GROUP, "sound_us", *lost.values()).rows()
        )

    def worst_groups(self, column: str, least_us: int, most: int) -> list[Row]:
        """As `RecordsTable` says."""
        bad = pl.col("bad")
        return (
            self._amounts(column)
            .filter(_GROUP.is_not_null() & (bad > 0) & _US.ge(least_us))
            .sort(bad / _US, bad, _GROUP, descending=[True, True, False])
            .select(_GROUP, _ROWS, _US, bad)
            .head(most)
            .rows()
        )

    def coverage(self, columns: Sequence[str]) -> Mapping[str, tuple[int, int, int]]:
        """As `RecordsTable` says."""
        answers = {}
        for name in columns:
            stated = self._amounts(name).filter(_GROUP.is_not_null())
            answers[name] = stated.height, int(stated["rows"].sum()), int(stated["us"].sum())
        return answers

    def strata(self, column: str, most: int) -> list[Row]:
        """As `RecordsTable` says."""
        columns = ["group", "rows", "us", "clean", *_PARTED]
        return _largest(self._amounts(column), most).select(columns).rows()

    def _amounts(self, column: str) -> pl.DataFrame:
        """The groups of a column: rows and microseconds of each in all, by verdict, and of sound
        rows, where a person's verdicts are not the rules'.
        """
        with self._counting[column]:
            if column not in self._amounts_by_column:
                self._amounts_by_column[column] = _amounts_of(*self._by_group(column))
            return self._amounts_by_column[column]

    def _by_group(self, column: str) -> RowCounts:
        """Rows by the values of a column, those that are not clean by what sets them apart, too."""
        if column in {LANG.name, SOURCE.name} & set(self._counts.stated.columns):
            stated, unclean = self._counts
            return RowCounts(
                stated.group_by(group=column).agg(ADDED),
                unclean.rename({column: "group"}),
            )
        table = scan(self._records).select(*STATE, group=pl.col(column))
        by_state = table.filter(UNCLEAN).group_by("group", VERDICT.name, SOUND, BY_RULES)
        return RowCounts(
            table.group_by("group").agg(ROWS, US).collect(engine="streaming"),
            by_state.agg(ROWS, US).collect(engine="streaming"),
        )

    def _at(self, numbers: Sequence[int], columns: Sequence[str]) -> Mapping[int, Row]:
        """As `RecordsTable` says."""
        in_order = sorted(set(numbers))
        if not columns or not in_order:
            return dict.fromkeys(in_order, ())
        rows: list[Row] = []
        first = 0
        for frame in batches(scan(self._records).select(columns)):
            end = first + frame.height
            here = in_order[bisect_left(in_order, first) : bisect_left(in_order, end)]
            rows += frame[[number - first for number in here]].rows()
            first = end
        return dict(zip(in_order, rows, strict=True))


def _amounts_of(stated: pl.DataFrame, unclean: pl.DataFrame) -> pl.DataFrame:
    """What `RecordsTable` says of groups, from their rows and those that are not clean."""
    sound = pl.col(SOUND)
    by_rules = sound & pl.col(BY_RULES)
    of_verdict = {verdict: VERDICT.expr == verdict for verdict in _PARTED}
    lost = unclean.group_by("group").agg(
        unclean_us=_US.sum(),
        unclean=_ROWS.sum(),
        unsound=_ROWS.filter(~sound).sum(),
        unsound_us=_US.filter(~sound).sum(),
        **{verdict: _US.filter(here).sum() for verdict, here in of_verdict.items()},
        **{f"{each}_rows": _ROWS.filter(sound & here).sum() for each, here in of_verdict.items()},
        **{
            f"{each}_by_rules": _US.filter(of_verdict[each] & by_rules).sum() for each in _REJECTING
        },
    )
    both = stated.join(lost, on="group", how="left", nulls_equal=True)
    return both.with_columns(pl.exclude("group").fill_null(0)).with_columns(
        clean=_US - pl.col("unclean_us"),
        clean_rows=_ROWS - pl.col("unclean"),
        sound=_ROWS - pl.col("unsound"),
        sound_us=_US - pl.col("unsound_us"),
    )


def _middle(values: pl.Expr) -> pl.Expr:
    """The median; Polars' own differs in the last digit from half of the sum of two."""
    return (values.quantile(0.5, "lower") + values.quantile(0.5, "higher")) / 2


def _largest(groups: pl.DataFrame, most: int) -> pl.DataFrame:
    """Those with most hours, then by value."""
    return groups.sort("us", "group", descending=[True, False], nulls_last=True).head(most)
