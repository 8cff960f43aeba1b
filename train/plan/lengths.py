"""How long the sampled texts become in the model's own tokens, and what it has no piece for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from train.artifacts.plan import LanguageLengths
from train.plan.corpus import UNDECLARED, Example
from train.plan.tokenizer import Tokenizer

PROMPT_TOKENS = {"canary": 5, "canary2": 9}
"""Tokens in front of the transcript: canary has start, source, task, target, pnc; canary2 context,
start, emotion, source, target, pnc, itn, timestamp, diarize."""

END = 1


@dataclass(frozen=True, slots=True)
class Lengths:
    """One language's texts in tokens; `unknown` counts pieces the tokenizer does not have.

    `pairs` are the seconds and tokens of each text.
    """

    language: str
    examples: int
    speech_s: float
    tokens: int
    unknown: int
    longest: int
    longest_at: str
    has_part: bool
    pairs: tuple[tuple[float, int], ...] = field(default=(), repr=False)

    @property
    def tokens_per_s(self) -> float | None:
        """Tokens over seconds of speech; None without either."""
        return self.tokens / self.speech_s if self.speech_s and self.tokens else None

    @property
    def unknown_share(self) -> float | None:
        """Unknown pieces over all pieces; None without any."""
        return self.unknown / self.tokens if self.tokens else None

    def record(self) -> LanguageLengths:
        """The lengths for plan.json."""
        rate, share = self.tokens_per_s, self.unknown_share
        return LanguageLengths(
            language=self.language,
            examples=self.examples,
            tokens_per_s=None if rate is None else round(rate, 3),
            unknown_share=None if share is None else round(share, 6),
            longest=self.longest,
            longest_at=self.longest_at,
        )


def measure_lengths(examples: Sequence[Example], tokenizer: Tokenizer) -> tuple[Lengths, ...]:
    """Lengths by language, in the order of their names."""
    groups: dict[str, list[Example]] = {}
    for example in examples:
        groups.setdefault(example.language or UNDECLARED, []).append(example)
    return tuple(_measure(name, groups[name], tokenizer) for name in sorted(groups))


def _measure(language: str, examples: Sequence[Example], tokenizer: Tokenizer) -> Lengths:
    part = tokenizer.part_for(language)
    speech_s = sum(example.duration_s for example in examples)
    if part is None:
        return Lengths(language, len(examples), speech_s, 0, 0, 0, "", False)
    pieces = part.encode([example.text for example in examples])
    unknown_piece = part.model.unk_id()
    longest = max(range(len(pieces)), key=lambda index: len(pieces[index]))
    return Lengths(
        language=language,
        examples=len(examples),
        speech_s=speech_s,
        tokens=sum(map(len, pieces)),
        unknown=sum(ids.count(unknown_piece) for ids in pieces),
        longest=len(pieces[longest]),
        longest_at=examples[longest].place,
        has_part=True,
        pairs=tuple((e.duration_s, len(ids)) for e, ids in zip(examples, pieces, strict=True)),
    )


def prompt_tokens(prompt_format: str | None, behaviors: int = 0) -> int:
    """Tokens that stand before and behind a transcript; of an unknown prompt, canary2's."""
    if prompt_format is None:
        return 0
    known = PROMPT_TOKENS.get(prompt_format, PROMPT_TOKENS["canary2"])
    return known + behaviors + END
