"""The rules that every row must pass, for one model: its prompt, its tokenizer, its decoder."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from curate.nemo.archive import Archive
from train.config import Behavior
from train.plan.lengths import prompt_tokens
from train.plan.rows.prompt import (
    LANGUAGES,
    SLOTS,
    SWITCHES_OF,
    Problem,
    language_token,
    slot_problems,
)
from train.plan.rows.record import Problems, Record
from train.plan.rows.source import RowSet
from train.plan.tokenizer import Part, Tokenizer
from train.recipe import Recipe
from train.recipe.behaviors import PROMPT, of_config

BATCH = 5_000
"""Rows whose texts are tokenized together."""

GROWTH = 3
"""How much longer than its NFKC, in bytes, a text may become by a tokenizer's own normalisation."""

START = "<|startoftranscript|>"

_ABSENT = object()


def decoder_positions(archive: Archive) -> int | None:
    """Positions of the decoder; None where it has no such limit."""
    limit = archive.value("transf_decoder.config_dict.max_sequence_length")
    return limit if isinstance(limit, int) else None


def rules_of(archive: Archive, recipe: Recipe, tokenizer: Tokenizer) -> RowRules:
    """The rules of the model in the archive, trained by this recipe with this tokenizer."""
    behaviors = of_config(recipe.config)
    prompt = PROMPT if behaviors else tokenizer.prompt_format
    return RowRules(
        tokenizer=tokenizer,
        prompt=prompt if prompt in SWITCHES_OF else None,
        behaviors=behaviors,
        around=tokens_around(tokenizer, len(behaviors)),
        positions=decoder_positions(archive),
    )


def tokens_around(tokenizer: Tokenizer, behaviors: int) -> int:
    """Tokens before and behind a transcript in the decoder, with so many behaviours."""
    return prompt_tokens(tokenizer.prompt_format, behaviors) + _blanks(tokenizer)


def _blanks(tokenizer: Tokenizer) -> int:
    """Blanks that a unified tokenizer puts in front of the prompt; an aggregate puts none."""
    if tokenizer.kind != "unified":
        return 0
    return len(tokenizer.parts[0].encode([START])[0]) - 1


@dataclass(frozen=True)
class RowRules:
    """What a model takes. `prompt` is None for a model without one, `positions` for a decoder
    without a limit; `around` counts the tokens before and behind a transcript.
    """

    tokenizer: Tokenizer
    prompt: str | None
    behaviors: Mapping[str, Behavior]
    around: int
    positions: int | None
    _by_slots: dict[tuple[Any, ...], Problems] = field(default_factory=dict, repr=False)

    def check(self, rows: RowSet) -> Iterator[tuple[Record, Problems]]:
        """Each row of the set, in order, with its problems by code."""
        records = rows.records()
        while batch := list(islice(records, BATCH)):
            problems = [self._problems(record, rows) for record in batch]
            for index, what in self._long_texts(batch):
                problems[index]["too-long"] = what
            yield from zip(batch, problems, strict=True)

    def _problems(self, record: Record, rows: RowSet) -> Problems:
        problems = dict(record.problems)
        if "malformed" in problems:
            return problems
        if not rows.shortest_s <= record.duration_s <= rows.longest_s:
            limits = f"{rows.shortest_s:g} to {rows.longest_s:g} s are used"
            problems.setdefault(rows.outside, f"lasts {record.duration_s:.2f} s; {limits}")
        return problems | self._slot_problems(record)

    def _slot_problems(self, record: Record) -> Problems:
        """Problems with the prompt's slots and the language; rows of equal slots share them."""
        fields = record.fields
        key = (record.language, *(fields.get(slot, _ABSENT) for slot in (*SLOTS, *self.behaviors)))
        try:
            return self._by_slots[key]
        except TypeError:  # a list or an object stands in a slot
            return dict(self._of_slots(record))
        except KeyError:
            return self._by_slots.setdefault(key, dict(self._of_slots(record)))

    def _of_slots(self, record: Record) -> Iterator[Problem]:
        if self.prompt is not None:
            yield from slot_problems(self.prompt, record.fields, self.behaviors)
            yield from self._unknown_tokens(record.fields)
        is_declared = self.prompt is None or record.language is not None  # else a slot is missing
        if self.tokenizer.kind == "aggregate" and is_declared and not self._has_part(record):
            yield "unknown-language", f"the tokenizer has no part for {record.language!r}"

    def _unknown_tokens(self, fields: Mapping[str, Any]) -> Iterator[Problem]:
        for slot in LANGUAGES:
            value = fields.get(slot)
            if isinstance(value, str) and value:
                token = language_token(value)
                if not self.tokenizer.knows(token):
                    yield "unknown-language", f"{slot} is {value!r}; the tokenizer has no {token}"

    def _has_part(self, record: Record) -> bool:
        language = record.language
        return isinstance(language, str) and self.tokenizer.part_for(language) is not None

    def _long_texts(self, records: Sequence[Record]) -> Iterator[tuple[int, str]]:
        """The rows whose prompt and transcript need more positions than the decoder has.

        Only texts whose bytes could make so many tokens are tokenized.
        """
        if self.positions is None:
            return
        limit = self.positions + 1  # the decoder reads all but the last token
        long = [
            (index, record)
            for index, record in enumerate(records)
            if self.around + most_tokens(record.text + _context(record)) > limit
        ]
        for (index, _), tokens in zip(long, self._tokens([r for _, r in long]), strict=True):
            if self.around + tokens > limit:
                whole = f"prompt, transcript and end take {self.around + tokens - 1:,} positions"
                yield index, f"{whole}; the decoder has {self.positions:,}"

    def _tokens(self, records: Sequence[Record]) -> list[int]:
        """Tokens of each row's transcript and context; 0 in a language without a part."""
        counts = [0] * len(records)
        by_language: dict[str, list[int]] = {}
        for index, record in enumerate(records):
            by_language.setdefault(str(record.language), []).append(index)
        for language, indices in by_language.items():
            if (part := self.tokenizer.part_for(language)) is not None:
                texts = part.encode([records[index].text for index in indices])
                contexts = self._context_tokens(part, [_context(records[i]) for i in indices])
                for index, text, context in zip(indices, texts, contexts, strict=True):
                    counts[index] = len(text) + context
        return counts

    def _context_tokens(self, part: Part, contexts: Sequence[str]) -> list[int]:
        """Tokens of each context: by themselves in an aggregate, between two tokens in a unified
        one.
        """
        edge = START if self.tokenizer.kind == "unified" else ""
        (around,) = part.encode([edge + edge])
        return [
            len(each) - len(around) for each in part.encode([edge + c + edge for c in contexts])
        ]


def _context(record: Record) -> str:
    """The decoder's context, which stands in front of the prompt."""
    context = record.fields.get("decodercontext", "")
    return context if isinstance(context, str) else ""


def most_tokens(text: str) -> int:
    """No tokenizer makes more tokens of the text: a piece is one byte at least.

    >>> most_tokens("ja"), most_tokens("ä")
    (4, 8)
    """
    if text.isascii():
        return len(text) + 2  # SentencePiece's blanks in front of the text and of the context
    return GROWTH * len(unicodedata.normalize("NFKC", text).encode(errors="replace")) + 2
