"""How often the records say, or point at, the same thing again."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from curate.artifacts.columns import MALFORMED, TEXT_KEY
from curate.manifest.audio_files import segment_key

AT_ONCE = 1 << 22
"""Keys that are sorted at a time, so that memory does not grow with the input."""


class Duplicates(NamedTuple):
    """Different keys, rows whose key stands elsewhere too, and rows in all."""

    different: int
    shared_rows: int
    rows: int


def texts(records: Path, rows: int) -> Duplicates:
    """Of sound rows by their text as it is."""
    return _duplicates(records, TEXT_KEY.expr, rows)


def segments(records: Path, rows: int) -> Duplicates:
    """Of sound rows by audio file and offset."""
    return _duplicates(records, segment_key(), rows)


def _duplicates(records: Path, key: pl.Expr, rows: int) -> Duplicates:
    parts = -(-rows // AT_ONCE) or 1
    partial = [_part(records, key, part, parts) for part in range(parts)]
    return Duplicates(*map(sum, zip(*partial, strict=True)))


def _part(records: Path, key: pl.Expr, part: int, parts: int) -> Duplicates:
    """One part of the keys: keys are hashes, so that any rule of division shares them evenly."""
    plan = pl.scan_parquet(records).filter(MALFORMED.expr.is_null()).select(key.alias("key"))
    if parts > 1:
        plan = plan.filter(pl.col("key") % parts == part)
    keys = plan.collect(engine="streaming")["key"].sort().to_numpy()
    if not keys.size:
        return Duplicates(0, 0, 0)
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    lengths = np.diff(starts, append=keys.size)
    return Duplicates(starts.size, int(lengths[lengths > 1].sum()), keys.size)
