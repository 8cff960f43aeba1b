"""Texts of a column as numbers: each distinct text once, and which of them each row has."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

_FEW = 8
"""Distinct texts that are compared one by one, which is quicker than hashing each row's."""
_SAMPLE = 256
"""Rows that show whether there are more."""
_NULL = 255


def text_codes(column: pl.Series) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The distinct texts of a column, in no order, and for each row the place of its text among
    them; of a null it is the number of texts.

    >>> text_codes(pl.Series(["en", None, "de", "en"]))
    (['en', 'de'], array([0, 2, 1, 0]))
    """
    if column.head(_SAMPLE).n_unique() <= _FEW and (few := _codes_of_few(column)):
        return few
    texts = column.unique().drop_nulls()
    codes = column.cast(pl.Enum(texts)).to_physical().cast(pl.Int64)
    if codes.null_count():
        codes = codes.fill_null(texts.len())
    return texts.to_list(), codes.to_numpy()


def _codes_of_few(column: pl.Series) -> tuple[list[str], npt.NDArray[np.int64]] | None:
    """The same of at most _FEW distinct texts; None where there are more."""
    texts: list[str] = []
    places = np.zeros(column.len(), np.uint8)
    nulls = column.is_null().to_numpy() if column.null_count() else None
    if nulls is not None:
        places[nulls] = _NULL
    left = column.len() - column.null_count()
    while left:
        if len(texts) == _FEW:
            return None
        text = column[int(places.argmin())]  # 0 is a row whose text is not known yet
        texts.append(text)
        is_same = column == text
        same = int(is_same.sum())
        if same == left:  # the last text is that of all rows that have none yet
            places += (places == 0).view(np.uint8) * np.uint8(len(texts))
        else:
            if nulls is not None:
                is_same = is_same.fill_null(False)
            places += is_same.to_numpy().view(np.uint8) * np.uint8(len(texts))
        left -= same
    if nulls is not None:
        places[nulls] = len(texts) + 1
    places -= 1
    return texts, places.astype(np.int64)
