"""What an older profile saves, and that it changes nothing about the outputs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import reports
from curate.api.profile import run_profile
from curate.artifacts.base import read_artifact
from curate.artifacts.measured import Measured
from curate.environment.execution import Execution
from curate.profiles.request import MeasureOptions, ProfileRequest, RuleOptions
from curate.profiles.run import OUTPUT_FILES

STRICT = """
schema: curate.rules/1
name: strict
rules:
  - id: slow
    metric: char_rate
    bad: '<= 3'
    why: It is a test.
"""
SAME = "nothing has changed"
Change = Callable[[Path], list[str]]


def _write(path: Path, rows: range, word: str = "word") -> None:
    lines = [
        json.dumps(
            {
                "audio_filepath": f"{n}.wav",
                "duration": 1 + n % 7,
                "text": f"{word} " * (n % 11),
                "corpus": "c",
            }
        )
        for n in rows
    ]
    path.write_text("\n".join(lines) + "\n\n{broken\n")


def _profile(folder: Path, names: list[str], out: str, cached: bool = True, **options: Any) -> str:
    """Profile as the command does; what was said of reuse."""
    messages: list[str] = []
    request = ProfileRequest(
        manifests=names,
        rule_options=RuleOptions(rules=options.get("rules")),
        by=[options["by"]] if "by" in options else [],
        measure=MeasureOptions(
            metrics=options.get("metrics", ()), phrases=options.get("phrases", ())
        ),
    )
    execution = Execution(command="a command", notify=messages.append, build_page=reports.build)
    run_profile(request, folder / out, execution, cached)
    return " ".join(messages)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.name in OUTPUT_FILES
    }


def _nothing(path: Path) -> list[str]:
    return ["a.jsonl", "b.jsonl"]


def _append_shard(path: Path) -> list[str]:
    _write(path / "c.jsonl", range(50))
    return ["a.jsonl", "c.jsonl", "b.jsonl"]


def _change_shard(path: Path) -> list[str]:
    _write(path / "a.jsonl", range(300), "loud")
    return ["a.jsonl", "b.jsonl"]


def _change_in_secret(path: Path) -> list[str]:
    """Same length, and the old modification time put back."""
    before = (path / "a.jsonl").stat()
    _change_shard(path)
    os.utime(path / "a.jsonl", ns=(before.st_atime_ns, before.st_mtime_ns))
    return ["a.jsonl", "b.jsonl"]


def _touch(path: Path) -> list[str]:
    (path / "a.jsonl").touch()
    return ["a.jsonl", "b.jsonl"]


def _swap(path: Path) -> list[str]:
    return ["b.jsonl", "a.jsonl"]


def _drop(path: Path) -> list[str]:
    return ["b.jsonl"]


# what changes, options, what is said
CHANGES: list[tuple[Change, dict[str, Any], str]] = [
    (_nothing, {}, SAME),
    (_touch, {}, SAME),  # the content decides, not the time
    (_nothing, {"rules": "strict.yaml"}, "2 of 2"),  # judged anew, not measured
    (_nothing, {"by": "corpus"}, ""),  # a field that was not read before
    (_nothing, {"metrics": ["compression"]}, ""),  # a group that was not measured before
    (_nothing, {"phrases": ["mine.txt"]}, ""),  # hallucination is another measure now
    (_nothing, {"rules": "often.yaml"}, ""),  # rules that need a group
    (_append_shard, {}, "2 of 3"),
    (_change_shard, {}, "1 of 2"),
    (_change_in_secret, {}, "1 of 2"),
    (_swap, {}, "2 of 2"),
    (_drop, {}, "1 of 1"),
]


@pytest.mark.parametrize(("change", "options", "message"), CHANGES)
def test_reuse_changes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Change,
    options: dict[str, Any],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "strict.yaml").write_text(STRICT)
    (tmp_path / "often.yaml").write_text(STRICT.replace("char_rate", "text_duplicates"))
    (tmp_path / "mine.txt").write_text("word word")
    _write(tmp_path / "a.jsonl", range(300))
    _write(tmp_path / "b.jsonl", range(200, 400))
    assert _profile(tmp_path, ["a.jsonl", "b.jsonl"], "out") == ""
    names = change(tmp_path)
    output = _profile(tmp_path, names, "out", **options)
    assert (message in output) if message else not output
    assert _profile(tmp_path, names, "fresh", cached=False, **options) == ""
    reused, fresh = _bytes(tmp_path / "out"), _bytes(tmp_path / "fresh")
    if change is _touch:  # the kept note still holds the older time
        del reused["measured.json"], fresh["measured.json"]
    for name in fresh:
        assert reused[name] == fresh[name], name


@pytest.mark.parametrize("name", ["records.parquet", "measured.json", "profile.json"])
def test_a_damaged_profile_saves_nothing_and_hurts_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    _write(tmp_path / "a.jsonl", range(300))
    _profile(tmp_path, ["a.jsonl"], "out")
    whole = _bytes(tmp_path / "out")
    (tmp_path / "out" / name).write_bytes(whole[name][: len(whole[name]) // 2])
    assert SAME not in _profile(tmp_path, ["a.jsonl"], "out")
    assert _bytes(tmp_path / "out") == whole


# groups before, groups then, what is said: what was measured beyond need is left out again
GROUPS: list[tuple[list[str], list[str], str]] = [
    (["duplicates", "compression"], ["duplicates", "compression"], "2 of 3"),
    (["duplicates", "compression"], ["duplicates"], "2 of 3"),
    (["duplicates"], [], "2 of 3"),
    ([], ["duplicates"], ""),
]


@pytest.mark.parametrize(("before", "then", "message"), GROUPS)
def test_copies_are_counted_anew_over_what_is_reused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: list[str],
    then: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    _write(tmp_path / "a.jsonl", range(300))
    _write(tmp_path / "b.jsonl", range(200, 400))
    _profile(tmp_path, ["a.jsonl", "b.jsonl"], "out", metrics=before)
    names = _append_shard(tmp_path)
    output = _profile(tmp_path, names, "out", metrics=then)
    assert (message in output) if message else not output
    _profile(tmp_path, names, "fresh", cached=False, metrics=then)
    assert _bytes(tmp_path / "out") == _bytes(tmp_path / "fresh")


# manifests before, manifests then, what is said: at most 8 paths are kept of all
PATHS: list[tuple[str, str, str]] = [
    ("ab", "abc", "2 of 3"),  # 4 of each, then 2
    ("abc", "abcd", "3 of 4"),  # 2 of each
    ("abcd", "abc", "3 of 3"),
    ("abc", "ab", ""),  # 4 of each are not known
    ("ad", "d", "1 of 1"),  # a manifest of two records
    ("abcdefghi", "abcdefghi", SAME),  # one of each in any case
]


@pytest.mark.parametrize(("before", "then", "message"), PATHS)
def test_audio_paths_of_all_inputs_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, then: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("curate.manifest.path_sample.ALL_PATHS", 8)
    for name in "abcdefghi":
        _write(tmp_path / f"{name}.jsonl", range(1, 3 if name == "d" else 30))
    _profile(tmp_path, [f"{name}.jsonl" for name in before], "out")
    names = [f"{name}.jsonl" for name in then]
    output = _profile(tmp_path, names, "out")
    assert (message in output) if message else not output
    measured = read_artifact(tmp_path / "out", Measured)
    paths = [len(each.audio_paths) for each in measured.sources]
    assert min(paths) > 0
    assert sum(paths) <= max(8, len(names))
    assert [len(each.audio_ends_s) for each in measured.sources] == paths
    _profile(tmp_path, names, "fresh", cached=False)
    assert _bytes(tmp_path / "out") == _bytes(tmp_path / "fresh")


def test_what_other_formats_read_beside_is_never_taken_as_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _write(tmp_path / "a.jsonl", range(30))
    kaldi = tmp_path / "kaldi"
    kaldi.mkdir()
    (kaldi / "text").write_text("u1 one two\nu2 three\n")
    (kaldi / "wav.scp").write_text("u1 a.wav\nu2 b.wav\n")
    (kaldi / "utt2dur").write_text("u1 2.0\nu2 1.0\n")
    assert _profile(tmp_path, ["a.jsonl", "kaldi"], "out") == ""
    (kaldi / "utt2dur").write_text("u1 4.0\nu2 1.0\n")
    assert "1 of 2" in _profile(tmp_path, ["a.jsonl", "kaldi"], "out")
    assert _profile(tmp_path, ["a.jsonl", "kaldi"], "fresh", cached=False) == ""
    assert _bytes(tmp_path / "out") == _bytes(tmp_path / "fresh")
