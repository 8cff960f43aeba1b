"""Which words of texts become a word that no text has, by the normaliser: `foxs` is `fox's`."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from curate.artifacts.frames import Spans
from curate.text.normaliser import Normaliser

_LANGUAGE: Final = (None,)
"""Words are counted without their languages, so only what is done in every language is known."""


def written_forms(
    words: pl.DataFrame, normalised: pl.Series, normaliser: Normaliser
) -> pl.DataFrame:
    """`word`, and what is `written` for it most often: of `normalised`, those that a word of the
    texts (`word`, `count`) becomes as a whole.
    """
    texts = Spans.of(words["word"].to_list())
    languages = np.zeros(words.height, np.int64)
    normal = Spans(*normaliser.spans(texts.data, texts.start, texts.length, _LANGUAGE, languages))
    forms = pl.DataFrame(
        {
            "word": pl.Series([normal.decode(row) for row in range(words.height)], dtype=pl.String),
            "written": words["word"],
            "count": words["count"],
        }
    )
    known = forms.filter(pl.col("word").is_in(normalised.implode()))
    return (
        known.sort(["count", "written"], descending=[True, False])
        .unique("word", keep="first", maintain_order=True)
        .select("word", "written")
    )
