"""The first process writes the manifests to validate on; the others wait for them. No NeMo."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.errors import InputError
from train.config import RunConfig, Setting, load_config
from train.data.rows import Row
from train.data.validation import (
    ChosenRows,
    await_validation,
    validation_manifest,
    write_validation,
)


@pytest.fixture
def run(recipe: Callable[..., Path], tmp_path: Path) -> RunConfig:
    given = {"model": "m.nemo", "data": str(tmp_path), "out": str(tmp_path / "run")}
    (tmp_path / "run").mkdir()
    return load_config(recipe(), [Setting("", key, value) for key, value in given.items()])


def chosen(folder: Path, text: str) -> ChosenRows:
    fields = {"audio_filepath": "a.wav", "duration": 1.0, "text": text}
    row = Row(folder / "eval.jsonl", 1, json.dumps(fields), fields)
    return ChosenRows("eval", (row,), (), 1, 1.0)


def test_what_the_first_process_writes_is_waited_for(run: RunConfig, tmp_path: Path) -> None:
    sets = [chosen(tmp_path, "ja")]
    write_validation(run, [chosen(tmp_path, "of an earlier run")])
    writer = threading.Timer(0.5, write_validation, (run, sets))
    writer.start()
    await_validation(run, sets, most_s=60)
    writer.join()
    written = validation_manifest(run, "eval").read_text(encoding="utf-8")
    assert json.loads(written)["text"] == "ja"


def test_a_manifest_that_is_never_written_ends_the_run(run: RunConfig, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="was not written by the first process within 0 s"):
        await_validation(run, [chosen(tmp_path, "ja")], most_s=0)
