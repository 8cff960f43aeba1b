"""The keys of a rule file, declared once: what each means, and the shape that it takes.

The reader knows keys by these tables, and `rules/schema.json` is written from them, so an editor
completes what the reader reads. Shapes are JSON Schema; a reader's further demands (a limit that
can speak, an id that occurs once) are in curate.rules.file.read and load.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from curate.artifacts.verdicts import VERDICTS
from curate.metrics import METRICS
from curate.rules.expression import BY_SYMBOL, FIELDS

SCHEMA = "curate.rules/1"
WHEN_NULL = ("unknown", "clean")

ID_PATTERN = "[a-z][a-z0-9_]{0,63}"
LIMIT_PATTERN = (
    rf"\s*({'|'.join(BY_SYMBOL)})\s*"
    r"([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)\s*"
)
TEXT_FIELDS = tuple(name for name, kind in FIELDS.items() if kind == "text")

Shape = Mapping[str, object]

_TEXT: Shape = {"type": "string", "pattern": r"\S"}
_SCALAR: Shape = {"type": ["string", "number", "boolean", "null"]}
_NAMES = ", ".join([*(metric.name for metric in METRICS), *FIELDS])


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its name, its meaning for people, its shape for editors."""

    name: str
    meaning: str
    shape: Shape = field(default_factory=lambda: _TEXT)


def _one_or_list(shape: Shape) -> Shape:
    return {"anyOf": [shape, {"type": "array", "items": shape, "minItems": 1}]}


def _table(shapes: Mapping[str, object], **more: object) -> Shape:
    return {"type": "object", "properties": shapes, "additionalProperties": False, **more}


_LIMITS = _one_or_list({"type": "string", "pattern": f"^{LIMIT_PATTERN}$"})
_CHOSEN: Shape = {
    "anyOf": [
        _one_or_list(_SCALAR),
        _table({"not": _one_or_list(_SCALAR)}, required=["not"]),
    ]
}
_EXAMPLE: Shape = {
    "type": "object",
    "properties": {"verdict": {"enum": list(VERDICTS)}},
    "required": ["verdict"],
}
_METRIC: Shape = {
    "anyOf": [{"const": metric.name, "description": metric.meaning} for metric in METRICS]
}

GROUP_BY = ("speaker", "recording", "source", "lang", "task", "script")
"""What a rule for groups may group by: fields, and the audio file."""

LEAST_KEYS: Mapping[str, Shape] = {
    "rows": {"type": "integer", "minimum": 0},
    "hours": {"type": "number", "minimum": 0},
}
"""The keys of `at_least`."""

RULE_KEYS: Mapping[str, Key] = {
    key.name: key
    for key in (
        Key(
            "id", "Lower-case letters, digits, _; tags are named by it, as in bad:<id>.",
            {"type": "string", "pattern": f"^{ID_PATTERN}$"},
        ),
        Key("metric", "What is measured (docs/metrics.md).", _METRIC),
        Key("bad", "Limits beyond which a record is rejected, as in '>= 30'.", _LIMITS),
        Key("eval", "Tighter limits: between the two a record trains, never measures.", _LIMITS),
        Key("bad_if", f"A condition in place of metric and bad. Names: {_NAMES}."),
        Key("eval_if", f"A condition in place of metric and eval. Names: {_NAMES}."),
        Key(
            "where", "Where the rule applies: fields and their values, or a condition.",
            {"anyOf": [_TEXT, _table(dict.fromkeys(TEXT_FIELDS, _CHOSEN))]},
        ),
        Key(
            "null", "What it means where a metric is null: unknown (the default) or clean.",
            {"enum": list(WHEN_NULL)},
        ),
        Key("reason", "Words added to the reason that a record is given."),
        Key("why", "The evidence for the numbers."),
        Key(
            "convention",
            "true: where more than half of a language's or a source's records are borderline by "
            "it, that is a convention of the corpus, and keeps none of them out of eval.",
            {"type": "boolean"},
        ),
        Key("remedy", "What to do where most records of a language or a source trigger it."),
        Key(
            "in_groups",
            "false: records that it finds count in no rule for groups, since what it finds (a file "
            "that is not there) says nothing of a speaker or a recording.",
            {"type": "boolean"},
        ),
        Key(
            "examples", "Records with the verdict that this rule by itself must give each.",
            {"type": "array", "items": _EXAMPLE},
        ),
        Key(
            "override", "true: takes the place, whole, of the extended file's rule of this id.",
            {"type": "boolean"},
        ),
        Key(
            "off", "true, with override: the extended file's rule is dropped.", {"type": "boolean"}
        ),
    )
}  # fmt: skip
"""The keys of a rule."""

