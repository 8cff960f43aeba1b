"""A plan on a split or a profile: before the shards are written, and without their audio."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from curate.errors import InputError
from tests.lines import lines_of
from tests.processes import curate, train
from tests.train.planted import write_model
from train.plan import CHECKS
from train.plan.corpus import MOST_EXAMPLES, Corpus, Example, read_corpus

TOTAL = 60
WORDS = ("ja", "nein", "doch", "jod", "hai", "ein", "dein", "chance", "joch")


def made(*words: object) -> None:
    """Run `curate WORDS`, which must end well."""
    done = curate(*words, "-q")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of sentences by ten speakers, one rejected; its profile and its split."""
    folder = tmp_path_factory.mktemp("plan")
    (folder / "audio").mkdir()
    lines = []
    sentences = list(combinations(WORDS, 4))
    for number in range(TOTAL):
        name, speaker = f"audio/{number}.wav", f"s{number % 10}"
        if number % 2:
            (folder / name).write_bytes(b"RIFF")
        text = " ".join(sentences[number]) if number else ""
        record = {"audio_filepath": name, "duration": 2.0 + number / 100, "text": text}
        lines.append(json.dumps(record | {"lang": "de", "speaker": speaker}) + "\n")
    manifest = folder / "m.jsonl"
    manifest.write_text("".join(lines), encoding="utf-8")
    made("profile", manifest, "--out", folder / "profile")
    made("split", folder / "profile", "--out", folder / "split", "--eval", "20s", "--test", "20s")
    return folder


def test_a_profile_is_read_whole_but_for_what_is_rejected(folder: Path) -> None:
    corpus = read_corpus(folder / "profile")
    assert (corpus.kind, corpus.cuts, corpus.is_sampled) == ("profile", TOTAL - 1, False)
    assert corpus.hours == pytest.approx(sum(2.0 + n / 100 for n in range(1, TOTAL)) / 3600)
    assert len(corpus.examples) == TOTAL - 1
    assert {example.language for example in corpus.examples} == {"de"}


def test_a_split_gives_its_training_part_and_its_validation(folder: Path) -> None:
    corpus = read_corpus(folder / "split")
    lines = lines_of((folder / "split/train.jsonl").read_text(encoding="utf-8"))
    assert corpus.cuts == len(lines)
    assert {example.text for example in corpus.examples} == {json.loads(x)["text"] for x in lines}
    evaluated = lines_of((folder / "split/eval.jsonl").read_text(encoding="utf-8"))
    assert corpus.validation is not None
    assert corpus.validation[0] == len(evaluated) > 0


@pytest.mark.parametrize("kind", ["profile", "split"])
def test_missing_audio_is_looked_for(folder: Path, kind: str) -> None:
    corpus = read_corpus(folder / kind)
    assert corpus.audio_checked == len(corpus.examples)
    odd = [example for example in corpus.examples if number_of(example) % 2]
    assert len(corpus.missing_audio) == len(corpus.examples) - len(odd)


@pytest.mark.parametrize("broken", [0, 1, 3])
def test_validation_audio_is_looked_at(shard_folder: Callable[..., Path], broken: int) -> None:
    data = shard_folder(eval_rows=3)
    for number in range(broken):
        (data / f"eval{number}.wav").write_bytes(b"RIFF and nothing behind it")
    corpus = read_corpus(data)
    assert corpus.validation_audio_checked == 3
    assert len(corpus.unreadable_validation) == broken
    (check,) = (check for check in CHECKS if check.code == "unreadable-validation")
    facts: Any = SimpleNamespace(corpus=corpus)
    assert [finding.level for finding in check.run(facts)] == ["error"] * bool(broken)


PAIR = {"offset": 1.0, "sampling_rate": 16_000}


