"""The command line: quick help, plain errors, exit codes; each command in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes import train

HEAVY = ("torch", "nemo", "lightning", "lhotse", "polars", "jiwer", "omegaconf", "yaml")


@pytest.mark.parametrize("arguments", [(), ("tiny",), ("plan",), ("run",), ("eval",)])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    code = f"""
import sys
from train.cli import app
try:
    app([*{list(arguments)!r}, "--help"], prog_name="train")
except SystemExit as done:
    assert done.code in (0, None), done.code
loaded = sorted(set(sys.modules) & {set(HEAVY)!r})
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["run"], 2, "--out: is missing"),
        (["run", "--data", "d", "--out", "o"], 2, "--model: is missing"),
        (["run", "--data", "d", "--out", "o", "--recipe", "tiny"], 2, "'model' is missing"),
        (
            ["run", "--data", "d", "--model", "m.nemo", "--out", "o", "--recipe", "tiny"],
            3,
            "--model: m.nemo: there is no such file",
        ),
        (
            ["run", "--data", "d", "--out", "o", "--recipe", "canary-1b-v2", "--set", "seeed=1"],
            2,
            "did you mean 'seed'?",
        ),
        (["plan", "--data", "d", "--recipe", "tiny"], 2, "'model' is missing"),
        (
            ["plan", "--data", "d", "--model", "m.nemo", "--recipe", "tiny"],
            3,
            "m.nemo: there is no such file",
        ),
        (
            ["eval", "m.nemo", "--manifest", "none.jsonl", "--out", "e"],
            3,
            "none.jsonl: there is no such file",
        ),
        (["tiny", "t.nemo", "--manifest", "none.jsonl"], 3, "none.jsonl: there is no"),
        (["tiny", "t.nemo", "--manifest", "none.jsonl", "--d-model", "30"], 2, "not a multiple"),
    ],
)
def test_errors_are_plain_and_write_nothing(
    tmp_path: Path, arguments: list[str], code: int, what: str
) -> None:
    done = train(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert what in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_train_py_of_the_users_own_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("raise SystemExit('hostile')", encoding="utf-8")
    program = str(Path(sys.executable).with_name("train"))
    done = subprocess.run(
        [program, "--help"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0
    assert "hostile" not in done.stdout + done.stderr


def test_a_terminal_is_safe_from_a_manifest(tmp_path: Path, manifest: Callable[..., Path]) -> None:
    path = manifest("{}", name="a\x1b[31m.jsonl")
    done = train("eval", "m.nemo", "--manifest", str(path), "--out", "e", cwd=tmp_path)
    assert done.returncode == 3
    assert "\x1b" not in done.stdout + done.stderr
