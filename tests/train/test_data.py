"""A shard folder is trusted only when everything that was recorded is there."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.errors import InputError
from train.config import RECIPES, Setting, load_config
from train.data import open_blend, open_shards
from train.data.check import CheckedData, check_data

Write = Callable[..., Path]
Damage = Callable[[Path], object]


def read(folder: Path) -> CheckedData:
    changes = {"model": "m.nemo", "data": str(folder), "out": "run"}
    settings = [Setting("", key, value) for key, value in changes.items()]
    run = load_config(RECIPES / "tiny.yaml", settings)
    return check_data(run, open_blend(run))


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "shards.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    change(index)
    path.write_text(json.dumps(index), encoding="utf-8")


def test_a_sound_folder(shard_folder: Write) -> None:
    folder = shard_folder()
    data = read(folder)
    assert (open_shards(folder).index.cuts, data.validation_rows) == (3, 2)
    assert data.languages == ("de", "en")  # of training and of validation
    assert data.validation_hours == pytest.approx(3 / 3600, abs=1e-6)


def shorten(folder: Path) -> None:
    path = folder / "train/recording.000000.tar"
    path.write_bytes(path.read_bytes()[:-1])


def pair(folder: Path) -> None:
    path = folder / "eval.jsonl"
    path.write_text(path.read_text().replace("{", '{"offset": 1, "sampling_rate": 16000, ', 1))


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda f: (f / "train/cuts.000001.jsonl.gz").unlink(), "is missing"),
        (lambda f: (f / "train/recording.000000.tar").unlink(), "is missing"),
        (shorten, "has 9 bytes, 10 were written"),
        (lambda f: (f / "train/README").write_text("x"), "does not belong"),
        (lambda f: (f / "train/cuts.000000.jsonl.gz").write_bytes(b"\x1f\x8bno"), "cannot be read"),
        (lambda f: (f / "eval.jsonl").write_text(""), "nothing to validate on"),
        (lambda f: (f / "eval.jsonl").write_text("{"), "not JSON"),
        (lambda f: (f / "eval.jsonl").unlink(), "there is no such file"),
        (lambda f: (f / "eval0.wav").unlink(), "audio file is missing: .*eval0.wav"),
        (pair, "eval.jsonl:1: sampling_rate is given with offset"),
        (lambda f: (f / "eval1.wav").write_bytes(b"RIFF"), "audio cannot be read: .*eval1.wav"),
        (lambda f: (f / "shards.json").unlink(), "holds no shards.json"),
        (lambda f: (f / "shards.json").write_text("{"), "is not JSON"),
        (lambda f: edit(f, lambda i: i.update(schema="other/1")), "is of schema 'other/1'"),
        (lambda f: edit(f, lambda i: i.update(shards=[])), "no shard"),
        (lambda f: edit(f, lambda i: i.pop("hours")), "hours: is missing"),
        (lambda f: edit(f, lambda i: i["manifests"].clear()), "lacks an eval manifest"),
        (lambda f: edit(f, lambda i: i["shards"][1].update(cuts=2)), "holds 1 cuts, 2 were"),
        (
            lambda f: edit(f, lambda i: i["shards"][1].pop("sizes")),
            r"shards\[1\]\.sizes: is missing",
        ),
        (lambda f: edit(f, lambda i: i.update(cuts=9)), "counts 9 cuts, its shards 3"),
        (lambda f: edit(f, lambda i: i.update(format="hf")), "of format hf; a run reads shar"),
        (lambda f: (f / "train/more").mkdir(), "does not belong"),
    ],
)
def test_damage_is_refused(shard_folder: Write, damage: Damage, what: str) -> None:
    folder = shard_folder()
    damage(folder)
    with pytest.raises(InputError, match=what):
        read(folder)


def test_all_damage_is_told_at_once(shard_folder: Write) -> None:
    folder = shard_folder()
    (folder / "train/recording.000000.tar").unlink()
    (folder / "train/notes.txt").write_text("x")
    (folder / "eval1.wav").unlink()
    with pytest.raises(InputError) as raised:
        read(folder)
    assert len(raised.value.faults) == 3


def test_many_missing_files_are_counted(shard_folder: Write) -> None:
    folder = shard_folder(eval_rows=15)
    for path in folder.glob("eval*.wav"):
        path.unlink()
    with pytest.raises(InputError, match="5 more rows whose audio cannot be loaded") as raised:
        read(folder)
    assert len(raised.value.faults) == 11


@pytest.mark.parametrize("kind", ["command", "url", "other"])
def test_audio_that_would_run_or_fetch_is_refused(shard_folder: Write, kind: str) -> None:
    folder = shard_folder()
    path = folder / "train/cuts.000001.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        text = file.read()
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(text.replace('"shar"', json.dumps(kind)))
    with pytest.raises(InputError, match=f"type {kind} would run or fetch"):
        read(folder)
