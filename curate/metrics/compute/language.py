"""What language a text is in, by py3langid (a small offline model; docs/adr/0015)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import DETECTED_LANG
from curate.artifacts.frames import Spans
from curate.environment.extras import require
from curate.text.languages import language_code

_PART_OF: Mapping[str, str] = {
    "cmn": "zh", "yue": "zh", "wuu": "zh", "arz": "ar", "ary": "ar", "nb": "no", "nn": "no",
    "sdh": "ku", "uzs": "uz", "gug": "gn", "fuv": "ff", "iw": "he", "in": "id", "fil": "tl",
}  # fmt: skip
"""Members of a macrolanguage (ISO 639-3), and old codes: the same language for a comparison."""


def language(
    texts: Spans, letters: npt.NDArray[np.int32], declared: pl.Series
) -> Mapping[str, pl.Series]:
    """The language metrics and DETECTED_LANG; null for texts without letters.

    `lid_agrees` is null too where no language is declared, or one that the model does not know.
    ConfigError where the extra `lid` is not installed.
    """
    model = _model()
    rows = np.flatnonzero(letters).tolist()
    classified = [model.classify(texts.decode(row)) for row in rows]
    langs: list[str | None] = [None] * letters.size
    sure: list[float | None] = [None] * letters.size
    agrees: list[int | None] = [None] * letters.size
    names = declared.to_list()
    for row, (lang, confidence) in zip(rows, classified, strict=True):
        langs[row], sure[row] = str(lang), round(float(confidence), 6)
        name = names[row]
        if name is not None and (declared_code := _plain(name)) in _known():
            agrees[row] = int(declared_code == _PART_OF.get(lang, lang))
    return {
        DETECTED_LANG.name: pl.Series(langs, dtype=pl.String),
        "lid_confidence": pl.Series(sure, dtype=pl.Float64),
        "lid_agrees": pl.Series(agrees, dtype=pl.Int32),
    }


def _plain(name: str) -> str:
    """The language of a declared name: `en-US` and `English` are en, `yue` is Chinese.

    >>> _plain("PT_br"), _plain("yue")
    ('pt', 'zh')
    """
    base = language_code(name) or ""
    return _PART_OF.get(base, base)


@cache
def _known() -> frozenset[str]:
    return frozenset(_PART_OF.get(label, label) for label in _model().labels)


@cache
def _model() -> Any:
    langid = require("py3langid.langid", "telling a text's language (--metrics lid)")
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
