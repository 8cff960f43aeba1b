"""Rows of a manifest: what is one, where it stands, and what it says of itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.errors import InputError
from train.data.rows import all_rows, read_rows, usable_rows

Write = Callable[..., Path]

GOOD = '{"audio_filepath": "a.wav", "duration": 1.5, "text": "yes"}'


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "not JSON"),
        (b"\xff{}", "not UTF-8"),
        ("[1]", "not a JSON object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"audio_filepath": "", "duration": 1, "text": ""}', "no audio_filepath"),
        ('{"audio_filepath": "a", "text": ""}', "no duration"),
        ('{"audio_filepath": "a", "duration": true, "text": ""}', "no duration"),
        ('{"audio_filepath": "a", "duration": "1", "text": ""}', "no duration"),
        ('{"audio_filepath": "a", "duration": 0, "text": ""}', "not positive"),
        ('{"audio_filepath": "a", "duration": 1e999, "text": ""}', "not positive"),
        ('{"audio_filepath": "a", "duration": NaN, "text": ""}', "NaN"),
        ('{"audio_filepath": "a", "duration": 1}', "no text"),
        ('{"audio_filepath": "a", "duration": 1, "text": 5}', "no text"),
        ('{"audio_filepath": "a", "duration": 1, "text": "\\ud800"}', "lone surrogate"),
        ('{"audio_filepath": "a", "duration": 1, "text": "", "x": [{"\\udfff": 1}]}', "surrogate"),
    ],
)
def test_a_line_that_is_no_record(manifest: Write, line: str | bytes, what: str) -> None:
    path = manifest(GOOD, "", line)
    rows, faults = read_rows(path)
    assert [row.line for row in rows] == [1]
    assert [fault.where for fault in faults] == [f"{path}:3"]  # the blank line is neither
    assert what in faults[0].what
    with pytest.raises(InputError, match=what):
        all_rows([path])
    assert len(list(usable_rows([path]))) == 1


def test_a_manifest_without_a_record(manifest: Write) -> None:
    with pytest.raises(InputError, match="holds no record"):
        all_rows([manifest("", "  ")])


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        all_rows([tmp_path / "absent.jsonl"])


@pytest.mark.parametrize(
    ("fields", "language"),
    [
        ({"target_lang": "de", "lang": "en"}, "de"),
        ({"lang": "no"}, "no"),
        ({"source_lang": "en"}, None),  # what was said, not what is written
        ({"lang": None}, None),
        ({"lang": ""}, None),
    ],
)
def test_the_language_is_that_of_the_transcript(
    manifest: Write, fields: dict[str, Any], language: str | None
) -> None:
    row = read_rows(manifest(json.dumps(json.loads(GOOD) | fields)))[0][0]
    assert row.language == language


def test_a_relative_path_begins_at_the_manifest(manifest: Write) -> None:
    path = manifest(GOOD)
    assert read_rows(path)[0][0].audio == path.parent / "a.wav"


@pytest.mark.parametrize(
    ("note", "expected"),
    [({"id": "m.jsonl:7"}, "m.jsonl:7"), ({"id": 7}, None), ("text", None), (None, None)],
)
def test_the_id_is_what_curation_gave(manifest: Write, note: Any, expected: str | None) -> None:
    path = manifest(json.dumps(json.loads(GOOD) | {"_curate": note}))
    assert read_rows(path)[0][0].id == (expected or f"{path}:1")
