"""Small inputs for the tests of training: archives, shard folders, recipes; no NeMo in here."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import curate
from curate.artifacts.shard_index import Shard
from curate.shards.options import ShardOptions, ShardSize
from tests.shard_indexes import shard_of, write_index
from tests.train.scored import Site

RECIPE = """\
seed: 1
trainer:
  max_steps: 100
  val_check_interval: 50
optim:
  lr: 1e-4
  warmup_steps: 2
  min_lr: 1e-6
train_ds:
  batch_duration: 60
"""


SPOKEN_RATE = 16_000
SPOKEN = "one two three four five six seven eight nine ten".split()  # noqa: SIM905


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[..., Path]:
    """Write a recipe file; without a text, a sound one that lacks model, data and out."""

    def write(text: str = RECIPE) -> Path:
        path = tmp_path / "recipe.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def shard_folder(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder of the shape that `curate shard` writes, with stand-ins for the audio."""

    def write(cuts_per_shard: Sequence[int] = (2, 1), eval_rows: int = 2) -> Path:
        folder = tmp_path / "shards"
        (folder / "train").mkdir(parents=True)
        shards = [_shard(folder, index, cuts) for index, cuts in enumerate(cuts_per_shard)]
        rows = [_eval_row(folder, index) for index in range(eval_rows)]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "eval.jsonl").write_text(lines, encoding="utf-8")
        write_index(folder, shards, {"eval": (eval_rows, 0.1)})
        return folder

    return write


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A folder with something to score, and a stand-in for the model."""
    return Site(tmp_path, monkeypatch)


def _cut(key: str) -> dict[str, Any]:
    return {
        "id": key,
        "duration": 1.0,
        "type": "MonoCut",
        "recording": {"id": key, "sources": [{"type": "shar", "channels": [0], "source": ""}]},
        "supervisions": [{"id": key, "text": "ja", "language": "de"}],
        "custom": {"source_lang": "de", "target_lang": "de"},
    }


def _shard(folder: Path, index: int, count: int) -> Shard:
    cuts, recording = f"train/cuts.{index:06d}.jsonl.gz", f"train/recording.{index:06d}.tar"
    with gzip.open(folder / cuts, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(_cut(f"{index}-{number}")) + "\n" for number in range(count))
    (folder / recording).write_bytes(b"audio" * count)
    return shard_of(folder, index, count, 0.25)


def _eval_row(folder: Path, index: int) -> dict[str, Any]:
    audio = folder / f"eval{index}.wav"
    soundfile.write(audio, [0.0] * 160, 16_000)
    return {"audio_filepath": str(audio), "duration": 1.5, "text": "yes", "target_lang": "en"}


@pytest.fixture(scope="session")
def made_shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten records in shards of three; the last five are segments of one recording."""
    folder = tmp_path_factory.mktemp("made")
    rows = []
    for at, text in enumerate(SPOKEN):
        name = f"{text}.wav" if at < 5 else "long.wav"
        seconds = 2 if at < 5 else 10
        soundfile.write(
            folder / name, np.repeat((np.arange(seconds) + 1) / 20, SPOKEN_RATE), SPOKEN_RATE
        )
        segment = {"offset": float(at - 5), "duration": 1.0} if at >= 5 else {"duration": 2.0}
        rows.append({"audio_filepath": name, **segment, "text": f"{text} words", "lang": "de"})
    manifest = folder / "source.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    curate.shard([manifest], folder / "shards", ShardOptions(size=ShardSize(cuts=3)))
    return folder / "shards"


@pytest.fixture
def shards(made_shards: Path, tmp_path: Path) -> Path:
    """A copy of the shards, to be damaged."""
    return shutil.copytree(made_shards, tmp_path / "shards")
