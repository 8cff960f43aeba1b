"""What a metric is: one declared row, from which everything else about it follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

Direction = Literal["high", "low", "both", "none"]


@dataclass(frozen=True, slots=True)
class Group:
    """Metrics that belong together; those of an `opt_in` group are measured only when asked for.

    `needs` are groups without which this one cannot be measured.
    """

    name: str
    meaning: str
    opt_in: bool = True
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """One measure of a record.

    `direction` says which end is suspicious; `low` and `high` bound the histogram (values beyond
    are counted as below or above), `bins` is how many bins lie between where values fill it all.
    `null` says in words when the metric is null. `source` cites where the definition comes from.
    `group` is the group of GROUPS that the metric belongs to; without one it is measured always.
    """

    name: str
    unit: str
    meaning: str
    null: str
    direction: Direction
    low: float
    high: float
    bins: int
    dtype: pl.DataType
    source: str = "ours"
    group: str = ""

    @property
    def expr(self) -> pl.Expr:
        """The metric's column."""
        return pl.col(self.name)
