"""What one look at the records shows: the rows of each language, and those that are not clean by
what sets them apart.

Languages, conventions, rules and verdicts are answered from it: tags are the slowest column to
read.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from curate.artifacts.columns import (
    DURATION_US,
    LANG,
    LANG_CODE,
    MALFORMED,
    OVERRIDE,
    SOURCE,
    TAGS,
    VERDICT,
)
from curate.profiles.records_table import FIRST
from curate.profiles.rows import AT_ONCE, scan

UNCLEAN = VERDICT.expr != "clean"
SOUND, BY_RULES = "sound", "by_rules"
STATE = (
    DURATION_US.expr, VERDICT.expr,
    MALFORMED.expr.is_null().alias(SOUND), OVERRIDE.expr.is_null().alias(BY_RULES),
)  # fmt: skip
"""What of a row its group counts."""
ROWS, US = pl.len().cast(pl.Int64).alias("rows"), DURATION_US.expr.sum().alias("us")
ADDED = pl.col("rows").sum(), pl.col("us").sum()
_FIRST = "first"


class RowCounts(NamedTuple):
    """Rows by language (and source, where there are several) and LANG_CODE, and their
    microseconds: `rows` and `us`.

    `unclean` are those that are not clean by VERDICT and TAGS, by whether they are SOUND and
    decided BY_RULES, too, with the numbers of the `first` FIRST ones.
    """

    stated: pl.DataFrame
    unclean: pl.DataFrame

    def languages(self) -> list[str]:
        """The codes of the languages that the rows declare, sorted."""
        return self.stated[LANG_CODE.name].unique().drop_nulls().sort().to_list()


def count_rows(records: Path, *, several_sources: bool = False) -> RowCounts:
    """Count the rows of a records table, of each source where there are several."""
    places = [SOURCE.name, LANG.name] if several_sources else [LANG.name]
    by_tags = [*places, VERDICT.name, TAGS.name, SOUND, BY_RULES]
    table = scan(records)
    stated = table.group_by(*places, LANG_CODE.name).agg(ROWS, US).collect(engine="streaming")
    # In parts: until all are read, the numbers of all rows of a group are held.
    unclean = [
        table.select(*places, TAGS.expr, *STATE)
        .slice(number, AT_ONCE)
        .with_row_index(_FIRST, number)
        .filter(UNCLEAN)
        .group_by(by_tags)
        .agg(ROWS, US, pl.col(_FIRST).cast(pl.Int64).bottom_k(FIRST))
        .collect(engine="streaming")
        for number in range(0, max(int(stated["rows"].sum()), 1), AT_ONCE)
    ]
    if len(unclean) == 1:
        return RowCounts(stated, unclean[0])
    first = pl.col(_FIRST).explode().bottom_k(FIRST)
    return RowCounts(stated, pl.concat(unclean).group_by(by_tags).agg(*ADDED, first))
