"""Build a very small, very real NeMo model from nothing: for demos, tests and experiments.

`canary` is a multi-task encoder-decoder as canary-180m-flash is: FastConformer encoder,
Transformer decoder, aggregate tokenizer (special tokens, then one SentencePiece a language),
canary2 prompt; `unified` is the same with one SentencePiece for everything, as canary-1b-v2. `ctc`,
`rnnt`, `tdt` and `hybrid` are the same encoder over one SentencePiece, with a CTC head, an RNN-T or
a TDT decoder, and with both TDT and CTC. The architectures are NeMo configurations, to be read in
`train/tiny/architectures/`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from curate.artifacts.outputs import writable
from curate.errors import ConfigError, InputError
from curate.files.marked_yaml import plain_value, read_tree
from curate.nemo.archive import Archive
from train.data.rows import usable_rows
from train.pretrained import archive_of
from train.runs import runtime
from train.tiny import tokenizer as tiny_tokens

Kind = Literal["canary", "unified", "ctc", "rnnt", "tdt", "hybrid"]

Tokenize = Callable[[Mapping[str, list[str]], int, Path], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Family:
    """What makes a kind: NeMo's class, the architecture's file, the tokenizer and its size."""

    target: str
    architecture: str
    tokenizer: Tokenize
    pieces: int


_MODELS = "nemo.collections.asr.models."
_CANARY = f"{_MODELS}aed_multitask_models.EncDecMultiTaskModel"
_RNNT = f"{_MODELS}rnnt_bpe_models.EncDecRNNTBPEModel"

FAMILIES: dict[Kind, Family] = {
    "canary": Family(_CANARY, "canary", tiny_tokens.aggregate, 128),
    "unified": Family(_CANARY, "canary", tiny_tokens.unified, 128),
    "ctc": Family(f"{_MODELS}ctc_bpe_models.EncDecCTCModelBPE", "ctc", tiny_tokens.single, 32),
    "rnnt": Family(_RNNT, "rnnt", tiny_tokens.single, 32),
    "tdt": Family(_RNNT, "tdt", tiny_tokens.single, 32),
    "hybrid": Family(
        f"{_MODELS}hybrid_rnnt_ctc_bpe_models.EncDecHybridRNNTCTCBPEModel",
        "hybrid", tiny_tokens.single, 32,
    ),
}  # fmt: skip

ARCHITECTURES = Path(__file__).parent / "architectures"

ENCODER_SIZES = (
    "asr_enc_hidden",
    "encoder_layers",
    "encoder_heads",
    "subsampling",
    "subsampling_channels",
)

UNDECLARED = "en"
"""The language of rows that declare none; canary2 needs one."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How small. The defaults make about 1.8 million parameters, 0.25 s a step on one core.

    `pieces` a language; None for what the kind learns best from little data: nearly whole words
    for a Canary, whose decoder then has little to spell, nearly characters for the others.
    """

    d_model: int = 128
    layers: int = 3
    heads: int = 4
    subsampling: int = 4
    subsampling_channels: int = 32
    decoder_layers: int = 2
    decoder_inner: int = 512
    pieces: int | None = None

    def __post_init__(self) -> None:
        if self.d_model % self.heads:
            what = f"{self.d_model} is not a multiple of the {self.heads} attention heads"
            raise ConfigError.of("--d-model", what)

    def defaults(self, kind: Kind) -> dict[str, int]:
        """The sizes by the names that the architecture files use (`model_defaults`)."""
        sizes = self.d_model, self.layers, self.heads, self.subsampling, self.subsampling_channels
        encoder = dict(zip(ENCODER_SIZES, sizes, strict=True))
        decoder = {"decoder_layers": self.decoder_layers, "decoder_inner": self.decoder_inner}
        return encoder | decoder if FAMILIES[kind].architecture == "canary" else encoder


@dataclass(frozen=True, slots=True)
class TinyModel:
    """What was built."""

    path: Path
    kind: Kind
    parameters: int
    vocabulary: int
    languages: tuple[str, ...]


def build_tiny(
    out: Path,
    manifests: Sequence[Path],
    kind: Kind = "canary",
    sizes: Sizes | None = None,
    seed: int = 0,
    encoder: str | None = None,
) -> TinyModel:
    """Build an untrained model whose tokenizers are trained on the manifests' texts.

    `encoder` names another tiny model, whose encoder (sizes and weights) to begin with: on minutes
    of speech an encoder learns by CTC in a fraction of the steps that it takes through an
    attention decoder.
    Lines that are no record are passed over: `curate profile` is what reports them.
    """
    sizes = sizes or Sizes()
    source = archive_of(encoder) if encoder else None
    texts = _texts_by_language(manifests)
    config = _architecture(kind, sizes, source)
    with writable(out):  # before NeMo is imported, which takes longer than all else
        out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tiny-model-") as folder:
        family = FAMILIES[kind]
        config["tokenizer"] = family.tokenizer(texts, sizes.pieces or family.pieces, Path(folder))
        with runtime.importing():
            from train.nemo import model

        parameters, vocabulary = model.save_untrained(config, seed, out, source)
    return TinyModel(out, kind, parameters, vocabulary, tuple(texts))


def _architecture(kind: Kind, sizes: Sizes, source: Archive | None) -> dict[str, Any]:
    """The architecture file with the sizes put in; a given encoder brings its own."""
    config = read_architecture(kind)
    config["model_defaults"] |= sizes.defaults(kind)
    if source is not None:
        defaults = source.config.get("model_defaults") or {}
        if not set(ENCODER_SIZES) <= defaults.keys():
            raise ConfigError.of(source.path, "was not built by `train tiny`", "see --encoder")
        config["model_defaults"] |= {name: defaults[name] for name in ENCODER_SIZES}
    return config


def read_architecture(kind: Kind) -> dict[str, Any]:
    """NeMo's configuration of a kind as its file has it, with the class and without a tokenizer."""
    file = ARCHITECTURES / f"{FAMILIES[kind].architecture}.yaml"
    config = plain_value(read_tree(file.read_text(encoding="utf-8"), str(file)))
    assert isinstance(config, dict), "an architecture is keys and values"
    config["target"] = FAMILIES[kind].target
    return config


def _texts_by_language(manifests: Sequence[Path]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for row in usable_rows(manifests):
        if row.text.strip():
            texts.setdefault(row.language or UNDECLARED, []).append(row.text)
    if not texts:
        raise InputError.of(", ".join(map(str, manifests)), "no record with a text in it")
    return dict(sorted(texts.items()))
