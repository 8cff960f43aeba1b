"""The commands as a person types them: what they print, write, and exit with."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer.main

from curate.cli.app import app as curate_commands
from curate.cli.app import rules_app as rules_commands
from tests import processes
from tests.command_tree import commands, run
from train.cli.app import app as train_commands

GOOD = '{"audio_filepath": "a.wav", "duration": 2.0, "text": "hello there you"}'


def curate(*words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return processes.curate(*words, cwd=cwd, **{"NO_COLOR": "1", "COLUMNS": "200", **env})


# lines, exit code, part of what is said
BAD_INPUT: list[tuple[str, list[str], int, str]] = [
    ("empty", [], 3, "holds no record"),
    ("blank lines", ["", "  "], 3, "holds no record"),
    ("not JSON", ["{oops"], 3, "not JSON"),
    ("one of two", ["{oops", GOOD], 0, "not JSON"),
    ("no duration", ['{"audio_filepath": "a", "text": "x"}'], 3, "no duration (missing)"),
    (
        "missing text",
        ['{"audio_filepath": "a", "duration": 1}'],
        3,
        "text is not a string",
    ),
    (
        "number text",
        ['{"audio_filepath": "a", "duration": 1, "text": 5}'],
        3,
        "text is not a string",
    ),
    ("zero", ['{"audio_filepath": "a", "duration": 0, "text": "x"}'], 3, "is not positive"),
    ("negative", ['{"audio_filepath": "a", "duration": -1, "text": "x"}'], 3, "is not positive"),
    ("NaN", ['{"audio_filepath": "a", "duration": NaN, "text": "x"}'], 3, "not JSON"),
    ("string", ['{"audio_filepath": "a", "duration": "1", "text": "x"}'], 3, "is not a number"),
]


@pytest.mark.parametrize(("name", "lines", "code", "message"), BAD_INPUT)
def test_bad_input(
    tmp_path: Path,
    manifest: Callable[..., Path],
    name: str,
    lines: list[str],
    code: int,
    message: str,
) -> None:
    path = manifest(*lines)
    result = curate("profile", path.name, "--out", "out", "--json", cwd=tmp_path)
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    assert message in (result.stderr if code else result.stdout)
    if code:
        assert not (tmp_path / "out").exists(), "nothing is half-written"
        assert f"{path.name}: " in result.stderr
    else:
        content = json.loads(result.stdout)
        bad = next(v for v in content["verdicts"] if v["verdict"] == "malformed")
        assert bad["rows"] == 1
        assert content["malformed"][0]["example"]["id"] == f"{path.name}:1"


# arguments, exit code, part of what is said
USAGE = [
    (["profile", "gone.jsonl", "--out", "o"], 3, "gone.jsonl: there is no such file"),
    (["profile", ".", "--out", "o"], 3, ".: is a directory"),
    (["profile", "no*.jsonl", "--out", "o"], 3, "no file matches"),
    (["profile", "m.jsonl", "m.jsonl", "--out", "o"], 2, "is named twice"),
    (["profile", "m.jsonl", "--out", "m.jsonl"], 2, "is not a directory"),
    (["profile", "m.jsonl", "--out", "o", "--by", "text"], 2, "cannot be grouped by"),
    (["profile", "m.jsonl", "--out", "o", "--rules", "no.yaml"], 2, "no.yaml"),
    (["profile", "m.jsonl", "--out", "o", "--rules", "bad.yaml"], 2, "bad.yaml:"),
    (["profile", "m.jsonl"], 2, "--out"),
    (["split", "m.jsonl", "--out", "o", "--eval", "20"], 2, "write 20h, 45m or 90s"),
    (["shard", ".", "--out", "o"], 3, "run curate split first"),
    (["shard", "--verify", "."], 3, "holds no shards"),
    (["split", "m.jsonl", "--out", "o", "--strict"], 1, "(missed_targets>0)"),
    (["split", "m.jsonl", "--out", "o", "--eval", "1h", "--strict"], 2, "1 h cannot be had"),
    (["split", "m.jsonl", "--out", "o", "--to", "csv"], 2, "known: lhotse"),
    (["profile", "m.jsonl", "--out", "o", "--format", "nemmo"], 2, "did you mean 'nemo'?"),
    (["profile", "m.jsonl", "--out", "o", "--format", "kaldi"], 3, "is not a Kaldi data directory"),
    (["profile", "https://example.org/m.jsonl", "--out", "o"], 3, "download it first"),
]


@pytest.mark.parametrize(("words", "code", "message"), USAGE)
def test_usage(
    tmp_path: Path, manifest: Callable[..., Path], words: list[str], code: int, message: str
) -> None:
    manifest(GOOD, name="m.jsonl")
    manifest("rules:", "  - id: a", "    metric: char_rat", "    bad: '>= 3'", name="bad.yaml")
    before = sorted(tmp_path.iterdir())
    result = curate(*words, cwd=tmp_path)
    assert result.returncode == code, result.stderr
    assert message in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.stderr
    if code != 1:
        assert sorted(tmp_path.iterdir()) == before, "nothing is half-written"


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    result = curate("profile", "one.jsonl", "two.jsonl", "--out", "o", cwd=tmp_path)
    assert "one.jsonl: there is no such file" in result.stderr
    assert "two.jsonl: there is no such file" in result.stderr


def test_transcripts_cannot_paint_the_terminal(
    tmp_path: Path, manifest: Callable[..., Path]
) -> None:
    evil = {"audio_filepath": "a", "duration": 1, "text": "x", "speaker": "\x1b[31m[/oops]\u202e"}
    path = manifest(json.dumps(evil), "\x1b]0;title\x07", GOOD)
    result = curate("profile", path.name, "--out", "out", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert not {"\x1b", "\u202e"} & {*result.stdout, *result.stderr}


def test_the_answer_is_on_stdout(tmp_path: Path, manifest: Callable[..., Path]) -> None:
    path = manifest(GOOD)
    quiet = curate("profile", path.name, "--out", "out", "--quiet", cwd=tmp_path)
    assert (quiet.stdout, quiet.stderr) == ("", "")
    people = curate("profile", path.name, "--out", "out", cwd=tmp_path)
    assert "clean" in people.stdout
    assert "report: out/report.html" in people.stderr
    assert "report: out/report.html" not in people.stdout
    machine = curate("profile", path.name, "--out", "out", "--json", cwd=tmp_path)
    assert json.loads(machine.stdout) == json.loads((tmp_path / "out/profile.json").read_text())


def test_a_second_run_replaces_the_first(tmp_path: Path, manifest: Callable[..., Path]) -> None:
    path = manifest(GOOD)
    for _ in range(2):
        assert curate("profile", path.name, "--out", "out", "--quiet", cwd=tmp_path).returncode == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "ledger.json",
        "measured.json",
        "profile.json",
        "records.parquet",
        "report.html",
    ]


def test_several_manifests_and_globs(tmp_path: Path, manifest: Callable[..., Path]) -> None:
    for name in ("a[1].jsonl", "b.jsonl", "c.jsonl"):
        manifest(GOOD, name=name)
    result = curate("profile", "a[1].jsonl", "[bc].jsonl", "--out", "out", "--json", cwd=tmp_path)
    content = json.loads(result.stdout)
    assert [entry["source"] for entry in content["inputs"]] == ["a[1].jsonl", "b.jsonl", "c.jsonl"]
    assert content["totals"]["rows"] == 3


def test_split_takes_manifests_too(root: Path, tmp_path: Path) -> None:
    example = root / "examples" / "speech" / "manifest.jsonl"
    sizes = ["--eval", "45s", "--test", "60s", "--quiet"]
    by_gender = ["--by", "gender"]  # a split of manifests looks for it, since it balances by it
    made = curate("profile", str(example), "--out", "p", *by_gender, "--quiet", cwd=tmp_path)
    assert made.returncode == 0
    assert curate("split", "p", "--out", "one", *sizes, cwd=tmp_path).returncode == 0
    assert curate("split", str(example), "--out", "two", *sizes, cwd=tmp_path).returncode == 0
    for name in ("train", "eval", "test", "rejected", "malformed"):
        one, two = (tmp_path / folder / f"{name}.jsonl" for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes(), name


def test_a_kaldi_directory_goes_to_nemo_and_lhotse(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "text").write_text("".join(f"u{n} hello there number {n}\n" for n in range(40)))
    (data / "utt2dur").write_text("".join(f"u{n} 2.{n}\n" for n in range(40)))
    done = curate(
        *(
            "split",
            "data",
            "--out",
            "s",
            "--eval",
            "5s",
            "--test",
            "5s",
            "--to",
            "lhotse",
            "--json",
        ),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["inputs"][0]["format"] == "kaldi"
    assert sum(entry["cuts"] for entry in content["cuts"]) == 40
    again = curate("profile", "s/train.cuts.jsonl.gz", "--out", "p", "--json", cwd=tmp_path)
    assert json.loads(again.stdout)["totals"]["rows"] == content["outputs"][0]["rows"]


@pytest.mark.parametrize("program", ["curate", "train"])
def test_version(program: str, tmp_path: Path) -> None:
    code = f"from {program}.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{program} {version('asr-curate')}\n"


def test_only_the_named_command_is_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert len(commands()) > 25, "now every module of a command is imported"
    build = typer.main.get_command_from_info
    built: list[str] = []

    def record(command_info: Any, **settings: Any) -> Any:
        built.append(command_info.name)
        return build(command_info, **settings)

    monkeypatch.setattr(typer.main, "get_command_from_info", record)
    for app in (curate_commands, rules_commands, train_commands):
        monkeypatch.setattr(app, "_built", {})
    for line in ("curate head nosuch", "train plan --nosuch", "curate rules explain nosuch:1"):
        program, *words = line.split()
        assert run(tmp_path, program, *words)[0] in {2, 3}
    assert built == ["head", "plan", "explain"]
