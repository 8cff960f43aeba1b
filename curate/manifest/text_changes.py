"""What text rules did to records, portion by portion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.text_rules import Applied


@dataclass(frozen=True, slots=True)
class TextChanges:
    """What rules did to the texts of a portion; entry i is of its row `rows[i]`. `fields` are those
    that the rules look at. `unstable` has a
    row for each rule: texts that it would change if the rules were applied to their results.
    """

    rows: npt.NDArray[np.int64]
    before: pl.Series
    fields: Mapping[str, pl.Series]
    applied: Applied
    unstable: npt.NDArray[np.bool_]
