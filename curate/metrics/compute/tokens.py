"""How many tokens a model's own tokenizer makes of a text: SentencePiece, plain or from a .nemo."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import yaml

from curate.artifacts.frames import Spans
from curate.environment.extras import require
from curate.errors import ConfigError

_LARGEST = 64 << 20
"""Bytes of a tokenizer or a configuration; what is larger is neither."""
_CONFIG = "model_config.yaml"
_MEND = "name a SentencePiece .model, or a .nemo that holds one"


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """SentencePiece models by language; the one under None serves every language.

    `name` stands for the content: the same bytes have the same name.
    """

    name: str
    models: Mapping[str | None, bytes]

    def model(self, lang: str | None) -> bytes | None:
        """The model for a declared language: its own, else that of `en` for `en-US`."""
        if None in self.models:
            return self.models[None]
        base = (lang or "").replace("_", "-").partition("-")[0].lower()
        return self.models.get(lang) or self.models.get(base)


def read_tokenizer(path: str | Path) -> Tokenizer:
    """The tokenizer of a SentencePiece model or a NeMo archive; ConfigError where it is neither."""
    file = Path(path)
    require("sentencepiece", "counting tokens (--tokenizer)")
    try:
        models: Mapping[str | None, bytes] = (
            _of_archive(file) if tarfile.is_tarfile(file) else {None: file.read_bytes()}
        )
        for model in models.values():
            _processor(model)
    except OSError as error:
        raise ConfigError.of(file, f"cannot be read: {error.strerror or error}", _MEND) from None
    except (ValueError, KeyError, TypeError, RuntimeError, yaml.YAMLError, tarfile.TarError) as why:
        raise ConfigError.of(file, f"holds no SentencePiece tokenizer: {why}", _MEND) from None
    whole = hashlib.blake2b(digest_size=16)
    for lang, model in models.items():
        whole.update(f"{lang}\0{len(model)}\0".encode() + model)
    return Tokenizer(whole.hexdigest(), models)


def _of_archive(file: Path) -> Mapping[str | None, bytes]:
    """The models that a .nemo's configuration names; of an aggregate one, each language's."""
    with tarfile.open(file) as archive:
        members = {member.name.removeprefix("./"): member for member in archive}
        config = yaml.safe_load(_read(archive, members, _CONFIG))
        tokenizer = config["tokenizer"]
        named: dict[str | None, str] = {None: str(tokenizer.get("model_path", ""))}
        if tokenizer["type"] == "agg":
            named = {lang: str(part["model_path"]) for lang, part in tokenizer["langs"].items()}
        return {
            lang: _read(archive, members, name.removeprefix("nemo:"))
            for lang, name in named.items()
        }


def _read(archive: tarfile.TarFile, members: Mapping[str, tarfile.TarInfo], name: str) -> bytes:
    """A regular member's bytes; nothing is unpacked, and no link is followed."""
    member = members.get(name)
    if member is None or not member.isreg() or member.size > _LARGEST:
        raise ValueError(f"no such member ({name or 'model_path'})")
    opened = archive.extractfile(member)
    assert opened is not None, "a regular member opens"
    return opened.read()


@lru_cache(maxsize=256)
def _processor(model: bytes) -> Any:
    """SentencePiece of a model's bytes; RuntimeError where they are none."""
    made = require("sentencepiece", "counting tokens").SentencePieceProcessor()
    made.LoadFromSerializedProto(model)
    return made


def tokens(
    texts: Spans, declared: pl.Series, duration_s: pl.Series, tokenizer: Tokenizer
) -> Mapping[str, pl.Series]:
    """The token metrics of every row; null where no model serves the declared language."""
    counts = np.full(declared.len(), -1, np.int32)
    unknown = np.zeros(declared.len(), np.int32)
    for model, rows in _by_model(declared, tokenizer):
        processor = _processor(model)
        made = processor.encode([texts.decode(row) for row in rows.tolist()])
        counts[rows] = [len(ids) for ids in made]
        unknown[rows] = [ids.count(processor.unk_id()) for ids in made]
    token_counts = pl.Series(counts).set(pl.Series(counts < 0), None)
    some = token_counts.set(token_counts == 0, None)
    return {
        "tokens": token_counts,
        "token_rate": token_counts / duration_s,
        "unknown_tokens": pl.Series(unknown) / some,
    }


def _by_model(
    declared: pl.Series, tokenizer: Tokenizer
) -> Iterator[tuple[bytes, npt.NDArray[np.int64]]]:
    names = declared.to_list()
    served = {lang: tokenizer.model(lang) for lang in set(names)}
    for model in dict.fromkeys(model for model in served.values() if model is not None):
        yield model, np.flatnonzero([served[name] == model for name in names])