GROUP_KEYS: Mapping[str, Key] = {
    key.name: key
    for key in (
        Key("id", "As a rule's; the tag is borderline:<id>.", RULE_KEYS["id"].shape),
        Key("by", "What its groups have in common.", {"enum": list(GROUP_BY)}),
        Key(
            "at_least", "Smaller groups are not evaluated; by default 10 rows.",
            _table(LEAST_KEYS, minProperties=1),
        ),
        Key(
            "eval_if",
            "When a group fails, as in 'bad_share >= 0.2 or median(char_rate) > 25': its clean "
            "rows then train, and never measure.",
        ),
        Key("reason", "Words added to the reason that its records are given."),
        Key("why", "The evidence for the numbers."),
        RULE_KEYS["override"],
        RULE_KEYS["off"],
    )
}  # fmt: skip
"""The keys of a rule for groups."""

FILE_KEYS: Mapping[str, Key] = {
    key.name: key
    for key in (
        Key("schema", "The version of this grammar.", {"const": SCHEMA}),
        Key("name", "What reports call the file."),
        Key(
            "extends", "A preset's name, a file beside this one, or null; its rules come first.",
            {"type": ["string", "null"]},
        ),
        Key("about", "Description of the file."),
        Key(
            "languages",
            "Codes (ISO 639) of the languages that the file is for, so that by_language may name "
            "it.",
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
        ),
        Key(
            "by_language",
            "Presets or files whose rules replace those of this file for the records that declare "
            "their languages.",
            {"type": "array", "items": _TEXT},
        ),
        Key("rules", "The rules, in the order in which they are evaluated.", {"type": "array"}),
        Key("groups", "Rules for groups, evaluated after all other rules.", {"type": "array"}),
        Key(
            "max_rejected",
            "A warning is due where more than this share of a stratum's hours is rejected; 0.1 by "
            "default.",
            {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        ),
        Key(
            "max_borderline",
            "A warning is due where more than this share of a stratum's hours is borderline; 0.25 "
            "by default.",
            {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        ),
    )
}  # fmt: skip
"""The keys of a rule file."""


def json_schema() -> Mapping[str, object]:
    """The JSON Schema (draft 2020-12) of a rule file."""
    rules = {"type": "array", "items": {"$ref": "#/$defs/rule"}}
    groups = {"type": "array", "items": {"$ref": "#/$defs/group"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules of asr-curate",
        **_table(
            _described(FILE_KEYS) | {"rules": rules, "groups": groups},
            required=["schema", "name", "rules"],
        ),
        "$defs": {
            "rule": {
                **_table(_described(RULE_KEYS), required=["id"]),
                "oneOf": [_LIMITED, _FREE, _OFF],
            },
            "group": {
                **_table(_described(GROUP_KEYS), required=["id"]),
                "oneOf": [_GROUP, _OFF],
            },
        },
    }


def _described(keys: Mapping[str, Key]) -> dict[str, object]:
    return {key.name: {"description": key.meaning, **key.shape} for key in keys.values()}


def _any_of(*names: str) -> Shape:
    return {"anyOf": [{"required": [name]} for name in names]}


_NOT_OFF: Shape = {"off": {"const": False}}
_LIMITED: Shape = {
    "title": "limits of a metric",
    "properties": _NOT_OFF,
    "required": ["metric"],
    **_any_of("bad", "eval"),
    "not": _any_of("bad_if", "eval_if"),
}
_FREE: Shape = {
    "title": "conditions",
    "properties": _NOT_OFF,
    **_any_of("bad_if", "eval_if"),
    "not": _any_of("metric", "bad", "eval"),
}
_GROUP: Shape = {
    "title": "a rule for groups",
    "properties": _NOT_OFF,
    "required": ["by", "eval_if"],
}
_OFF: Shape = {
    "title": "a rule that is dropped",
    "properties": {"off": {"const": True}, "override": {"const": True}},
    "required": ["off", "override"],
    "propertyNames": {"enum": ["id", "override", "off"]},
}