@pytest.mark.parametrize(
    ("fields", "level"),
    [(PAIR, ["error"]), ({"offset": 1.0}, []), ({"sampling_rate": 16_000}, [])],
)
def test_validation_rows_that_nemo_misreads_are_named(
    shard_folder: Callable[..., Path], fields: dict[str, object], level: list[str]
) -> None:
    data = shard_folder(eval_rows=3)
    lines = (data / "eval.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    rows = [json.dumps({**json.loads(line), **fields}) + "\n" for line in lines]
    (data / "eval.jsonl").write_text("".join(rows), encoding="utf-8")
    corpus = read_corpus(data)
    (check,) = (check for check in CHECKS if check.code == "rate-beside-offset")
    facts: Any = SimpleNamespace(corpus=corpus)
    assert [finding.level for finding in check.run(facts)] == level
    assert len(corpus.misread) == 3 * len(level)


def number_of(example: Example) -> int:
    return int(Path(str(example.fields["audio_filepath"])).stem)


def test_examples_come_from_the_whole_length(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.plan.corpus.MOST_EXAMPLES", 10)
    for kind in ("profile", "split"):
        corpus = read_corpus(folder / kind)
        numbers = [number_of(example) for example in corpus.examples]
        assert 8 <= len(numbers) <= 12 < MOST_EXAMPLES
        assert (min(numbers) < 10, max(numbers) > 45) == (True, True)


def test_lines_that_are_not_the_manifests_own_are_not_looked_for(
    folder: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(folder / "profile", tmp_path / "profile")
    facts = json.loads((copy / "profile.json").read_text(encoding="utf-8"))
    facts["inputs"][0]["copied"] = "records as NeMo lines"
    (copy / "profile.json").write_text(json.dumps(facts), encoding="utf-8")
    corpus = read_corpus(copy)
    assert (corpus.cuts, corpus.examples) == (TOTAL - 1, ())


def test_what_is_dropped_is_told_by_stratum(folder: Path, tmp_path: Path) -> None:
    done = plan(folder, tmp_path, "--set", "train_ds.max_duration=2.3", "--json")
    dropped = json.loads(done.stdout)["batches"]["dropped"]
    assert {(item["lang"], item["why"]) for item in dropped} == {("de", "longer than 2.3 s")}
    assert sum(item["rows"] for item in dropped) == 29


def plan(folder: Path, tmp_path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    model = write_model(tmp_path / "model.nemo")
    return train("plan", "--data", folder / "profile", "--model", model, "--config", "tiny", *more)


def test_the_command_says_all_and_writes_it_down(folder: Path, tmp_path: Path) -> None:
    done = plan(folder, tmp_path, "--out", str(tmp_path / "plan.json"), "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record == json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert record["model"]["recipe"] == "aed"
    assert record["config"]["train_ds"]["text_field"] == "text"
    assert {"missing-audio", "slot-no-language"} <= {f["code"] for f in record["findings"]}
    shown = plan(folder, tmp_path)
    for word in ("recipe", "tokenizer", "epochs", "inherited", "missing-audio", "hint:"):
        assert word in shown.stdout
    assert not shown.stdout.startswith("{")


def test_an_error_ends_the_plan_as_it_would_end_the_run(folder: Path, tmp_path: Path) -> None:
    done = plan(folder, tmp_path, "--set", "train_ds.max_duration=0.5")
    assert done.returncode == 2
    assert "error [nothing-left]" in done.stdout


def test_nothing_heavy_is_imported_for_a_plan(folder: Path, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model.nemo")
    code = f"""
import sys
from train.cli import app
given = ["--data", {str(folder / "split")!r}, "--model", {str(model)!r}, "--config", "tiny"]
try:
    app(["plan", *given], prog_name="train")
except SystemExit as done:
    assert done.code in (0, None), done.code
loaded = sorted(set(sys.modules) & {{"torch", "nemo", "lightning", "lhotse", "omegaconf"}})
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def damage(corpus: Path, name: str) -> None:
    (corpus / name).write_bytes(b"{")


def test_a_broken_folder_is_an_error_of_the_input(tmp_path: Path) -> None:
    damage(tmp_path, "profile.json")
    with pytest.raises(InputError, match=r"profile\.json: is not JSON"):
        read_corpus(tmp_path)


def test_hours_by_language_are_scaled_up_from_what_was_read() -> None:
    rows = pl.DataFrame(
        {"lang": ["de", "en"], "verdict": ["clean"] * 2, "duration_s": [3600.0, 36]}
    )
    corpus = Corpus("shards", Path(), 20, 10.1, rows, (), None)
    assert corpus.languages() == {"de": 10.0, "en": 0.1}
    assert (corpus.is_sampled, corpus.scale) == (True, 10.0)
