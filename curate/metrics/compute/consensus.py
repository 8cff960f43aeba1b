"""How the hypotheses of two recognisers (`pred_text`, `pred_text_2`) agree, and the second one with
the text: a text that both contradict with the same words is wrong more surely than by one of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from curate.artifacts.frames import Spans
from curate.metrics.compute.agreement import known_share, numbered, other_chars
from curate.text.align import OTHER_WORDS
from curate.text.edits import count_normalised
from curate.text.normaliser import Normaliser


def consensus(
    texts: Spans,
    predicted: Spans | None,
    predicted_2: Spans,
    normaliser: Normaliser | None = None,
    lang: pl.Series | None = None,
) -> Mapping[str, pl.Series]:
    """The consensus metrics of every row; null where it has not the hypotheses that one compares,
    or nothing to divide by. `lang` are the declared languages; None where no row declares one.
    """
    steps, languages = normaliser or Normaliser(), numbered(lang, texts.start.size)
    second = count_normalised(_parts(texts), _parts(predicted_2), steps, *languages)
    of_text = {
        "wer_2": known_share(second.word_edits, second.ref_words, second.paired),
        "cer_2": known_share(second.char_edits, second.ref_chars, second.paired),
    }
    if predicted is None:
        return of_text
    first = Spans(predicted.data, predicted.start, np.maximum(predicted.length, 0))
    models = count_normalised(_parts(first), _parts(predicted_2), steps, *languages)
    paired = models.paired & (predicted.length >= 0)
    words = np.maximum(models.ref_words, models.edits[:, OTHER_WORDS])
    chars = np.maximum(models.ref_chars, other_chars(models))
    return {
        **of_text,
        # Two empty hypotheses are the same: no edit, over one so that it is 0 and not unknown.
        "wer_models": known_share(models.word_edits, np.maximum(words, 1), paired),
        "cer_models": known_share(models.char_edits, np.maximum(chars, 1), paired),
    }


def _parts(spans: Spans) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return spans.data, spans.start, spans.length
