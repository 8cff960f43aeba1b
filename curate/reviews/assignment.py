"""Which split each record of a profile is in, by the lock of a split directory."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curate.artifacts.columns import AUDIO_KEY, DURATION_US, TEXT_KEY
from curate.errors import InputError
from curate.profiles.opened import RECORDS
from curate.splits.lock import LOCK

SPLIT = "split"
_KEYS = [AUDIO_KEY.name, TEXT_KEY.name, DURATION_US.name]


def read_assignment(split: Path, profile: Path) -> pl.Series:
    """The split of each record of a profile, in order. InputError where the directory is no split,
    or that of another profile.
    """
    path = split / LOCK
    try:
        lock = pl.read_parquet(path, columns=[*_KEYS, SPLIT])
    except (OSError, pl.exceptions.PolarsError):
        what = "is not a lock that curate split wrote"
        raise InputError.of(path, what, "name a directory that `curate split` made") from None
    if not lock.select(_KEYS).equals(pl.read_parquet(profile / RECORDS, columns=_KEYS)):
        hint = f"split it: curate split {profile} --out {split}"
        raise InputError.of(split, f"is not a split of {profile}", hint)
    return lock[SPLIT].cast(pl.String)
