"""Checks of the model against the data: tokenizer, languages, prompt, lengths."""

from __future__ import annotations

from collections.abc import Iterator

from curate.formatting.units import duration
from curate.text.languages import language_code
from train.artifacts.plan import Level
from train.plan.corpus import UNDECLARED
from train.plan.facts import Facts
from train.plan.findings import Check
from train.plan.tokenizer import changed_parts, contradictions
from train.recipe.behaviors import PROMPT

PROMPTS: dict[str, tuple[str, ...]] = {
    "canary": (
        "<|startoftranscript|>", "<|endoftext|>", "<pad>", "<|transcribe|>", "<|pnc|>", "<|nopnc|>",
    ),
    "canary2": (
        "<|startofcontext|>", "<|startoftranscript|>", "<|endoftext|>", "<pad>",
        "<|emo:undefined|>", "<|pnc|>", "<|nopnc|>", "<|itn|>", "<|noitn|>", "<|timestamp|>",
        "<|notimestamp|>", "<|diarize|>", "<|nodiarize|>",
    ),
}  # fmt: skip
"""The special tokens that each prompt of NeMo's may write."""

HEAD_MULTIPLE = 8
UNKNOWN_WARNING = 0.001
UNKNOWN_ERROR = 0.05
NEAR_LIMIT = 0.9
MOST_NAMED = 40
"""A unified tokenizer may have a token for every language of ISO 639-1."""


def _unknown_languages(facts: Facts) -> Iterator[str]:
    if not facts.is_prompted:
        return
    for language, hours in facts.corpus.languages().items():
        if language != UNDECLARED and not facts.tokenizer.supports(language):
            yield f"the data has {duration(hours=hours)} of '{language}', the model no token for it"


def _undeclared_languages(facts: Facts) -> Iterator[str]:
    hours = facts.corpus.languages().get(UNDECLARED)
    if facts.is_prompted and hours is not None:
        yield f"{duration(hours=hours)} declare no language, and the prompt needs one"


def _prompt(facts: Facts) -> str:
    """The prompt's name, empty without one; with behaviours it is canary2 and some more slots."""
    return PROMPT if facts.behaviors else facts.tokenizer.prompt_format or ""


def _missing_tokens(facts: Facts) -> Iterator[str]:
    needed = {token: token for token in PROMPTS.get(_prompt(facts), ())}
    for name, pair in facts.behaviors.items():
        needed |= {token: f"{token} ('behaviors.{name}')" for token in (pair.on, pair.off)}
    lacking = [shown for token, shown in needed.items() if not facts.tokenizer.knows(token)]
    if lacking:
        yield f"the tokenizer lacks {', '.join(lacking)} as one piece each"


def _unknown_prompt(facts: Facts) -> Iterator[str]:
    prompt = _prompt(facts)
    if prompt and prompt not in PROMPTS:
        yield f"its prompt_format is {prompt!r}; canary and canary2 are known"


def _unknown_pieces(facts: Facts) -> Iterator[tuple[Level, str]]:
    for item in facts.lengths:
        share = item.unknown_share
        if share is not None and share > UNKNOWN_WARNING:
            level: Level = "error" if share > UNKNOWN_ERROR else "warning"
            yield level, f"{share:.2%} of the tokens of '{item.language}' are <unk>"


def _too_long(facts: Facts) -> Iterator[tuple[Level, str]]:
    limit, longest = facts.longest_allowed, facts.longest
    if limit is None or longest is None:
        return
    whole = longest.longest + facts.around
    where = f"prompt, transcript and end take {whole} positions at {longest.longest_at}"
    if whole > limit:
        yield "error", f"{where}; the decoder has {limit}"
    elif whole > NEAR_LIMIT * limit:
        yield "warning", f"{where}, of the decoder's {limit}; a longer one may be in the data"


def _forgotten(facts: Facts) -> Iterator[str]:
    if not facts.is_prompted:
        return
    sources = (str(each.fields.get("source_lang")) for each in facts.corpus.examples)
    present = {language_code(name) for name in (*facts.corpus.languages(), *sources)}
    left = [n for n in facts.tokenizer.prompt_languages if language_code(n) not in present]
    if left:
        more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
        named = f"{', '.join(left[:MOST_NAMED])}{more}"
        yield f"the tokenizer also has {named}, and the data has none of it"


