"""Columns of clips, as a batch of NeMo lines gives them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.alike import alike
from curate.manifest.values import combine


def reason_column(rows: npt.NDArray[np.int64], reasons: dict[int, str]) -> pl.Series:
    """Why each of `rows` is no record; null where it is one."""
    if not reasons:
        return alike(None, rows.size, pl.String())
    return pl.Series([reasons.get(row) for row in rows.tolist()], dtype=pl.String)


def audio_keys(
    paths: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.float64] | np.float64,
    channels: npt.NDArray[np.int16] | None,
) -> npt.NDArray[np.uint64]:
    """The key of each segment: its path, offset and, where a line names one, channel."""
    keys = combine(paths, offsets)
    if channels is None:
        return keys
    return np.where(channels >= 0, combine(keys, channels.astype(np.float64)), keys)


def channel_column(
    channels: npt.NDArray[np.int16] | None, broken: npt.NDArray[np.bool_], rows: int
) -> pl.Series:
    """The channel that each line names; null where it names none."""
    if channels is None:
        return alike(None, rows, pl.Int16())
    return pl.Series(channels).set(pl.Series((channels < 0) | broken), None)


def key_column(keys: npt.NDArray[np.uint64], broken: npt.NDArray[np.bool_]) -> pl.Series:
    """Keys of records; null for lines that are none."""
    series = pl.Series(keys)
    return series.set(pl.Series(broken), None) if broken.any() else series
