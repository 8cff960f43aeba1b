"""What a person reads who mistyped a name: where, what, and the one nearest name that is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command_tree import run, small_corpus
from tests.lines import lines_of

HINTS = [
    ("curate head profil", "profil: there is no such file or directory", "did you mean 'profile'?"),
    ("curate head profile2", "profile2: there is no such file or directory", "make it with"),
    ("curate head nosuch/p", "nosuch/p: there is not a directory nosuch", "make it with"),
    ("curate head m.jsonl", "m.jsonl: is a file; a directory with records.parquet", "make it"),
    ("curate profil m.jsonl", "profil: is not a command of `curate`", "did you mean 'profile'?"),
    ("curate profile m.jsonl --oit x", "--oit: is not an option of", "did you mean '--out'?"),
    ("curate profile m.jsonl", "--out: is missing", "Directory for the results"),
    ("curate profile mm.jsonl --out x", "mm.jsonl: there is no such file", "mean 'm.jsonl'?"),
    ("curate profile m.jsonl --out x --by speakr", "--by: 'speakr' is a field of no", "'speaker'?"),
    (
        "curate profile m.jsonl --out x --metrics lidd",
        "--metrics: unknown group 'lidd'",
        "mean 'lid'?",
    ),
    ("curate split m.jsonl --out x --by speakr", "--by: 'speakr' is a field of no", "'speaker'?"),
    ("curate head profile -n x", "--count: 'x' should be a valid integer", "How many records"),
    ("curate head profile --where char_rat>3", "--where: unknown metric", "mean 'char_rate'?"),
    ("curate rules check tab.yaml", "tab.yaml:2: a tab, where YAML has spaces", "by spaces"),
    ("curate profile m.jsonl --out /proc/x", "/proc/x: cannot be written", "you may write to"),
    (
        "curate profile m.jsonl --out x --audio header",
        "/nosuch/0.wav: none of 60 audio files was found; absolute paths are taken as they are",
        "ln -s NEW_PLACE /nosuch",
    ),
    (
        "curate profile m.jsonl --out x --audio header --audio-root moved",
        "/nosuch/0.wav: none of 60 audio files was found",
        "sed 's#/nosuch/#",
    ),
    ("train plan --data shards --model nosuch.nemo", "--model: nosuch.nemo: there is no", "name a"),
    ("train plan --data shards --model modle.nemo", "--model: modle.nemo: there", "'model.nemo'?"),
    ("train plan --data shards --model canary-1b-flsh", "--model: 'canary-1b-flsh'", "-1b-flash'?"),
    ("train plan --data shards --model model.nemo --gpu h10", "--gpu: cannot be 'h10'", "'h100'?"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = small_corpus(tmp_path_factory.mktemp("hints"))
    (made / "tab.yaml").write_text("rules:\n\t- id: x\n")
    (made / "moved").mkdir()
    (made / "moved" / "0.wav").touch()
    return made


@pytest.mark.parametrize(("command", "what", "hint"), HINTS)
def test_the_fault_and_its_hint(folder: Path, command: str, what: str, hint: str) -> None:
    code, out, err = run(folder, *command.split())
    assert (code in {2, 3}, out) == (True, ""), err
    lines = lines_of(err)
    assert lines[0].startswith(what)
    assert hint in lines[-1]
    assert lines[-1].startswith("  hint: ")
    assert max(map(len, lines)) < 320, "one name, no list of sixty"


def test_a_field_that_few_records_have_is_warned_about(folder: Path) -> None:
    rows = [json.loads(line) for line in lines_of((folder / "m.jsonl").read_text())]
    rows[0]["dialect"] = "north"
    (folder / "few.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, out, err = run(
        folder, "curate", "profile", "few.jsonl", "--out", "few", "--by", "dialect", "--json"
    )
    assert code == 0, err
    warning = "--by dialect: 1 of 60 have it, the rest is one group"
    assert any(warning in each for each in json.loads(out)["warnings"]), err
