"""A model's tokenizer, read out of its archive: what it knows, and how long texts become.

Only SentencePiece, without NeMo. Special tokens count as known where the vocabulary holds them as
one piece: one SentencePiece for everything turns what it lacks into `<unk>` without a word, and an
aggregate fails on the first such record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from curate.errors import InputError
from curate.errors.nearest import unreadable
from curate.nemo.archive import Archive, artifact_name
from curate.nemo.tokenizer import AGGREGATE, load_model, read_models, tokenizer_section
from curate.text.languages import is_language_code
from train.artifacts.plan import PlanTokenizer, TokenizerPart

Kind = Literal["aggregate", "unified", "single", "wordpiece"]

KINDS: dict[Kind, str] = {
    "aggregate": "one SentencePiece a language, concatenated",
    "unified": "one SentencePiece for all languages and the special tokens",
    "single": "one SentencePiece, no special tokens",
    "wordpiece": "WordPiece",
}
"""Every kind of tokenizer, in words."""

SPECIAL = "spl_tokens"
"""The part of Canary's aggregate that holds the special tokens."""

WORD_MARK = "▁"
"""SentencePiece's blank, which it puts before the first word."""

REGIONS = {"en": "en-US", "es": "es-ES", "fr": "fr-FR", "de": "de-DE"}
"""What NeMo's CanaryTokenizer takes a language for, where it has no part of that name."""


@dataclass(frozen=True, slots=True)
class Part:
    """One SentencePiece of the tokenizer; `name` is its language, empty where there is but one."""

    name: str
    pieces: int
    sha256: str
    model: Any = field(repr=False)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The pieces of each text; a lone surrogate, which has no bytes, counts as `?`."""
        return list(self.model.encode([text.encode(errors="replace") for text in texts]))

    def all_pieces(self) -> list[str]:
        """Every piece, in the order of their numbers."""
        return [self.model.id_to_piece(number) for number in range(self.pieces)]

    def bracketed(self) -> Iterator[str]:
        """The names of special tokens: `de` of `<|de|>`."""
        pieces = self.all_pieces()
        yield from (piece[2:-2] for piece in pieces if piece[:2] == "<|" and piece[-2:] == "|>")

    def knows(self, token: str) -> bool:
        """Whether the token is one piece of its own."""
        number = self.model.piece_to_id(token)
        pieces = [i for i in self.model.encode(token) if self.model.id_to_piece(i) != WORD_MARK]
        return bool(number != self.model.unk_id() and pieces == [number])


@dataclass(frozen=True)
class Tokenizer:
    """What an archive says of its tokenizer, and the SentencePieces themselves."""

    kind: Kind
    custom: str | None
    prompt_format: str | None
    parts: tuple[Part, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have a part of their own; none where one part serves all."""
        names = (part.name for part in self.parts)
        return tuple(name for name in names if name not in {"", SPECIAL})

    @property
    def prompt_languages(self) -> tuple[str, ...]:
        """The languages that have a part of their own or, where one part serves all, a token."""
        if self.kind != "unified":
            return self.languages
        names = (name for part in self.parts for name in part.bracketed())
        return tuple(sorted(name for name in names if is_language_code(name)))

    @property
    def vocabulary(self) -> int:
        """Pieces of all parts together."""
        return sum(part.pieces for part in self.parts)

    def part_for(self, language: str | None) -> Part | None:
        """The part that a text in this language is cut by; None where there is none."""
        if self.kind != "aggregate":
            return self.parts[0] if self.parts else None
        named = {part.name: part for part in self.parts if part.name != SPECIAL}
        if language in named:
            return named[language]
        return named.get(REGIONS.get(language or "", ""))

    def knows(self, token: str) -> bool:
        """Whether a special token is exactly one piece."""
        special = [part for part in self.parts if part.name in {"", SPECIAL}]
        return any(part.knows(token) for part in special)

    def supports(self, language: str) -> bool:
        """Whether the language has its token in the prompt, and its part in an aggregate."""
        token = self.prompt_format is None or self.knows(f"<|{language}|>")
        return token and (self.kind != "aggregate" or self.part_for(language) is not None)

    def differences(self, other: Tokenizer) -> list[str]:
        """What makes the two different, so that the weights of one mean nothing to the other.

        Sizes are not enough: two vocabularies of one size load without a word.
        """
        differing = [
            f"{name} {mine!r} against {other_value!r}"
            for name, mine, other_value in (
                ("type", self.kind, other.kind),
                ("tokenizer class", self.custom, other.custom),
                ("prompt_format", self.prompt_format, other.prompt_format),
                ("parts", [p.name for p in self.parts], [p.name for p in other.parts]),
            )
            if mine != other_value
        ]
        other_sums = {part.name: part.sha256 for part in other.parts}
        changed = [
            p.name or "all" for p in self.parts if other_sums.get(p.name, p.sha256) != p.sha256
        ]
        return [*differing, *(f"another SentencePiece for {name!r}" for name in changed)]

    def record(self) -> PlanTokenizer:
        """The tokenizer for plan.json."""
        return PlanTokenizer(
            kind=self.kind,
            meaning=KINDS[self.kind],
            class_name=self.custom,
            prompt_format=self.prompt_format,
            vocabulary=self.vocabulary,
            parts=tuple(
                TokenizerPart(name=part.name, pieces=part.pieces, sha256=part.sha256)
                for part in self.parts
            ),
        )


