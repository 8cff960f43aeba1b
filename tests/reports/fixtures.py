"""Artefacts of every kind, as the tools write them and as they may come to be."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from curate.artifacts.audit import Audit
from curate.artifacts.base import Artifact
from curate.artifacts.compare import Compare
from curate.artifacts.diff import Diff
from curate.artifacts.ledger import Ledger
from curate.artifacts.profile import Profile
from curate.artifacts.reconsider import Reconsider
from curate.artifacts.shard_index import ShardIndex
from curate.artifacts.split import Split
from curate.artifacts.text_changes import TextChanges
from curate.artifacts.verification import Verification
from curate.artifacts.what_if import WhatIf
from curate.artifacts.words import WordCounts
from reports import Kind
from tests.reports.audit_fixtures import audit
from tests.reports.compare_fixtures import compare
from tests.reports.corpus_fixtures import Json, ledger, profile
from tests.reports.diff_fixtures import diff
from tests.reports.reconsider_fixtures import reconsider
from tests.reports.run_fixtures import run, wer
from tests.reports.split_fixtures import shards, split, verification
from tests.reports.text_changes_fixtures import text_changes
from tests.reports.whatif_fixtures import what_if
from tests.reports.words_fixtures import words
from train.artifacts.run import Run
from train.artifacts.wer import Wer

NASTY = (
    "</script><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "\x1b[31mred\x1b[0m\x07 bell \x00 nul",
    "user\u202egnp.exe \u2066isolated\u2069",
    "zero\u200bwidth \ufeffbom and soft\u00adhyphen",
    "{{ 7 * 7 }} {% raw %} ${x} $\\alpha$ [bold]x[/oops]",
    "line one\nline two\r\ttab\u2028separator\u0085",
    "می\u200cخواهم این را بگویم",
    "👩\u200d👩\u200d👧 family, क्\u200dष",
    "lone \ud800 surrogate",
)
MAKERS: dict[Kind, tuple[str, Callable[[], Json]]] = {
    "profile": ("profile.json", profile),
    "split": ("split.json", split),
    "shards": ("shards.json", shards),
    "train": ("run.json", run),
    "eval": ("wer.json", wer),
    "diff": ("diff.json", diff),
    "what-if": ("what-if.json", what_if),
    "compare": ("compare.json", compare),
    "reconsider": ("reconsider.json", reconsider),
    "audit": ("audit.json", audit),
    "words": ("words.json", words),
    "verification": ("verification.json", verification),
    "text-changes": ("text_changes.json", text_changes),
}
STAGES: dict[Kind, str] = {"profile": "profile", "split": "split", "shards": "shard"}


_FREE = {
    "facts",
    "versions",
    "strata",
    "worst_groups",
    "by",
    "targets",
    "splits",
    "stratum",
    "manifests",
    "fields_added",
}


_WORDS = {"searched", "given", "wer", "cer"}
"""What no artefact can say in other words."""

_CLOSED = {
    "conclusion": {"better", "worse", "no measurable difference"},
    "level": {"info", "warning"},
    "action": {"refused", "set aside"},
    "recipe": {"aed"},
    "risk": {"silent", "stops"},
}
"""Values of keys whose model takes a few words only, and refuses any other text."""


def spoilt(value: Any, *, free: bool = False) -> Any:
    """`value` with everything nasty in every string but the schema and words of the models, and in
    keys that are `free`.
    """
    if isinstance(value, dict):
        return {
            _nasty(key) if free else key: item
            if key == "schema" or _is_closed(key, item)
            else spoilt(item, free=key in _FREE)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [spoilt(item) for item in value]
    return _nasty(value) if isinstance(value, str) and value not in _WORDS else value


def _is_closed(key: str, value: Any) -> bool:
    return isinstance(value, str) and value in _CLOSED.get(key, ())


def _nasty(text: str) -> str:
    return " ".join((text, *NASTY))


def long(value: Any) -> Any:
    """`value` with every transcript 10,000 characters long."""
    if isinstance(value, dict):
        texts = {"text", "pred_text", "reference", "hypothesis"}
        return {k: str(v) * 200 + "x" * 4000 if k in texts else long(v) for k, v in value.items()}
    return [long(item) for item in value] if isinstance(value, list) else value


def nulls(value: Any) -> Any:
    """`value` with null for every number and string that an object can do without."""
    needed = {"schema", "name", "verdict", "step", "gate", "figure", "failed"}
    if isinstance(value, dict):
        return {key: _null(item, needed=key in needed) for key, item in value.items()}
    return [nulls(item) for item in value] if isinstance(value, list) else value


def _null(value: Any, *, needed: bool) -> Any:
    return nulls(value) if needed or isinstance(value, dict | list) else None


def empty(value: Any) -> Any:
    """`value` with every list emptied, every object hollow, every number and string null."""
    return {key: value[key] if key == "schema" else _hollow(value[key]) for key in value}


def _hollow(value: Any) -> Any:
    return type(value)() if isinstance(value, dict | list) else None


VARIANTS: dict[str, Callable[[Any], Any]] = {
    "good": lambda value: value,
    "spoilt": spoilt,
    "long": long,
    "nulls": nulls,
    "empty": empty,
}


def make(kind: Kind, folder: Path, variant: str = "good") -> Path:
    """Write the artefacts of `kind` into `folder`."""
    file, maker = MAKERS[kind]
    write(folder, file, _varied(variant, maker(), STRICT.get(file)))
    if kind in STAGES:
        write(folder, "ledger.json", _varied(variant, ledger(STAGES[kind]), Ledger))
    return folder


_ARTIFACTS: tuple[type[Artifact], ...] = (
    Audit, Compare, Diff, Profile, Reconsider, Run, ShardIndex, Split, TextChanges,
    Verification, Wer, WhatIf, WordCounts,
)  # fmt: skip
STRICT = {each.file: each for each in _ARTIFACTS}
"""Files whose models say what may be null or left out."""


def _varied(variant: str, whole: Json, model: type[Artifact] | None) -> Json:
    """The variant, with all that the model does not allow to be null or missing."""
    varied: Json = VARIANTS[variant](whole)
    while model and variant in {"nulls", "empty"} and (places := _refused(varied, model)):
        for place in places:
            _restore(varied, whole, place)
    return varied


def _refused(value: Json, model: type[Artifact]) -> list[tuple[int | str, ...]]:
    try:
        model.model_validate_json(json.dumps(value), by_name=False)
    except ValidationError as error:
        return [each["loc"] for each in error.errors()]
    return []


def _restore(value: Any, whole: Any, place: Sequence[int | str]) -> None:
    """Put back what stands at a place; what a union's members are called is no part of it."""
    key, *rest = place
    if rest and isinstance(value[key], dict | list):
        _restore(value[key], whole[key], rest)
    else:
        value[key] = whole[key]


def write(folder: Path, file: str, data: Json) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(json.dumps(data), encoding="utf-8")
