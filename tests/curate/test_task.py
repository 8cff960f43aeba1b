"""The task of a multitask record: a field that rules ask for, and that one may group by."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import curate
from curate.manifest.examples import clips_of

TASK_FIELDS: list[tuple[dict[str, object], str | None]] = [
    ({"task": "asr"}, "asr"),
    ({"taskname": "s2t_translation"}, "s2t_translation"),
    ({"task": "asr", "taskname": "ast"}, "asr"),
    ({"task": None, "taskname": "ast"}, "ast"),
    ({"task": "a\\u0073r"}, "a\\u0073r"),
    ({"task": 7}, "7"),  # as its JSON text, as a speaker is
    ({}, None),
]


@pytest.mark.parametrize(("fields", "task"), TASK_FIELDS)
def test_where_a_task_stands(fields: dict[str, object], task: str | None) -> None:
    clips = clips_of([{"text": "a", "duration": 1.0, **fields}])
    assert clips.frame["task"].to_list() == [task]


def test_rules_and_strata_by_task_and_source(
    tmp_path: Path, manifest: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"audio_filepath": f"{at}.wav", "duration": 1.0, "text": "one two", **fields}
        for at, fields in enumerate([{"task": "asr"}, {"taskname": "ast"}, {}])
    ]
    monkeypatch.chdir(tmp_path)
    manifest(*map(json.dumps, rows), name="m.jsonl")
    Path("mine.yaml").write_text(
        "schema: curate.rules/1\nname: mine\nrules:\n"
        "  - {id: a, metric: words, bad: '> 1', where: {task: asr}}\n"
        "  - {id: b, metric: words, eval: '> 1', where: {task: null, source: m.jsonl}}\n"
    )
    made = curate.profile("m.jsonl", out="p", rules="mine.yaml", by=["task", "source"])
    tags = made.records().select("tags").collect()["tags"].to_list()
    assert tags == [["bad:a"], [], ["borderline:b"]]
    assert made.json["by"] == ["task", "source"]
    strata = {name: [each["value"] for each in of] for name, of in made.json["strata"].items()}
    assert strata["task"] == ["asr", "ast", None]
    assert strata["source"] == ["m.jsonl"]
    assert curate.profile("m.jsonl", out="p", rules="mine.yaml", by=["task", "source"]) == made
