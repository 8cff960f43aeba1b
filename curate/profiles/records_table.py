"""The questions of a profile about its records table, whether it is held or stays in its file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from curate.artifacts.columns import (
    BYTE_LENGTH,
    BYTE_OFFSET,
    DURATION_US,
    LANG,
    LINE,
    SOURCE,
    SPEAKER,
    TAGS,
    VERDICT,
)
from curate.profiles.opened import Row

if TYPE_CHECKING:
    import polars as pl

    from curate.profiles.row_counts import RowCounts

ROW_GROUP = 122_880
"""Rows of a records table that are stored together."""
IN_MEMORY = 1 << 18
"""Bytes of a records table up to which it is read whole, once."""

FIRST = 4
"""Rows of each combination of tags whose numbers `by_tags` gives."""
SHOWN = (SOURCE, LINE, BYTE_OFFSET, BYTE_LENGTH, DURATION_US, VERDICT, TAGS, LANG, SPEAKER)
"""What `rows` gives of a row."""


class Tagged(NamedTuple):
    """Rows that have the same tags and the same verdict: how many, their microseconds, and the
    numbers of the FIRST ones.
    """

    tags: tuple[str, ...]
    verdict: str
    rows: int
    us: int
    first: list[int]


class RecordsTable(ABC):
    """Questions about one records table, from any thread."""

    @abstractmethod
    def by_verdict(self) -> Mapping[str, tuple[int, int]]:
        """Verdict to (rows, microseconds)."""

    @abstractmethod
    def by_tags(self) -> list[Tagged]:
        """Every combination of tags and a verdict that occurs, but clean."""

    @abstractmethod
    def wer_by_tag(self) -> Mapping[str, tuple[int, float]]:
        """How many of the rows with each tag have a WER, and its median."""

    @abstractmethod
    def malformed_kinds(self) -> list[tuple[str, int, str, int]]:
        """(kind, rows, id of the first, its byte offset), commonest first."""

    @abstractmethod
    def known(self, metrics: Sequence[str]) -> Mapping[str, int]:
        """Rows in which each metric is not null."""

    @abstractmethod
    def rows(self, numbers: Sequence[int]) -> Mapping[int, Row]:
        """The columns SHOWN of rows, by number."""

    def values(
        self, numbers: Sequence[int], metrics: Sequence[str]
    ) -> Mapping[int, Mapping[str, Any]]:
        """The metrics of rows, by number."""
        rows = self._at(numbers, metrics)
        return {number: dict(zip(metrics, row, strict=True)) for number, row in rows.items()}

    @abstractmethod
    def _at(self, numbers: Sequence[int], columns: Sequence[str]) -> Mapping[int, Row]:
        """These columns of rows, by number; nothing of each without columns."""

    @abstractmethod
    def sizes(self, column: str) -> pl.DataFrame:
        """As `curate.rules.evaluate.groups.SizesOf` says."""

    @abstractmethod
    def largest(self, column: str, most: int) -> tuple[list[str | None], int]:
        """The values of a column with most hours, then by value; and how many values there are.

        Null counts where rows without a value have hours: lines that are no records have neither.
        """

    @abstractmethod
    def distinct(self, column: str) -> int:
        """The values of a column in sound rows; null is one."""

    @abstractmethod
    def losses(self, column: str, least_us: int, most: Mapping[str, float]) -> list[Row]:
        """Values of a column with `least_us` in sound rows, and a larger share than `most` of it
        in rows with one of these verdicts by rules: value, microseconds in all, and by verdict.
        """

    @abstractmethod
    def worst_groups(self, column: str, least_us: int, most: int) -> list[Row]:
        """Groups of at least `least_us` with bad hours: value, rows, microseconds in all and bad;
        by the share that is bad, then by the bad hours, then by value."""  # noqa: D209

    @abstractmethod
    def coverage(self, columns: Sequence[str]) -> Mapping[str, tuple[int, int, int]]:
        """By column its values, and the rows and microseconds that have one."""

    @abstractmethod
    def strata(self, column: str, most: int) -> list[Row]:
        """Largest groups of a column: value, rows, microseconds in all and as clean, borderline,
        unknown, bad; by hours, then by value."""  # noqa: D209


def open_table(
    records: Path, counts: RowCounts | None = None, shown: Sequence[int] = ()
) -> RecordsTable:
    """The records table of a profile: in memory where it is small. `counts` are those of its rows,
    where they are counted, and `shown` numbers of rows that will be looked up.
    """
    if records.stat().st_size <= IN_MEMORY:
        from curate.profiles.small_table import SmallTable

        return SmallTable.read(records)
    from curate.profiles.large_table import LargeTable

    return LargeTable(records, counts, shown)
