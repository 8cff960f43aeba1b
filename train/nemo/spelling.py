"""A text as the tokens of a model: spelled as the model spells, where the text is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from nemo.collections.asr.models import ASRModel

from curate.arrays import Int32s
from curate.text.normal import normalise


class Speller:
    """The tokenizer of a model. One without a tokenizer (characters of its own) spells nothing."""

    def __init__(self, model: ASRModel) -> None:
        self._tokenizer: Any = getattr(model, "tokenizer", None)
        self._by_language = hasattr(self._tokenizer, "tokenizers_dict")

    def tokens(self, text: str, language: str | None) -> Int32s:
        """The text's tokens; none where it is empty or the model has none for all of it.

        A model of lower-case words has no tokens for capitals or punctuation: where the text has
        unknown ones, it is taken in lower case, then normalised; what is unknown still is left out.
        """
        unknown, tokens = self._unknown(language), []
        for spelling in self._spellings(text, language):
            tokens = self._encode(spelling, language)
            if unknown not in tokens:
                break
        return np.array([token for token in tokens if token != unknown], np.int32)

    def _spellings(self, text: str, language: str | None) -> Iterator[str]:
        is_known = not self._by_language or language in self._tokenizer.tokenizers_dict
        if text.strip() and self._tokenizer is not None and is_known:
            yield text
            yield text.lower()
            yield normalise(text, language)

    def _encode(self, text: str, language: str | None) -> list[int]:
        if self._by_language:
            return list(self._tokenizer.text_to_ids(text, language))
        return list(self._tokenizer.text_to_ids(text))

    def _unknown(self, language: str | None) -> int | None:
        """The token for what the tokenizer does not know; None where it has none."""
        if self._by_language:
            own = self._tokenizer.tokenizers_dict.get(language)
            unknown = getattr(own, "unk_id", None)
            offset = self._tokenizer.token_id_offset.get(language, 0)
            return None if unknown is None else int(unknown) + int(offset)
        unknown = getattr(self._tokenizer, "unk_id", None)
        return None if unknown is None else int(unknown)
