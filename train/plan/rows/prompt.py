"""What NeMo's prompts require of a row's slots.

Source: nemo_toolkit 3.0, `collections/common/prompts/canary.py`, `canary2.py` and `formatter.py`. A
slot that is present and null is not a missing one: NeMo asserts on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curate.nemo.canary_prompt import SWITCHES, means_yes, nemo_says
from train.config import Behavior
from train.recipe.behaviors import switch

Slots = Mapping[str, Any]
Problem = tuple[str, str]
"""The code of a kind, and the problem in words."""

LANGUAGES = ("source_lang", "target_lang")
_BOOLEANS = frozenset({"yes", "Yes", "true", "True", "1", "no", "No", "false", "False", "0"})
EMOTIONS = frozenset(
    {"<|emo:undefined|>", "<|emo:neutral|>", "<|emo:angry|>", "<|emo:happy|>", "<|emo:sad|>"}
)
TASKS = frozenset(
    {"asr", "transcribe", "<|transcribe|>", "ast", "translate", "<|translate|>", "s2t_translation"}
)
SWITCHES_OF = {"canary": ("pnc",), "canary2": SWITCHES}
"""The switches of each prompt."""

SLOTS = (*LANGUAGES, *SWITCHES, "emotion", "decodercontext", "taskname", "task")
"""All slots that any prompt reads."""


def slot_problems(
    prompt: str, fields: Slots, behaviors: Mapping[str, Behavior]
) -> Iterator[Problem]:
    """Every problem with the slots of a row, for a model of this prompt (`canary`, `canary2`)."""
    for slot in LANGUAGES:
        yield from _language(slot, fields)
    for slot in SWITCHES_OF[prompt]:
        if slot in fields:
            yield from _switch(slot, fields[slot])
    if prompt == "canary":
        yield from _task(fields)
    else:
        yield from _literals(fields)
    for name in behaviors:
        if switch(fields.get(name)) is None:
            yield "behavior", f"{name!r} is {fields[name]!r}, neither on nor off"


def _language(slot: str, fields: Slots) -> Iterator[Problem]:
    if slot not in fields or fields[slot] == "":
        yield "slot-no-language", f"{slot} is missing"
    elif not isinstance(fields[slot], str):
        yield "slot-not-text", f"{slot} is {fields[slot]!r}, not text"


def _switch(slot: str, value: Any) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield "slot-not-text", f"{slot} is {value!r}, not text"
    elif value not in _BOOLEANS | {slot, f"no{slot}", f"<|{slot}|>", f"<|no{slot}|>"}:
        yield "slot-literal", f"{slot} is {value!r}; yes and no are known"
    elif means_yes(slot, value) and not nemo_says(slot, value):
        yield "slot-read-as-no", f"{slot} is {value!r}, which NeMo reads as no"


def _task(fields: Slots) -> Iterator[Problem]:
    name = next((name for name in ("task", "taskname") if name in fields), None)
    if name is None or "pnc" not in fields:
        yield "slot-no-task", f"{'pnc' if name else 'taskname'} is missing"
    if name is not None and fields[name] not in TASKS:
        yield "slot-literal", f"{name} is {fields[name]!r}; asr and ast are known"


def _literals(fields: Slots) -> Iterator[Problem]:
    if "emotion" in fields and fields["emotion"] not in EMOTIONS:
        yield "slot-literal", f"emotion is {fields['emotion']!r}; five emotions are known"
    if not isinstance(fields.get("decodercontext", ""), str):
        yield "slot-not-text", f"decodercontext is {fields['decodercontext']!r}, not text"


def language_token(value: str) -> str:
    """The token by which a prompt names a language.

    >>> language_token("en"), language_token("<|en|>")
    ('<|en|>', '<|en|>')
    """
    return value if value.startswith("<|") and value.endswith("|>") else f"<|{value}|>"
