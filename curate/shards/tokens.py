"""How many tokens a transcript is, by the trainer's own SentencePiece models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from curate.environment.extras import require
from curate.errors import ConfigError, Fault, parameter, raise_all

Counter = Callable[[Mapping[str, object]], int]


def check_tokenizers(named: Sequence[str]) -> None:
    """ConfigError for what names no model: FILE for all languages, or LANG=FILE for each."""
    faults = []
    for name in named:
        lang, path = _parse(name)
        if not Path(path).is_file():
            faults.append(
                Fault(
                    parameter("tokenizers"), f"{path} is not a file", "name a SentencePiece model"
                )
            )
        elif not lang and len(named) > 1:
            what = f"{path} is for which language?"
            faults.append(
                Fault(parameter("tokenizers"), what, "with several models, write LANG=FILE")
            )
    raise_all(ConfigError, faults)


@lru_cache(maxsize=1)
def counter(named: tuple[str, ...]) -> Counter:
    """What counts a record's tokens: 0 where there is no model for its target language."""
    if not named:
        return lambda record: 0
    sentencepiece = require("sentencepiece", "counting tokens")
    models: dict[str, Any] = {}
    for name in named:
        lang, path = _parse(name)
        models[lang] = sentencepiece.SentencePieceProcessor(model_file=path)
    return lambda record: _count(models, record)


def _count(models: Mapping[str, Any], record: Mapping[str, object]) -> int:
    lang = str(record.get("target_lang", record.get("lang", "")))
    model = models.get(lang, models.get(""))
    return 0 if model is None else len(model.encode(str(record["text"])))


def _parse(name: str) -> tuple[str, str]:
    lang, sign, path = name.partition("=")
    return (lang, path) if sign and "/" not in lang else ("", name)
