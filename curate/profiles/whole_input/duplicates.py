"""How often the records say, or point at, the same thing again."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from curate.artifacts.columns import (
    AUDIO_CHANNEL,
    MALFORMED,
    OFFSET_S,
    RECORDING_KEY,
    TEXT_KEY,
)
from curate.artifacts.profile import Duplicates
from curate.manifest.audio_files import segment_key
from curate.profiles.rows import scan

AT_ONCE = 1 << 22
"""Keys that are sorted at a time, so that memory does not grow with the input."""

_READ = 1 << 20
"""Rows that are read at a time: Polars' own batches are read ahead by as many as others leave it
time for.
"""


class Repeated(NamedTuple):
    """Different keys, rows whose key stands elsewhere too, and rows in all."""

    different: int
    shared_rows: int
    rows: int


def count_duplicates(records: Path, rows: int) -> Duplicates:
    """What profile.json says of them; `rows` are those of the records table."""
    of_texts, of_segments = texts(records, rows), segments(records, rows)
    return Duplicates(
        unique_texts=of_texts.different,
        rows_with_duplicated_text=of_texts.shared_rows,
        duplicate_audio_offset_keys=of_segments.rows - of_segments.different,
    )


def texts(records: Path, rows: int) -> Repeated:
    """Of sound rows by their text as it is."""
    return _duplicates(records, TEXT_KEY.expr, rows)


def segments(records: Path, rows: int) -> Repeated:
    """Of sound rows by audio file and offset."""
    whole = pl.all_horizontal(pl.col(OFFSET_S.name, AUDIO_CHANNEL.name).count() == 0)
    files_only = scan(records).select(whole).collect(engine="streaming").item()
    # Where all rows are whole files, different files have different keys, and no key is computed.
    return _duplicates(records, RECORDING_KEY.expr if files_only else segment_key(), rows)


def _duplicates(records: Path, key: pl.Expr, rows: int) -> Repeated:
    parts = -(-rows // AT_ONCE) or 1
    partial = [_part(records, key, rows, part, parts) for part in range(parts)]
    return Repeated(*map(sum, zip(*partial, strict=True)))


def _part(records: Path, key: pl.Expr, rows: int, part: int, parts: int) -> Repeated:
    """One part of the keys: keys are hashes, so that any rule of division shares them evenly."""
    keys = np.empty(rows, np.uint64)  # memory is taken as it is filled, mostly a part of it
    size = 0
    for first in range(0, rows, _READ):
        plan = scan(records).select(MALFORMED.expr, key.alias("key")).slice(first, _READ)
        plan = plan.filter(MALFORMED.expr.is_null())
        if parts > 1:
            plan = plan.filter(pl.col("key") % parts == part)
        here = plan.collect(engine="streaming")["key"].to_numpy()
        keys[size : size + here.size] = here
        size += here.size
    keys = keys[:size]
    keys.sort()
    repeated = np.concatenate(([False], keys[1:] == keys[:-1]))[: keys.size]
    again = int(np.count_nonzero(repeated))
    first_of_many = int(np.count_nonzero(repeated[1:] & ~repeated[:-1]))
    return Repeated(keys.size - again, again + first_of_many, keys.size)
