"""Per row, what only the whole input shows: how often its text and its segment stand in it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import polars as pl

from curate.artifacts.columns import MALFORMED, NORMAL_KEY, VERDICT_COLUMNS
from curate.manifest.audio_files import segment_key
from curate.metrics import BY_NAME
from curate.profiles.whole_input.near_duplicates import near_duplicates
from curate.rules.evaluate import tag
from curate.rules.file import RuleSet
from curate.text.packed import hash_normal

ROW_GROUP = 122_880

_SEGMENT = "_segment"

WHOLE_INPUT = frozenset({"duplicates", "near_duplicates"})
"""Groups of metrics that are filled when all is read."""


def sink(frame: pl.LazyFrame, path: Path) -> None:
    """Write a records table, rows in their order."""
    frame.sink_parquet(path, compression="lz4", row_group_size=ROW_GROUP, maintain_order=True)


def add_copies(
    path: Path,
    rules: RuleSet,
    groups: Collection[str] = ("duplicates",),
    decide: Callable[[pl.DataFrame], pl.DataFrame] = lambda frame: frame,
) -> None:
    """Count the copies of each row of a records table, judge it by `rules` and then by `decide`,
    and write it anew.

    The table holds the columns of these groups already; they are filled.
    """
    table = pl.scan_parquet(path)
    names = table.collect_schema().names()
    counted = table.drop(column.name for column in VERDICT_COLUMNS)
    if "duplicates" in groups:
        counted = _counted(counted, "text_duplicates", NORMAL_KEY.name)
        counted = counted.with_columns(segment_key().alias(_SEGMENT))
        counted = _counted(counted, "audio_duplicates", _SEGMENT).with_columns(
            pl.when(NORMAL_KEY.expr != hash_normal("")).then("text_duplicates")
        )
    if "near_duplicates" in groups:
        counted = counted.with_columns(near_duplicates(path))
    beside = path.with_suffix(".counted")
    tagged = tag(counted, rules).map_batches(decide, streamable=True)
    sink(tagged.select(names), beside)
    beside.replace(path)


def _counted(table: pl.LazyFrame, name: str, key: str) -> pl.LazyFrame:
    """The table with the rows that have the same key as each row; null for malformed rows."""
    dtype = BY_NAME[name].dtype
    sound = MALFORMED.expr.is_null()
    several = (table.filter(sound).group_by(key).agg(pl.len().cast(dtype).alias(name))).filter(
        pl.col(name) > 1
    )
    one = pl.when(sound).then(pl.lit(1, dtype))
    joined = table.drop(name).join(several, on=key, how="left", maintain_order="left")
    return joined.with_columns(pl.col(name).fill_null(one))
