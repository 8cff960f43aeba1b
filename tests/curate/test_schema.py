"""rules/schema.json: what an editor is told agrees with what the reader reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from curate.errors import ConfigError
from curate.files.marked_yaml import plain_value, read_tree
from curate.rules.file import known_presets, load_rules, schema_path
from curate.rules.file.keys import FILE_KEYS, RULE_KEYS, json_schema
from tests.lines import lines_of

HEAD = "schema: curate.rules/1\nname: mine\n"
RULES = schema_path().parent


@cache
def validator() -> Any:
    schema = json.loads(schema_path().read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def objections(text: str) -> Iterator[Any]:
    errors: Iterator[Any] = validator().iter_errors(plain_value(read_tree(text, "mine.yaml")))
    return errors


def test_the_file_says_what_the_code_declares() -> None:
    assert json.loads(schema_path().read_text(encoding="utf-8")) == json_schema()


@pytest.mark.parametrize("name", known_presets())
def test_every_preset_is_valid_and_names_the_schema(name: str) -> None:
    path = RULES / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert list(objections(text)) == []
    named = lines_of(text)[0].removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == schema_path().resolve()


def test_every_key_stands_in_the_readme() -> None:
    text = (RULES / "README.md").read_text(encoding="utf-8")
    missing = [key for key in (*FILE_KEYS, *RULE_KEYS) if f"`{key}" not in text]
    assert not missing


VALID = [
    "id: a; metric: words; bad: '> 1'",
    "id: a; metric: words; bad: ['> 1', '<= -1e-3']; eval: '!= 0.5'",
    "id: a; bad_if: words > 1; eval_if: words > 0; null: clean; reason: r; why: w",
    "id: a; bad_if: words > 1; where: duration_s >= 0.5",
    "id: a; bad_if: words > 1; where: {lang: no, task: [asr, ~], source: {not: [a, b]}}",
    "id: a; bad_if: words > 1; examples: [{text: x, duration: 1, pnc: true, verdict: bad}]",
    "id: a; bad_if: words > 1; where: {speaker: 7}",
    "id: a; bad_if: words > 1; off: false",
]


@pytest.mark.parametrize("keys", VALID)
def test_what_both_accept(tmp_path: Path, keys: str) -> None:
    text = f"{HEAD}rules:\n  - " + keys.replace("; ", "\n    ") + "\n"
    assert list(objections(text)) == []
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    assert len(load_rules(path).rules) == 1


def test_a_rule_can_be_dropped_in_both() -> None:
    text = f"{HEAD}extends: default\nrules:\n  - {{id: too_long, override: true, off: true}}\n"
    assert list(objections(text)) == []


BROKEN = [
    "id: a; metric: char_rat; bad: '> 1'",
    "id: a; metric: words",
    "id: a; metric: words; bda: '> 1'",
    "id: a; bad: '> 1'",
    "id: a; metric: words; bad: 30",
    "id: a; metric: words; bad: '> x'",
    "id: a; metric: words; bad: []",
    "id: a; metric: words; bad: {x: y}",
    "id: a; metric: words; bad: '> 1'; bad_if: words > 1",
    "id: a; metric: words; bad_if: words > 1",
    "id: a; bad_if: [words > 1]",
    "id: A b; bad_if: words > 1",
    "bad_if: words > 1",
    "id: a; bad_if: words > 1; where: {long: en}",
    "id: a; bad_if: words > 1; where: {lang: {nit: en}}",
    "id: a; bad_if: words > 1; where: {lang: []}",
    "id: a; bad_if: words > 1; null: bad",
    "id: a; bad_if: words > 1; override: yes",
    "id: a; off: true",
    "id: a; off: true; override: true; why: x",
    "id: a; bad_if: words > 1; why: []",
    "id: a; bad_if: words > 1; examples: [{text: x}]",
    "id: a; bad_if: words > 1; examples: [{text: x, verdict: good}]",
    "x",
]


@pytest.mark.parametrize("keys", BROKEN)
def test_what_both_refuse(tmp_path: Path, keys: str) -> None:
    text = f"{HEAD}rules:\n  - " + keys.replace("; ", "\n    ") + "\n"
    assert list(objections(text)) != []
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        load_rules(path)


@pytest.mark.parametrize(
    "text",
    [
        "name: x\nrules: []",
        f"{HEAD}rules: x",
        f"{HEAD}rules: []\nrulez: []",
        f"{HEAD}extends: [default]\nrules: []",
        "schema: curate.rules/2\nname: x\nrules: []",
        "- x",
    ],
)
def test_files_that_both_refuse(tmp_path: Path, text: str) -> None:
    assert list(objections(text)) != []
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        load_rules(path)
