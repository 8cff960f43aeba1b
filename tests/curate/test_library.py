"""Each verb of the library that reads a profile: what its command prints, shown to people."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.artifacts.base import Artifact
from curate.errors import ConfigError
from tests import processes

LINES = [
    {
        "audio_filepath": f"{at}.wav",
        "duration": round(2.0 + 0.1 * (at % 5) + 0.013 * (at * 37 % 53), 3),
        "text": f"sentence number {at} of a quiet <b>corpus</b>" + " so" * (at % 5),
        "lang": "en",
    }
    for at in range(120)
]
RULES = """schema: curate.rules/1
name: mine
rules:
- {id: long, metric: words, bad: ">= 40", eval: ">= 9"}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile `p` of m.jsonl by mine.yaml, and stricter rules."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "m.jsonl").write_text("\n".join(map(json.dumps, LINES)))
    (folder / "mine.yaml").write_text(RULES)
    (folder / "strict.yaml").write_text(RULES.replace("mine", "strict").replace("9", "8"))
    done = processes.curate(
        "profile", "m.jsonl", "--out", "p", "--rules", "mine.yaml", "--quiet", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return folder


Verb = Callable[[], Artifact]
VERBS: list[tuple[str, Verb, str]] = [
    ("rules what-if p", lambda: curate.what_if("p"), "WhatIf p: 2 limits of mine, 120 rows"),
    (
        "rules compare mine.yaml strict.yaml p",
        lambda: curate.compare_rules("p", Path("mine.yaml"), Path("strict.yaml")),
        "Compare mine with strict on p: ",
    ),
    (
        "rules calibrate p --min-rows 50",
        lambda: curate.calibrate("p", min_rows=50),
        "Calibration of mine on p: limits for 1 of 1 values of lang",
    ),
    (
        "rules explain --profile p m.jsonl:4",
        lambda: curate.explain("m.jsonl:4", profile="p"),
        "m.jsonl:4 is borderline: it goes to train only",
    ),
    ("words p", lambda: curate.count_words("p"), "WordCounts: "),
    ("diff p p", lambda: curate.diff("p", "p"), "Diff p (120 rows, "),
]


@pytest.mark.parametrize(("words", "verb", "line"), VERBS)
def test_a_verb_returns_what_its_command_prints(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: str, verb: Verb, line: str
) -> None:
    monkeypatch.chdir(folder)
    done = processes.curate(*words.split(), "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    made = verb()
    printed: Any = json.loads(done.stdout)
    printed.pop("command", None)
    returned = made.as_json()
    returned.pop("command", None)
    assert json.loads(json.dumps(returned)) == printed
    assert str(made).startswith(line)
    assert "\n" not in str(made)
    shown = made._repr_html_()
    assert shown.startswith("<p>")
    assert "<table>" in shown
    assert "<b>" not in shown, "texts are escaped"


def test_results_are_written_where_a_directory_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    curate.what_if("p", out="what-if")
    curate.compare_rules("p", Path("mine.yaml"), Path("strict.yaml"), out="moved")
    curate.diff("p", "p", out="diff")
    curate.calibrate("p", min_rows=50, out="calibrated.yaml")
    assert {path.name for path in (folder / "what-if").iterdir()} == {"what-if.json"}
    names = {path.name for path in (folder / "moved").iterdir()}
    assert names == {"compare.json", "moved.parquet", "moved.jsonl"}
    assert {path.name for path in (folder / "diff").iterdir()} == {"diff.json"}
    assert curate.load_rules(folder / "calibrated.yaml").name == "calibrated"


def test_records_come_as_frames(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    counts = curate.query("SELECT verdict, count(*) AS rows FROM records GROUP BY ALL", "p")
    assert counts.schema == {"verdict": pl.String(), "rows": pl.Int64()}
    assert counts["rows"].sum() == len(LINES)
    first = curate.head("p", 3, where="words >= 9")
    assert first["verdict"].to_list() == ["borderline"] * 3
    assert json.loads(first["record"][0]) == LINES[2]
    drawn = curate.sample("p", 5, seed=7)
    assert drawn.equals(curate.sample("p", 5, seed=7))
    assert drawn.height == 5
    assert curate.head("p", where="lang == 'fr'").height == 0


def test_parts_are_merged_into_a_profile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    words = ("profile", "m.jsonl", "--rules", "mine.yaml", "--out", "parts", "--part", "1/1")
    done = processes.curate(*words, cwd=folder)
    assert done.returncode == 0, done.stderr
    merged = curate.merge("parts", "merged")
    assert merged.verdicts == curate.read_profile("p").verdicts


def test_faults_name_fields_of_the_request(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    faults: list[tuple[Callable[[], object], str]] = [
        (lambda: curate.compare_rules("p", "default", "default", by=["speakr"]), "by: "),
        (lambda: curate.calibrate("p", by="gender"), "by: "),
        (lambda: curate.calibrate("p", min_rows=50, out="rules.txt"), "out: "),
        (lambda: curate.head("p", where="char_rat > 3"), "where:"),
    ]
    for verb, start in faults:
        with pytest.raises(ConfigError) as raised:
            verb()
        assert str(raised.value).startswith(start)
        assert "--" not in str(raised.value)


def test_a_lone_surrogate_is_printed_as_json_escapes_it(folder: Path) -> None:
    record = '{"text": "\\ud800 x", "duration": 3}'
    done = processes.curate("rules", "explain", "--json", record, cwd=folder)
    assert done.returncode == 0, done.stderr
    (explained,) = json.loads(done.stdout)["records"]
    assert (explained["verdict"], explained["text"]) == ("malformed", "\ud800 x")
