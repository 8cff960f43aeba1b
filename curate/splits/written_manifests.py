"""Manifests that `curate split` wrote: where the relative audio paths of each line begin.

A split's lines are copied as they are, so their paths still begin at the folders of the manifests
that they come from, which its lock names in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from curate.artifacts.base import read_artifact
from curate.artifacts.columns import MALFORMED, RECORDING_KEY, SOURCE
from curate.artifacts.profile import Input
from curate.artifacts.split import Split
from curate.manifest.audio_files import Bases, bases_of, keys_of_paths
from curate.manifest.origin import home_of
from curate.profiles.opened import origin_of
from curate.splits.lock import LOCK

PATH = "audio_filepath"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Which of `bases` the path of each of an output's lines begins at, in order."""

    bases: Sequence[Bases]
    of: pl.Series

    @classmethod
    def read(cls, path: Path) -> Drawn | None:
        """What the split beside an output says of it; None for any other manifest."""
        lock = path.parent / LOCK
        if not (path.parent / Split.file).is_file() or not lock.is_file():
            return None
        split = read_artifact(path.parent, Split)
        names = [each.name for each in split.outputs if each.file == path.name]
        if not names:
            return None
        rows = pl.scan_parquet(lock).filter(pl.col("split") == names[0])
        inputs = {entry.source: number for number, entry in enumerate(split.inputs)}
        sources = rows.select(SOURCE.name).collect().to_series()
        of = sources.replace_strict(inputs, default=None, return_dtype=pl.Int64)
        return cls([_bases(entry, split.audio_root) for entry in split.inputs], of)

    def is_of(self, rows: pl.DataFrame) -> bool:
        """Whether these are as many rows as were written, each of a known source."""
        return rows.height == self.of.len() and not self.of.null_count()

    def keyed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The output's rows, which have PATH, with the keys of the files that they mean.

        As they are where the lines are no longer those that were written.
        """
        if not self.is_of(rows):
            return rows
        of = self.of.to_numpy().astype(np.int64)
        keys = pl.Series(keys_of_paths(rows[PATH], of, self.bases))
        known = pl.when(MALFORMED.expr.is_null() & pl.col(PATH).is_not_null())
        return rows.with_columns(known.then(keys).alias(RECORDING_KEY.name))


def _bases(entry: Input, root: str | None) -> Bases:
    bases = bases_of(origin_of(entry), None if root is None else Path(root))
    if root is not None:
        return bases
    beside = home_of(origin_of(entry))
    return tuple(entry.folder if base == beside else base for base in bases)
