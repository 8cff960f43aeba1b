"""What a tokenizer has no piece for: characters by language, and the tokens that hold one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import polars as pl

from curate.artifacts.words import Alphabet, UnknownToTokenizer, WordFrequency
from curate.inspect.words.alphabets import OTHER, Lacks
from curate.metrics.compute.tokens import Tokenizer
from curate.nemo.tokenizer import load_model

SHOWN = 20


def lacking_of(tokenizer: Tokenizer | None) -> Lacks:
    """Whether the model for a language has no piece for a character; of no tokenizer: never.

    A language that no model serves lacks nothing: what it is trained with is not known.
    """
    if tokenizer is None:
        return lambda lang, character: False
    known = lru_cache(maxsize=None)(_lacks)

    def lacks(lang: str | None, character: str) -> bool:
        model = tokenizer.model(None if lang == OTHER else lang)
        return model is not None and known(model, character)

    return lacks


def _lacks(model: bytes, character: str) -> bool:
    processor = load_model(model)
    return processor.unk_id() in processor.encode(character)


def unknown_tokens(
    tokenizer: Tokenizer, tokens: pl.DataFrame, languages: Sequence[Alphabet]
) -> UnknownToTokenizer:
    """Tokens that hold a character without a piece, of all that stand between blanks."""
    lacking = sorted({each.character for one in languages for each in one.unknown})
    holding = tokens.filter(pl.col("token").str.contains_any(lacking)).sort(
        ["count", "token"], descending=[True, False]
    )
    return UnknownToTokenizer(
        name=tokenizer.name,
        served=tuple(each.lang for each in languages if tokenizer.model(each.lang) is not None),
        characters=sum(each.unknown_characters for each in languages),
        tokens=int(holding["count"].sum()),
        words=tuple(
            WordFrequency(word=word, count=count) for word, count in holding.head(SHOWN).rows()
        ),
    )