def read_tokenizer(archive: Archive) -> Tokenizer:
    """The tokenizer of a vetted archive; InputError where the archive does not hold it."""
    section = tokenizer_section(archive)
    custom = (section.get("custom_tokenizer") or {}).get("_target_")
    prompt = archive.config.get("prompt_format")
    kind = kind_of(section, prompt)
    models = {} if kind == "wordpiece" else read_models(archive)
    parts = tuple(_part(name, content, archive.path) for name, content in models.items())
    name = str(custom).rpartition(".")[2] if custom else None
    return Tokenizer(kind, name, prompt, parts)


def read_folder(folder: Path, kind: Literal["bpe", "wpe"]) -> Tokenizer:
    """The tokenizer of a folder as NeMo's scripts write it; InputError where there is none."""
    if kind == "wpe":
        return Tokenizer("wordpiece", None, None, ())
    path = folder / "tokenizer.model"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(unreadable(path, error)) from None
    return Tokenizer("single", None, None, (_part("", content, path),))


def kind_of(section: Mapping[str, Any], prompt_format: object) -> Kind:
    """The kind of tokenizer that a NeMo `tokenizer` section describes."""
    if section.get("type") == AGGREGATE:
        return "aggregate"
    if section.get("type") == "wpe":
        return "wordpiece"
    return "unified" if prompt_format else "single"


SIZES = (("decoder.num_classes", 1), ("joint.num_classes", 1), ("head.num_classes", 8))
"""Where a configuration has the size of the output, and of what it is a multiple."""

PIECES = ("labels", "decoder.vocabulary", "joint.vocabulary")
"""Where it lists the pieces."""


def contradictions(archive: Archive, tokenizer: Tokenizer) -> Iterator[str]:
    """Where the configuration was written with another tokenizer than the archive has.

    NeMo notes sizes and pieces there, and loads the weights without looking at them.
    """
    for key, unit in SIZES if tokenizer.parts else ():
        size, expected = archive.value(key), -(-tokenizer.vocabulary // unit) * unit
        if isinstance(size, int) and size > 0 and size != expected:
            yield f"{key} is {size}, and the tokenizer has {tokenizer.vocabulary} pieces"
    for key in PIECES if len(tokenizer.parts) == 1 else ():
        if (listed := archive.value(key)) and listed != tokenizer.parts[0].all_pieces():
            yield f"{key} has other pieces than the tokenizer"


def changed_parts(archive: Archive, tokenizer: Tokenizer) -> Iterator[str]:
    """The SentencePieces that are not those of the vocabulary files beside them, by name."""
    section = tokenizer_section(archive)
    sections = section.get("langs") or {"": section}
    for part in tokenizer.parts:
        path = artifact_name(str((sections.get(part.name) or {}).get("spe_tokenizer_vocab")))
        if path in archive.files:
            lines = archive.read(path).decode(errors="replace").removesuffix("\n").split("\n")
            if [line.rpartition("\t")[0] for line in lines] != part.all_pieces():
                yield path


def _part(name: str, content: bytes, where: Path) -> Part:
    try:
        model = load_model(content)
    except ValueError as error:
        what = f"its tokenizer {name!r} {error}" if name else str(error)
        raise InputError.of(where, what) from None
    return Part(name, model.get_piece_size(), hashlib.sha256(content).hexdigest(), model)
