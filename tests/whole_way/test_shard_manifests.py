"""`curate shard` of manifests: shards that load as counted, a certified split beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.train.world import NEMO, World
from tests.whole_way.corpus import Record, write_manifest
from tests.whole_way.journey import Journey, by_ledger, command
from tests.whole_way.referee import disagreements
from tests.whole_way.test_given_splits import FAST, three_sets

pytestmark = NEMO


@pytest.fixture
def sets(tmp_path: Path) -> dict[str, list[Record]]:
    """Three sets of rows, written as NAME.jsonl."""
    rows_of = three_sets(tmp_path)
    for name, rows in rows_of.items():
        write_manifest(tmp_path / f"{name}.jsonl", rows)
    return rows_of


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


GIVEN = ("--given", "train=train.jsonl", "dev=eval.jsonl", "test=test.jsonl")
WAYS: list[tuple[str, Sequence[str], Mapping[str, int]]] = [
    ("three given", GIVEN, {"train": 18, "eval": 6, "test": 6}),
    ("train and eval", GIVEN[:3], {"train": 18, "eval": 6}),
    ("one manifest", ["train.jsonl"], {"train": 18}),
    ("several manifests", ["train.jsonl", "test.jsonl"], {"train": 24}),
    ("a pattern", ["t*.jsonl"], {"train": 24}),
    ("a profile of them", ["profile", *GIVEN], {"train": 18, "eval": 6, "test": 6}),
]


@pytest.mark.parametrize(("words", "rows"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
def test_shards_of_manifests_load_as_they_are_counted(
    world: World,
    sets: dict[str, list[Record]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: Sequence[str],
    rows: Mapping[str, int],
) -> None:
    monkeypatch.chdir(tmp_path)
    way = Journey([], tmp_path, model=world.model("ctc").path)
    if "profile" in words:
        named = (f"{name}.jsonl" for name in sets)
        assert command("curate", "profile", *named, "--out", "profile", "-q").exit_code == 0
    ran = command("curate", "shard", *words, "--out", "shards", "--workers", "1", "-q")
    assert ran.exit_code == 0, ran.stderr
    way.steps["shard"] = by_ledger(ran, way.shards)
    assert {
        name: n for name, n in way.steps["shard"].rows.items() if n and name != "inputs"
    } == rows
    way.go("verify", "plan")
    assert way.steps["verify"].rows["train"] == rows["train"]
    assert way.steps["plan"].rows == {"train": rows["train"], "eval": rows.get("eval", 0)}
    assert [failure[:4] for failure in way.failures] == ([] if "eval" in rows else ["plan"])
    assert disagreements(way) == []
    split = json.loads((way.shards / "split" / "split.json").read_bytes())
    assert {each["count"] for each in split["leaks"]} <= {0, None}
    assert split["command"].startswith("curate split ")
    if len(rows) > 1:
        assert command("curate", "audit", way.shards / "split", "-q").exit_code == 0


def test_a_run_trains_on_shards_of_manifests(
    world: World, sets: dict[str, list[Record]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    way = Journey([], tmp_path, model=world.model("ctc").path)
    ran = command("curate", "shard", *GIVEN, "--out", "shards", "--workers", "1", "-q")
    assert ran.exit_code == 0, ran.stderr
    way.go("run", "eval")
    assert way.failures == []
    assert way.steps["run"].rows == {"train": 18, "eval": 6}
    assert way.steps["eval"].rows == {"scored": 12, "unscored": 0, "predictions": 12}


def test_what_the_rules_take_and_what_leaks_is_said(
    sets: dict[str, list[Record]], tmp_path: Path
) -> None:
    odd = {**sets["train"][0], "audio_filepath": "s0-1.wav", "text": FAST}
    write_manifest(tmp_path / "train.jsonl", [*sets["train"], odd])
    write_manifest(tmp_path / "test.jsonl", [*sets["test"], sets["train"][0], odd])
    words = ("--given", f"train={tmp_path}/train.jsonl", f"test={tmp_path}/test.jsonl")
    ran = command("curate", "shard", *words, "--out", tmp_path / "shards", "--workers", "1")
    assert ran.exit_code == 0
    errors = " ".join(ran.stderr.split())
    assert "warning: 1 speaker leak between train and test" in errors
    assert "warning: train: 1 of 19 given rows are not in it: 1 bad (rejected)" in errors
    assert "warning: test: 1 of 8 given rows are not in it: 1 bad (rejected); error rates" in errors
    page = (tmp_path / "shards" / "report.html").read_text().replace("\u00a0", " ")
    assert "1 speaker leak between train and test" in page
    whole = (*words, "--keep-whole", "train,test", "--out", tmp_path / "whole", "--workers", "1")
    assert command("curate", "shard", *whole, "-q").exit_code == 0
    index = json.loads((tmp_path / "whole" / "shards.json").read_bytes())
    assert (index["cuts"], index["manifests"]["test"]["rows"]) == (19, 8)


def test_the_same_bytes_as_of_a_split_made_before(
    sets: dict[str, list[Record]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    size = ("--shard-size", "5", "--workers", "1", "-q")
    assert command("curate", "shard", *GIVEN, "--out", "one", *size).exit_code == 0
    assert command("curate", "split", *GIVEN, "--out", "split", "-q").exit_code == 0
    assert command("curate", "shard", "split", "--out", "two", *size).exit_code == 0
    one, two = files(Path("one")), files(Path("two"))
    named = {"shards.json", "report.html", "input_cfg.yaml"}  # their command, or their place
    assert set(one) - set(two) == {f"split/{name}" for name in files(Path("split"))}
    assert [name for name in two if one[name] != two[name] and name not in named] == []
    assert len([name for name in two if name.startswith("train/")]) == 2 * 4


WRONG: list[tuple[str, Sequence[str], int, Sequence[str]]] = [
    ("nothing", [], 2, ["curate shard: no input is named"]),
    ("a missing file", ["nosuch.jsonl"], 3, ["nosuch.jsonl: there is no such file"]),
    ("two missing files", ["a.jsonl", "b.jsonl"], 3, ["a.jsonl: there", "b.jsonl: there"]),
    ("named twice", ["train.jsonl", "./train.jsonl"], 2, ["is given twice for train"]),
    ("a profile", ["profile"], 3, ["profile: holds no split.json", "run curate split first"]),
    ("an empty folder", ["empty"], 3, ["empty: holds no split.json", "name manifests in it"]),
    (
        "words beside",
        ["train.jsonl", "--given", "eval=eval.jsonl"],
        2,
        ["combined with --given but is"],
    ),
    ("no train", ["--given", "eval=eval.jsonl"], 2, ["no manifest is given for train"]),
    (
        "rules for a split",
        ["split", "--rules", "default"],
        2,
        ["--rules: a split has been evaluated"],
    ),
    ("two to verify", ["a", "b", "--verify"], 2, ["--verify: 2 folders are named"]),
    ("none to verify", ["--verify"], 2, ["--verify: no folder is named"]),
    ("no audio", ["silent.jsonl"], 3, ["silent.jsonl: none of its "]),
]


def test_wrong_input_is_one_clear_error(
    sets: dict[str, list[Record]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    rows = [{**row, "audio_filepath": f"no/{row['audio_filepath']}"} for row in sets["train"]]
    write_manifest(tmp_path / "silent.jsonl", rows)
    assert command("curate", "profile", "train.jsonl", "--out", "profile", "-q").exit_code == 0
    assert command("curate", "split", *GIVEN, "--out", "split", "-q").exit_code == 0
    there = sorted(path.name for path in tmp_path.iterdir())
    for name, words, code, parts in WRONG:
        out = () if "--verify" in words else ("--out", "new")
        ran = command("curate", "shard", *words, *out, "-q")
        assert ran.exit_code == code, (name, ran.stderr)
        for part in parts:
            assert part in ran.stderr, (name, ran.stderr)
        assert ".new" not in ran.stderr, (name, ran.stderr)
    after = sorted(path.name for path in tmp_path.iterdir())
    assert [name for name in after if not name.endswith(".part")] == there  # tasks that are done


def test_a_stopped_export_leaves_nothing_and_goes_on(
    sets: dict[str, list[Record]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped behind its split, it leaves no result; what a killed one left is cleared away."""
    monkeypatch.chdir(tmp_path)
    words = ("shard", *GIVEN, "--out", "shards", "--workers", "1", "-q")

    def stop(*args: object, **more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("curate.api.shard.shard_split", stop)
        assert command("curate", *words).exit_code == 130
    assert not list(tmp_path.glob("*shards*"))
    (tmp_path / f".shards.split.{2**22 + 1}.tmp").mkdir()  # of a process that is no more
    assert command("curate", *words).exit_code == 0
    assert [path.name for path in tmp_path.glob("*shards*")] == ["shards"]
    assert not list(tmp_path.glob(".shards*"))
