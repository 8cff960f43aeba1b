"""Answers go to stdout and can be piped on; `--json` gives one JSON document and no table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_tree import BASE, commands, name_of, run, small_corpus
from tests.lines import lines_of

NOT_HERE = {
    "curate review": "serves a page",
    "curate reconsider": "needs an evaluation: tests/curate/test_reconsider.py",
    "curate shard": "needs audio: tests/curate/test_shards.py",
    "train average": "needs NeMo: tests/train/test_nemo_average.py",
    "train calibrate": "needs NeMo: tests/train/test_nemo_calibrate.py",
    "train eval": "needs NeMo: tests/train/test_nemo_loop.py",
    "train run": "needs NeMo",
    "train score": "needs NeMo: tests/train/test_nemo_score.py",
    "train sweep": "needs NeMo",
    "train tiny": "needs NeMo",
}
"""Commands that cannot be run here, and why."""
ANSWERING = sorted(set(BASE) - set(NOT_HERE))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_corpus(tmp_path_factory.mktemp("right"))


def words_of(command: str) -> list[str]:
    line = BASE[command].replace("SELECT_1", "SELECT@1").split()
    own = {"new": f"new-{command.replace(' ', '-')}"}  # each its directory
    return [*command.split(), *(own.get(part, part.replace("@", " ")) for part in line)]


@pytest.mark.parametrize("command", ANSWERING)
def test_the_answer_is_on_stdout(folder: Path, command: str) -> None:
    code, out, err = run(folder, *words_of(command))
    assert code in {0, 2} if command == "train plan" else code == 0, err
    assert out.strip(), err
    assert not any(line in err for line in lines_of(out) if line.strip()), err
    assert "\u2026" not in out, "nothing is cut"


@pytest.mark.parametrize("command", ANSWERING)
def test_json_is_one_document_and_no_table(folder: Path, command: str) -> None:
    if not any(name_of(each) == "--json" for each in commands()[command].params):
        # lines, and Markdown
        assert command in {"curate rules check", "curate card", "curate summary"}
        return
    code, shown, _ = run(folder, *words_of(command))
    assert code in {0, 2}
    code, out, err = run(folder, *words_of(command), "--json")
    assert code in {0, 2}, err
    assert isinstance(json.loads(out), dict | list)
    tables = [line for line in lines_of(shown) if line.strip()]
    assert not any(line in lines_of(err) for line in tables), err


def test_a_pipe_that_closes_early_is_no_error(folder: Path) -> None:
    curate = str(Path(sys.executable).with_name("curate"))
    command = f"{curate} head profile -n 60 | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=True
    )
    first, code = lines_of(done.stdout)
    assert first.startswith("id ")
    assert (code, done.stderr) == ("0", "")


@pytest.mark.parametrize("columns", ["80", "40"])
def test_ids_are_whole_on_a_narrow_terminal(
    folder: Path, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    name = "a-manifest-with-a-rather-long-name-of-which-nothing-is-cut.jsonl"
    (folder / name).write_text((folder / "m.jsonl").read_text())
    code, _, err = run(folder, "curate", "profile", name, "--out", "long", "--quiet")
    assert code == 0, err
    for words in (["head", "long", "-n", "3"], ["query", "SELECT source FROM records", "long"]):
        code, out, err = run(folder, "curate", *words)
        assert code == 0, err
        assert "\u2026" not in out
        first = "".join(line.split("  ")[0].strip() for line in lines_of(out)[1:])
        assert name in first
