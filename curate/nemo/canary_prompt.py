"""The prompt slots of Canary models: what NeMo makes of a value, and how it should read.

Shared by `curate shard`, which writes them out, and `train plan`, which warns of them; standard
library only. What NeMo does is what its canary2 prompt does (nemo_toolkit 3.0, prompts/canary2.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

SLOTS = (
    "source_lang", "target_lang", "pnc", "itn", "timestamp", "diarize", "emotion",
    "decodercontext", "taskname", "task",
)  # fmt: skip
"""Prompt slots of canary and canary2; they travel in the cut's custom fields."""

SWITCHES = ("pnc", "itn", "timestamp", "diarize")
"""Slots that are on or off."""

PNC_YES = frozenset({"yes", "1", "true", "pnc"})
PNC_NO = frozenset({"no", "0", "false", "nopnc"})

NEMO_YES = frozenset({"yes", "1", "True", "true"})
"""What NeMo takes for on, beside the slot's own name and token; all else is off."""

Problem = Literal[
    "not-text", "read-as-no", "missing-means-yes", "contradicts-text", "no-language", "translation"
]

SENTENCE_MARKS = frozenset(".,?!;:\u00bf\u00a1\u3002\uff0c\uff1f\uff01\u061f\u060c\u0964")


def is_punctuated(text: str) -> bool:
    """Whether the text shows capitals or marks of a sentence.

    >>> is_punctuated("Ja."), is_punctuated("ja")
    (True, False)
    """
    return text != text.lower() or not SENTENCE_MARKS.isdisjoint(text)


def plain_pnc(value: object, text: str) -> str:
    """`yes` or `no`: the declared value where it is readable, else what the text shows."""
    declared = str(value).strip().lower()
    if declared in PNC_YES | PNC_NO:
        return "yes" if declared in PNC_YES else "no"
    return "yes" if is_punctuated(text) else "no"


def plain_switch(slot: str, value: object) -> object:
    """The value of a switch as it is where NeMo reads it as it is meant, else `yes` or `no`.

    >>> plain_switch("itn", True), plain_switch("itn", "No"), plain_switch("itn", "<|itn|>")
    ('yes', 'No', '<|itn|>')
    """
    meant = means_yes(slot, str(value))
    if isinstance(value, str) and nemo_says(slot, value) == meant:
        return value
    return "yes" if meant else "no"


def nemo_says(slot: str, value: str) -> bool:
    """Whether NeMo takes the value of a switch for on.

    >>> nemo_says("pnc", "yes"), nemo_says("pnc", "Yes")
    (True, False)
    """
    return value in NEMO_YES or value in {slot, f"<|{slot}|>"}


def complete(record: Mapping[str, object], lang: str | None) -> tuple[dict[str, object], list[str]]:
    """The record with source_lang, target_lang and pnc filled in; and which were added or
    corrected.

    NeMo takes `pnc: "Yes"` or JSON true for something else than yes (it trains as nopnc, or
    fails), so the value is written as yes or no. A missing pnc means yes to canary2 even for
    lower-case text; here it follows the text.
    """
    done = dict(record)
    changed: list[str] = []
    for key in ("source_lang", "target_lang"):
        if not isinstance(done.get(key), str) and lang is not None:
            done[key] = lang
            changed.append(key)
    pnc = plain_pnc(done.get("pnc"), str(done["text"]))
    if pnc != done.get("pnc"):
        done["pnc"] = pnc
        changed.append("pnc")
    for slot in SWITCHES:
        if done.get(slot) is not None and (plain := plain_switch(slot, done[slot])) != done[slot]:
            done[slot] = plain
            changed.append(slot)
    if lang is not None and not isinstance(done.get("lang"), str):
        done["lang"] = lang
        changed.append("lang")
    return done, changed


def slot_problems(record: Mapping[str, object], text: str) -> Iterator[tuple[Problem, str]]:
    """Problems of a record's slots: the problem and its slot."""
    for slot in SWITCHES:
        value = record.get(slot)
        if value is not None and not isinstance(value, str):
            yield "not-text", slot
        elif isinstance(value, str) and means_yes(slot, value) and not nemo_says(slot, value):
            yield "read-as-no", slot
    yield from _pnc_problems(record.get("pnc"), text)
    source, target = record.get("source_lang"), record.get("target_lang")
    for slot, value in (("source_lang", source), ("target_lang", target)):
        if not isinstance(value, str) or not value:
            yield "no-language", slot
    if isinstance(source, str) and isinstance(target, str) and source != target:
        yield "translation", "target_lang"


def means_yes(slot: str, value: str) -> bool:
    """Whether a person who writes this value of a switch means on."""
    return value.strip().lower() in PNC_YES | {slot, f"<|{slot}|>", "y", "on"}


def _pnc_problems(value: object, text: str) -> Iterator[tuple[Problem, str]]:
    if not text.strip() or not _has_case(text):
        return
    if value is None:
        if not is_punctuated(text):
            yield "missing-means-yes", "pnc"
    elif isinstance(value, str) and nemo_says("pnc", value) != is_punctuated(text):
        yield "contradicts-text", "pnc"


def _has_case(text: str) -> bool:
    """Where a script has no capitals, a text without marks is nothing to argue from."""
    return text.lower() != text.upper()
