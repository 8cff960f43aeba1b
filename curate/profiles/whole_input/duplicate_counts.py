"""Per row, what only the whole input shows: how often its text and its segment stand in it."""

from __future__ import annotations

from collections.abc import Collection
from io import FileIO
from pathlib import Path

import polars as pl

from curate.artifacts.columns import MALFORMED, NORMAL_KEY
from curate.files.parquet_room import room_for
from curate.manifest.audio_files import segment_key
from curate.metrics import BY_NAME
from curate.profiles.records_table import ROW_GROUP
from curate.profiles.whole_input.near_duplicates import near_duplicates
from curate.text.packed import hash_normal

_KEY = "_key"

WHOLE_INPUT = frozenset({"duplicates", "near_duplicates"})
"""Groups of metrics that are filled when all is read."""


def sink(frame: pl.LazyFrame, path: Path | FileIO) -> None:
    """Write a records table, rows in their order.

    Least and greatest values would take an eighth of the time to write, and no reader skips rows by
    them: rows are looked up by number, and the columns of conditions have all values everywhere.
    """
    with room_for(path):
        frame.sink_parquet(
            path,
            compression="lz4",
            statistics={"min": False, "max": False, "null_count": True, "distinct_count": False},
            row_group_size=ROW_GROUP,
            maintain_order=True,
        )


def with_duplicate_counts(rows: pl.LazyFrame, path: Path, groups: Collection[str]) -> pl.LazyFrame:
    """The rows of the records table at `path` with the metrics of these groups filled."""
    if "duplicates" in groups:
        keys = pl.scan_parquet(path).filter(MALFORMED.expr.is_null())
        rows = _counted(rows, keys, "text_duplicates", NORMAL_KEY.expr)
        rows = _counted(rows, keys, "audio_duplicates", segment_key())
        rows = rows.with_columns(
            pl.when(NORMAL_KEY.expr != hash_normal("")).then("text_duplicates")
        )
    if "near_duplicates" in groups:
        rows = rows.with_columns(near_duplicates(path))
    return rows


def _counted(rows: pl.LazyFrame, keys: pl.LazyFrame, name: str, key: pl.Expr) -> pl.LazyFrame:
    """Add to each row how many of `keys` equal its own; null for malformed rows."""
    dtype = BY_NAME[name].dtype
    counted = keys.group_by(key.alias(_KEY)).agg(pl.len().cast(dtype).alias(name))
    one = pl.when(MALFORMED.expr.is_null()).then(pl.lit(1, dtype))
    return (
        rows.drop(name)
        .with_columns(key.alias(_KEY))
        .join(counted.filter(pl.col(name) > 1), on=_KEY, how="left", maintain_order="left")
        .drop(_KEY)
        .with_columns(pl.col(name).fill_null(one))
    )
