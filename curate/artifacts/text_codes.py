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
    left = column.len() - column.null_count()
    if column.null_count():
        places += column.is_null().to_numpy().view(np.uint8) * np.uint8(_NULL)
    while left:
        if len(texts) == _FEW:
            return None
        text = column[int(places.argmin())]  # 0 is a row whose text is not known yet
        is_same = column == text
        if column.null_count():
            is_same = is_same.fill_null(False)
        same = is_same.to_numpy().view(np.uint8)
        texts.append(text)
        places += same * np.uint8(len(texts))
        left -= int(np.count_nonzero(same))
    codes = places.astype(np.int64) - 1
    codes[places == _NULL] = len(texts)
    return texts, codes
