"""The SentencePiece models of a tokenizer, out of a vetted archive; NeMo itself is not imported."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from curate.environment.extras import require
from curate.errors import InputError
from curate.nemo.archive import NEMO_FILE, Archive

AGGREGATE = "agg"
"""The type of a tokenizer that has a SentencePiece for each language."""


def tokenizer_section(archive: Archive) -> Mapping[str, Any]:
    """The `tokenizer` of the archive's configuration; InputError where there is none."""
    section = archive.config.get("tokenizer")
    if not isinstance(section, Mapping):
        raise InputError.of(archive.path, "its configuration has no tokenizer section")
    return section


def read_models(archive: Archive) -> dict[str, bytes]:
    """Each SentencePiece with the language that it serves; under "" the one that serves all.

    InputError where the archive does not hold it.
    """
    section = tokenizer_section(archive)
    sections = section.get("langs") if section.get("type") == AGGREGATE else {"": section}
    return {name: _read_model(archive, name, part) for name, part in (sections or {}).items()}


def _read_model(archive: Archive, name: str, section: Any) -> bytes:
    path = section.get("model_path") if isinstance(section, Mapping) else None
    if not isinstance(path, str) or not path.startswith(NEMO_FILE):
        what = f"names no file of its own for the tokenizer {name or 'model'!r} (model_path)"
        raise InputError.of(archive.path, what, "save the model again with NeMo's save_to")
    return archive.read(path)


@lru_cache(maxsize=256)
def load_model(content: bytes) -> Any:
    """The SentencePieceProcessor of a model; ValueError where the bytes are none."""
    processor = require("sentencepiece", "counting tokens").SentencePieceProcessor()
    try:
        processor.LoadFromSerializedProto(content)
    except (RuntimeError, ValueError):  # in the words of its own source files
        raise ValueError("is not a SentencePiece model") from None
    return processor
