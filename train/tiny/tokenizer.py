"""The tokenizers of tiny models: SentencePiece trained on the texts, special tokens as NVIDIA has.

An aggregate holds one SentencePiece a language and one of special tokens; a unified one holds all
of it in a single SentencePiece, as canary-1b-v2 does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

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

SPECIAL = "spl_tokens"
"""The part of Canary's aggregate that holds the special tokens."""

HEAD_MULTIPLE = 8
"""NeMo pads the head to a multiple of 8, and beam search fails on a padded id: fill up."""

CUSTOM = "nemo.collections.common.tokenizers.canary_tokenizer."
"""The module of Canary's own tokenizer classes."""


def aggregate(texts: Mapping[str, list[str]], pieces: int, folder: Path) -> dict[str, Any]:
    """One SentencePiece a language, one of special tokens; the `tokenizer` section for it."""
    count = sum(train_pieces(group, pieces, folder / lang) for lang, group in texts.items())
    tokens = special_tokens(tuple(texts))
    _fill_up(lambda more: train_pieces((), 0, folder / SPECIAL, (*tokens, *more)), count)
    return aggregate_section(folder, tuple(texts))


def aggregate_section(folder: Path, languages: Sequence[str]) -> dict[str, Any]:
    """The `tokenizer` section of an aggregate whose parts lie in `folder`, each in its own."""
    names = (SPECIAL, *languages)  # the order is the order of ids
    return {
        "dir": None,
        "type": "agg",
        "langs": {name: {"dir": str(folder / name), "type": "bpe"} for name in names},
        "custom_tokenizer": {"_target_": f"{CUSTOM}CanaryTokenizer", "tokenizers": None},
    }


def unified(texts: Mapping[str, list[str]], pieces: int, folder: Path) -> dict[str, Any]:
    """One SentencePiece for every language and the special tokens; the `tokenizer` section."""
    everything = _all(texts)
    tokens, vocab_size = special_tokens(tuple(texts)), pieces * len(texts)
    _fill_up(lambda more: train_pieces(everything, vocab_size, folder / "all", (*tokens, *more)), 0)
    return unified_section(folder / "all")


def unified_section(folder: Path) -> dict[str, Any]:
    """The `tokenizer` section of one SentencePiece with Canary's special tokens."""
    custom = {"_target_": f"{CUSTOM}CanaryBPETokenizer", "tokenizers": None}
    return {"dir": str(folder), "type": "bpe", "custom_tokenizer": custom}


def single(texts: Mapping[str, list[str]], pieces: int, folder: Path) -> dict[str, Any]:
    """One SentencePiece without special tokens, for CTC and RNN-T; the `tokenizer` section."""
    train_pieces(_all(texts), pieces, folder / "all")
    return {"dir": str(folder / "all"), "type": "bpe"}


def _all(texts: Mapping[str, list[str]]) -> list[str]:
    return [text for group in texts.values() for text in group]


def special_tokens(languages: Sequence[str]) -> tuple[str, ...]:
    """The special tokens of a Canary for these languages, without filling."""
    return (*NEMO_TOKENS, *PROMPT_TOKENS, *(f"<|{lang}|>" for lang in languages), *PLACEHOLDERS)


def _fill_up(train: Callable[[Sequence[str]], int], others: int) -> None:
    """Train again with canary2's time stamps as filling, so that the whole vocabulary fits."""
    count = train(()) + others
    if missing := -count % HEAD_MULTIPLE:
        filled = train([f"<|{index}|>" for index in range(missing)]) + others
        assert filled % HEAD_MULTIPLE == 0, filled


def train_pieces(
    sentences: Iterable[str], vocab_size: int, folder: Path, symbols: Sequence[str] = ()
) -> int:
    """Train a SentencePiece model in the folder layout that NeMo expects; its true size.

    The size is a target, not counting `symbols`: a small corpus cannot fill a large vocabulary, and
    every character of the texts must have a piece. Without sentences there are only symbols.
    """
    import sentencepiece

    folder.mkdir(exist_ok=True)
    lines = [" ".join(sentence.split()) for sentence in sentences]
    characters = set("".join(lines))
    (folder / "text.txt").write_text("\n".join(lines or symbols), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text.txt"),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=max(vocab_size, len(characters) + 2) + len(symbols),
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
