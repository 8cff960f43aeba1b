"""Which manifests a model was trained on, by its own configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from train.data.trained_on import trained_on


@pytest.mark.parametrize(
    ("train_ds", "seen"),
    [
        ({"shar_path": "s/train"}, ["s/train.jsonl"]),
        ({"shar_path": [["s/train", 0.5], ["other/train", 2]]}, ["s/train.jsonl"]),
        ({"input_cfg": [{"type": "group", "input_cfg": [{"shar_path": "s/train"}]}]},
         ["s/train.jsonl"]),
        ({"manifest_filepath": ["a.jsonl", "s/test.jsonl"]}, ["s/test.jsonl"]),
        ({"shar_path": "/elsewhere/s/train", "manifest_filepath": None}, []),
        ({"text_field": "s/test.jsonl"}, []),  # no path of data
        (None, []),
    ],
)  # fmt: skip
def test_the_manifests_that_training_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, train_ds: Any, seen: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    manifests = [Path("s/train.jsonl"), Path("s/test.jsonl")]
    assert trained_on({"train_ds": train_ds}, manifests) == tuple(seen)


def test_a_path_from_elsewhere_is_the_same_file(tmp_path: Path) -> None:
    config = {"train_ds": {"shar_path": str(tmp_path / "s" / "train")}}
    manifest = tmp_path / "s" / ".." / "s" / "train.jsonl"
    assert trained_on(config, [manifest]) == (str(manifest),)
