"""Build a very small, very real NeMo model from nothing: for demos, tests and experiments.

`canary` is a multi-task encoder-decoder as the Canary family is: FastConformer encoder,
Transformer decoder, aggregate tokenizer (special tokens, then one SentencePiece a language),
canary2 prompt. `ctc` is the same encoder with a CTC head over one SentencePiece. The
architectures are NeMo configurations, to be read in `train/architectures/`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from curate.errors import ConfigError, InputError
from train import marked_yaml, runtime
from train.archive import Archive
from train.pretrained import archive_of
from train.rows import usable_rows

Kind = Literal["canary", "ctc"]

PIECES: dict[Kind, int] = {"canary": 128, "ctc": 32}

NEMO_TOKENS = (
    "<|nospeech|>",
    "<pad>",
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|pnc|>",
    "<|nopnc|>",
)
"""CanaryTokenizer.build_special_tokenizer puts these first; so do we."""

PROMPT_TOKENS = (
    "<|startofcontext|>",
    "<|itn|>",
    "<|noitn|>",
    "<|timestamp|>",
    "<|notimestamp|>",
    "<|diarize|>",
    "<|nodiarize|>",
    "<|spkchange|>",
    "<|audioseparator|>",
    "<|emo:undefined|>",
    "<|emo:neutral|>",
    "<|emo:happy|>",
    "<|emo:sad|>",
    "<|emo:angry|>",
    "<|unklang|>",
    "<|transcribe|>",
    "<|translate|>",
)
"""What else the canary2 prompt may hold."""

PLACEHOLDERS = tuple(f"<|spltoken{index}|>" for index in range(30))
"""Free tokens for one's own on/off slots, as NVIDIA's checkpoints have them."""

CLASSES: dict[Kind, str] = {
    "canary": "nemo.collections.asr.models.aed_multitask_models.EncDecMultiTaskModel",
    "ctc": "nemo.collections.asr.models.ctc_bpe_models.EncDecCTCModelBPE",
}

HEAD_MULTIPLE = 8
"""NeMo pads the head to a multiple of 8, and beam search fails on a padded id: fill up."""

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
    for `canary`, whose decoder then has little to spell, nearly characters for `ctc`.
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
        return encoder | decoder if kind == "canary" else encoder


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
    with tempfile.TemporaryDirectory(prefix="tiny-model-") as folder:
        pieces = sizes.pieces or PIECES[kind]
        config["tokenizer"] |= _train_tokenizer(kind, texts, pieces, Path(folder))
        runtime.prepare()
        from train import model

        parameters, vocabulary = model.save_untrained(config, seed, out, source)
    return TinyModel(out, kind, parameters, vocabulary, tuple(texts))


def _architecture(kind: Kind, sizes: Sizes, source: Archive | None) -> dict[str, Any]:
    """The architecture file with the sizes put in; a given encoder brings its own."""
    file = ARCHITECTURES / f"{kind}.yaml"
    config: dict[str, Any] = marked_yaml.read(file.read_text(encoding="utf-8")).value
    config["target"] = CLASSES[kind]
    config["model_defaults"] |= sizes.defaults(kind)
    if source is not None:
        theirs = source.config.get("model_defaults") or {}
        if not set(ENCODER_SIZES) <= theirs.keys():
            raise ConfigError.of(source.path, "was not built by `train tiny`", "see --encoder")
        config["model_defaults"] |= {name: theirs[name] for name in ENCODER_SIZES}
    return config


def _texts_by_language(manifests: Sequence[Path]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for row in usable_rows(manifests):
        if row.text.strip():
            texts.setdefault(row.language or UNDECLARED, []).append(row.text)
    if not texts:
        raise InputError.of(", ".join(map(str, manifests)), "no record with a text in it")
    return dict(sorted(texts.items()))


def _train_tokenizer(
    kind: Kind, texts: Mapping[str, list[str]], pieces: int, folder: Path
) -> dict[str, Any]:
    """Train the SentencePiece models; the changes to the architecture's `tokenizer` section."""
    if kind == "ctc":
        train_pieces([text for group in texts.values() for text in group], pieces, folder / "all")
        return {"dir": str(folder / "all")}
    count = sum(train_pieces(group, pieces, folder / lang) for lang, group in texts.items())
    _train_special_tokens(tuple(texts), count, folder / "spl_tokens")
    names = ("spl_tokens", *texts)  # the order is the order of ids
    return {"langs": {name: {"dir": str(folder / name), "type": "bpe"} for name in names}}


def _train_special_tokens(languages: Sequence[str], other_pieces: int, folder: Path) -> None:
    tokens = (*NEMO_TOKENS, *PROMPT_TOKENS, *(f"<|{lang}|>" for lang in languages), *PLACEHOLDERS)
    size = len(tokens) + 2  # SentencePiece adds <unk> and its word mark
    filler = tuple(f"<|{index}|>" for index in range(-(size + other_pieces) % HEAD_MULTIPLE))
    tokens += filler  # canary2's time stamps
    count = train_pieces(tokens, len(tokens) + 2, folder, symbols=tokens)
    assert (count + other_pieces) % HEAD_MULTIPLE == 0, (count, other_pieces)


def train_pieces(
    sentences: Iterable[str], wished: int, folder: Path, symbols: Sequence[str] = ()
) -> int:
    """Train a SentencePiece model in the folder layout that NeMo expects; its true size.

    The size is a wish: a small corpus cannot fill a large vocabulary, and every character of
    the texts must have a piece.
    """
    import sentencepiece

    folder.mkdir()
    lines = [" ".join(sentence.split()) for sentence in sentences]
    (folder / "text.txt").write_text("\n".join(lines), encoding="utf-8")
    characters = set() if symbols else set("".join(lines))
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text.txt"),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=max(wished, len(characters) + 2),
        model_type="unigram",
        character_coverage=1.0,
        bos_id=-1,
        eos_id=-1,
        hard_vocab_limit=False,
        user_defined_symbols=list(symbols),
        minloglevel=2,
    )
    return _write_vocabulary(folder)


def _write_vocabulary(folder: Path) -> int:
    """Write the vocab.txt that NeMo packs beside a tokenizer, in its WordPiece spelling."""
    lines = (folder / "tokenizer.vocab").read_text(encoding="utf-8").split("\n")
    pieces = [line.split("\t")[0] for line in lines if line]
    words = [piece[1:] if piece.startswith("▁") else f"##{piece}" for piece in pieces]
    (folder / "vocab.txt").write_text("\n".join(filter(None, words)), encoding="utf-8")
    return len(pieces)
