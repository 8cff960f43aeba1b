"""What a metric is: one declared row, from which everything else about it follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.arrays import Floats, Int32s
from curate.native import kernel

if TYPE_CHECKING:
    from curate.metrics.compute.batch import Batch

Direction = Literal["high", "low", "both", "none"]
Counts: TypeAlias = npt.NDArray[np.int32]
Values: TypeAlias = pl.Series | Counts | None
"""One value a row; None where no row of the batch has one."""

INTEGER = pl.Int32()
MALFORMED = "malformed rows"
TEXTLESS = "malformed and untranscribed rows"
SPACELESS = "texts in scripts that write no spaces between words"
SHORT = "imprecise for segments under 0.5 s"


class Group(NamedTuple):
    """Metrics that belong together; those of an `opt_in` group are measured only on request.

    `needs` are groups without which this one cannot be measured.
    """

    name: str
    meaning: str
    opt_in: bool = True
    needs: tuple[str, ...] = ()


class Metric(NamedTuple):
    """One measure of a record, declared and computed in one row.

    `direction` is the suspicious end; `low` and `high` bound the histogram (values beyond are
    counted as below or above), `bins` is the number of bins between them. `null` states when the
    metric is null, `source` cites the definition. Without `needs_text`, an untranscribed record
    has a value too. `group` is the group of GROUPS that the metric
    belongs to; without one it is measured always. `compute` takes a batch of records to one value
    a row (`curate.metrics.compute.batch.Batch` offers what several metrics share); None where the
    whole input or the audio is needed: the metric is null until that pass has filled it.
    """

    name: str
    unit: str
    meaning: str
    null: str
    direction: Direction
    low: float
    high: float
    bins: int
    dtype: pl.DataType = pl.Float64()
    source: str = "asr-curate"
    group: str = ""
    needs_text: bool = True
    compute: Callable[[Batch], Values] | None = None

    @property
    def expr(self) -> pl.Expr:
        """The metric's column."""
        return pl.col(self.name)


def share(part: Counts, whole: Counts) -> pl.Series:
    """`part / whole`; null where `whole` is 0, or `part` is not applicable (negative)."""
    shares = np.empty(part.size)
    all_known = _divide(part, whole, shares)
    return pl.Series(shares, nan_to_null=not all_known)


@kernel("shares")
def _divide(part: Int32s, whole: Int32s, shares: Floats) -> bool:
    """Put NaN where there is no share; whether there is none such."""
    raise NotImplementedError