def _no_translation(facts: Facts) -> Iterator[str]:
    knows = facts.is_prompted and facts.tokenizer.knows("<|translate|>")
    if knows and not any(slot.problem == "translation" for slot in facts.slots):
        yield "the model translates too, and the data only transcribes"


def _padded_head(facts: Facts) -> Iterator[str]:
    vocabulary = facts.tokenizer.vocabulary
    if facts.is_prompted and vocabulary % HEAD_MULTIPLE:
        yield f"the vocabulary has {vocabulary} pieces, no multiple of {HEAD_MULTIPLE}"


def _new_tokenizer(facts: Facts) -> Iterator[tuple[Level, str]]:
    update = facts.run.tokenizer.update
    if update is None:
        return
    differences = facts.inherited_tokenizer.differences(facts.tokenizer)
    if differences:
        yield "warning", f"exchanged for that of {update.dir}: {'; '.join(differences)}"
    else:
        yield "error", f"that of {update.dir} is the model's own already"


def _other_tokenizer(facts: Facts) -> Iterator[str | tuple[Level, str]]:
    archive, tokenizer = facts.archive, facts.inherited_tokenizer
    yield from contradictions(archive, tokenizer)
    for path in changed_parts(archive, tokenizer):
        yield "warning", f"{path} has other pieces than its SentencePiece model"


def _loss_mask(facts: Facts) -> Iterator[str]:
    if facts.recipe.name == "aed":
        yield f"use_loss_mask_for_prompt is {str(facts.run.use_loss_mask_for_prompt).lower()}"


CHECKS = (
    Check(
        "unknown-language", "error",
        "a unified tokenizer would train on <unk> without a word, an aggregate fails hours in",
        "leave the language out of the split, or take a model that knows it",
        _unknown_languages,
    ),
    Check(
        "no-language", "error",
        "canary prompts name the language; without one NeMo stops at the first such record",
        "declare it: `lang` in the manifest, and `curate shard` again",
        _undeclared_languages,
    ),
    Check(
        "missing-token", "error",
        "a prompt of which a token is lacking becomes another prompt",
        "the archive is not one of this prompt; compare its tokenizer with the published one",
        _missing_tokens,
    ),
    Check(
        "unknown-prompt", "warning",
        "its special tokens and its length cannot be checked",
        "check by hand that every slot's token is one piece of the tokenizer",
        _unknown_prompt,
    ),
    Check(
        "unknown-pieces", "warning",
        "what has no piece is never learned, and never recognised",
        "see the characters with `curate words`; normalise the texts, or leave the language out",
        _unknown_pieces,
    ),
    Check(
        "too-long", "error",
        "the decoder has no positions behind its maximum: training stops there",
        "a rule on the text's length, or a lower train_ds.max_duration",
        _too_long,
    ),
    Check(
        "forgets-languages", "note",
        "a model forgets a language that it is not trained on any more; a unified tokenizer also "
        "has tokens of languages that its model never learned",
        "add hours of each language that must stay (`--replay DIR=10%`), and evaluate on it",
        _forgotten,
    ),
    Check(
        "forgets-translation", "note",
        "training only on recognition makes a model forget to translate",
        "mix in rows whose target_lang is another, where translation must stay",
        _no_translation,
    ),
    Check(
        "padded-head", "warning",
        "NeMo pads the head to a multiple of 8, and beam search fails on a padded id",
        "decode greedily",
        _padded_head,
    ),
    Check(
        "new-tokenizer", "warning",
        "with a new output layer the decoder learns from nothing, and takes hours of speech to",
        "leave tokenizer.update out unless the language or script is new to the model",
        _new_tokenizer,
    ),
    Check(
        "other-tokenizer", "error",
        "each weight of the output belongs to a piece; with others it recognises nothing, and a "
        "vocabulary of the same size loads without an error",
        "take the published archive, or its own tokenizer",
        _other_tokenizer,
    ),
    Check(
        "loss-mask", "note",
        "masking the prompt's loss helped canary-180m and not canary-1b",
        "try both: it depends on the model and the data",
        _loss_mask,
    ),
)  # fmt: skip
