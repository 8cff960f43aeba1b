"""Counts that are added up batch by batch, by any thread, in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Final

import polars as pl

_MOST_PARTS: Final = 32


class SummedCounts:
    """Counts by the first column of a schema; parts with equal keys are added up."""

    def __init__(self, schema: Mapping[str, type[pl.DataType]]) -> None:
        self._empty = pl.DataFrame(schema=schema)
        self._parts: list[pl.DataFrame] = []
        self._lock = Lock()

    def add(self, counted: pl.DataFrame) -> None:
        """Add the counts of a batch, each key once."""
        with self._lock:
            self._parts.append(counted)
            if len(self._parts) >= _MOST_PARTS:
                self._parts = [self._added()]

    def total(self) -> pl.DataFrame:
        """The counts of all batches, each key once, in no order."""
        with self._lock:
            return self._added()

    def _added(self) -> pl.DataFrame:
        key, *counts = self._empty.columns
        return pl.concat([self._empty, *self._parts]).group_by(key).agg(pl.col(counts).sum())
