"""How many tokens a model's own tokenizer makes of a text: SentencePiece, plain or from a .nemo."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.frames import Spans
from curate.environment.extras import require
from curate.errors import ConfigError, InputError
from curate.errors.nearest import unreadable

_HINT = "name a SentencePiece .model, or a .nemo that holds one"


class Tokenizer(NamedTuple):
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
    from curate.nemo.tokenizer import load_model

    try:
        models = _read_models(file)
        for model in models.values():
            load_model(model)
    except OSError as error:
        raise ConfigError(unreadable(file, error, _HINT)) from None
    except InputError as error:
        raise ConfigError(*error.faults) from None
    except ValueError as error:
        raise ConfigError.of(file, str(error), _HINT) from None
    whole = hashlib.blake2b(digest_size=16)
    for lang, model in models.items():
        whole.update(f"{lang}\0{len(model)}\0".encode() + model)
    return Tokenizer(whole.hexdigest(), models)


def _read_models(file: Path) -> dict[str | None, bytes]:
    import tarfile

    if not tarfile.is_tarfile(file):
        return {None: file.read_bytes()}
    from curate.nemo.archive import open_archive
    from curate.nemo.tokenizer import read_models

    return {lang or None: model for lang, model in read_models(open_archive(file)).items()}


def tokens(
    texts: Spans, declared: pl.Series, duration_s: pl.Series, tokenizer: Tokenizer
) -> Mapping[str, pl.Series]:
    """The token metrics of every row; null where no model serves the declared language."""
    counts = np.full(declared.len(), -1, np.int32)
    unknown = np.zeros(declared.len(), np.int32)
    for model, rows in _by_model(declared, tokenizer):
        from curate.nemo.tokenizer import load_model

        processor = load_model(model)
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
