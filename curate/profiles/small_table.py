"""A records table of few rows, in memory: the answers of `curate.profiles.large_table` at once.

A test holds both equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from statistics import median

import polars as pl

from curate.artifacts.columns import (
    BYTE_OFFSET,
    DURATION_US,
    LINE,
    MALFORMED,
    OVERRIDE,
    SOURCE,
    TAGS,
    VERDICT,
)
from curate.profiles.opened import Row
from curate.profiles.records_table import FIRST, SHOWN, RecordsTable, Tagged
from curate.profiles.rows import scan
from curate.rules.evaluate.groups import VALUE

_US = DURATION_US.expr.sum()
_PARTED = ("clean", "borderline", "unknown", "bad")


@dataclass(frozen=True, slots=True)
class SmallTable(RecordsTable):
    """Questions about a records table that is held whole."""

    frame: pl.DataFrame

    @classmethod
    def read(cls, records: Path) -> SmallTable:
        """The table of this file."""
        return cls(scan(records).collect())

    def by_verdict(self) -> Mapping[str, tuple[int, int]]:
        """As `RecordsTable` says."""
        counted = self.frame.group_by(VERDICT.name).agg(pl.len(), _US)
        return {verdict: (rows, us) for verdict, rows, us in sorted(counted.rows())}

    def by_tags(self) -> list[Tagged]:
        """As `RecordsTable` says."""
        rows: defaultdict[tuple[tuple[str, ...], str], list[tuple[int, int]]] = defaultdict(list)
        numbers = self.frame.select((VERDICT.expr != "clean").arg_true()).to_series()
        flagged = self._flagged(TAGS.name, VERDICT.name, DURATION_US.name)
        for number, (tags, verdict, us) in zip(numbers, flagged, strict=True):
            rows[tuple(tags), verdict].append((number, us or 0))
        return [
            Tagged(*key, len(of), sum(us for _, us in of), [number for number, _ in of[:FIRST]])
            for key, of in sorted(rows.items())
        ]

    def wer_by_tag(self) -> Mapping[str, tuple[int, float]]:
        """As `RecordsTable` says."""
        rates: defaultdict[str, list[float]] = defaultdict(list)
        for tags, wer in self._flagged(TAGS.name, "wer"):
            for tag in tags if wer is not None else ():
                rates[tag].append(wer)
        return {tag: (len(rates[tag]), median(rates[tag])) for tag in sorted(rates)}

    def malformed_kinds(self) -> list[tuple[str, int, str, int]]:
        """As `RecordsTable` says."""
        lines: defaultdict[str, list[tuple[str, int, int]]] = defaultdict(list)
        malformed = self.frame.filter(VERDICT.expr == "malformed")
        columns = [MALFORMED.name, SOURCE.name, LINE.name, BYTE_OFFSET.name]
        for why, *place in malformed.select(columns).iter_rows():
            lines[why.split(" (", 1)[0]].append(tuple(place))
        kinds = [
            (kind, len(places), f"{source}:{line}", offset)
            for kind, places in lines.items()
            for source, line, offset in [min(places)]
        ]
        return sorted(kinds, key=lambda kind: (-kind[1], kind[0]))

    def known(self, metrics: Sequence[str]) -> Mapping[str, int]:
        """As `RecordsTable` says."""
        rows = self.frame.height
        return {name: rows - self.frame[name].null_count() for name in metrics}

    def rows(self, numbers: Sequence[int]) -> Mapping[int, Row]:
        """As `RecordsTable` says."""
        return self._at(numbers, [column.name for column in SHOWN])

    def sizes(self, column: str) -> pl.DataFrame:
        """As `RecordsTable` says."""
        known = self.frame.filter(MALFORMED.expr.is_null() & pl.col(column).is_not_null())
        parts = {f"{each}_rows": (VERDICT.expr == each).sum().cast(pl.Int64) for each in _PARTED}
        rows = pl.len().cast(pl.Int64)
        return known.group_by(pl.col(column).alias(VALUE)).agg(rows=rows, us=_US, **parts)

    def largest(self, column: str, most: int) -> tuple[list[str | None], int]:
        """As `RecordsTable` says."""
        amounts = (
            self.frame.group_by(_key(column))
            .agg(us=_US)
            .filter(pl.col("group").is_not_null() | (pl.col("us") > 0))
            .sort("us", "group", descending=[True, False], nulls_last=True)
        )
        return amounts["group"].head(most).to_list(), amounts.height

    def distinct(self, column: str) -> int:
        """As `RecordsTable` says."""
        return self.frame.filter(MALFORMED.expr.is_null())[column].n_unique()

    def losses(self, column: str, least_us: int, most: Mapping[str, float]) -> list[Row]:
        """As `RecordsTable` says."""
        sound = self.frame.lazy().filter(MALFORMED.expr.is_null())
        return losses(sound, column, least_us, most)

    def worst_groups(self, column: str, least_us: int, most: int) -> list[Row]:
        """As `RecordsTable` says."""
        grouped = self.frame.filter(pl.col(column).is_not_null()).group_by(_key(column))
        groups = [
            row
            for row in grouped.agg(pl.len(), us=_US, bad=_us_of("bad")).rows()
            if row[3] > 0 and row[2] >= least_us
        ]
        return sorted(groups, key=lambda row: (-row[3] / row[2], -row[3], row[0]))[:most]

    def coverage(self, columns: Sequence[str]) -> Mapping[str, tuple[int, int, int]]:
        """As `RecordsTable` says."""
        answers = {}
        for name in columns:
            stated = self.frame.filter(pl.col(name).is_not_null())
            us = int(stated[DURATION_US.name].sum())
            answers[name] = (stated[name].n_unique(), stated.height, us)
        return answers

    def strata(self, column: str, most: int) -> list[Row]:
        """As `RecordsTable` says."""
        parts = {verdict: _us_of(verdict) for verdict in _PARTED}
        counted = self.frame.group_by(_key(column)).agg(pl.len(), us=_US, **parts)
        of_values = sorted((row for row in counted.rows() if row[0] is not None), key=itemgetter(0))
        rows = of_values + [row for row in counted.rows() if row[0] is None]
        return sorted(rows, key=lambda row: -row[2])[:most]

    def _flagged(self, *columns: str) -> list[Row]:
        return self.frame.filter(VERDICT.expr != "clean").select(columns).rows()

    def _at(self, numbers: Sequence[int], columns: Sequence[str]) -> Mapping[int, Row]:
        """As `RecordsTable` says."""
        in_order = sorted(set(numbers))
        if not columns:  # a frame without columns has no rows either
            return dict.fromkeys(in_order, ())
        rows = self.frame.select(columns)[in_order].rows()
        return dict(zip(in_order, rows, strict=True))


def losses(rows: pl.LazyFrame, column: str, least_us: int, most: Mapping[str, float]) -> list[Row]:
    """`RecordsTable.losses` of these rows."""
    by_rules = OVERRIDE.expr.is_null()
    lost = {
        verdict: DURATION_US.expr.filter((VERDICT.expr == verdict) & by_rules).sum()
        for verdict in most
    }
    above = pl.any_horizontal(pl.col(name) > pl.col("us") * share for name, share in most.items())
    groups = rows.group_by(_key(column)).agg(us=_US, **lost)
    groups = groups.filter((pl.col("us") >= least_us) & above)
    return groups.sort("group", nulls_last=True).collect(engine="streaming").rows()


def _key(column: str) -> pl.Expr:
    """A column to group by under a name that no sum beside it has: fields have any name."""
    return pl.col(column).alias("group")


def _us_of(verdict: str) -> pl.Expr:
    """Microseconds of the rows with a verdict."""
    return DURATION_US.expr.filter(VERDICT.expr == verdict).sum()
