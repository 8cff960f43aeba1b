"""What a run says of itself, and which folder it may take; no NeMo in here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError
from train.config import RunConfig, Setting, load_config
from train.data import ShardSet
from train.fit import _check_loggers, _held, _make_empty
from train.runs.lock import LOCK
from train.runs.outcome import Heard, LossPoint, SkippedStep, Trained, ValidationPoint, findings
from train.runs.resume import CONFIG

SHARDS = ShardSet(Path("s"), Path("s/train"), 100, 10.0, Path("s/eval.jsonl"), 10, 2.0, ("en",))
LOSSES = tuple(LossPoint(step, 4.0 / step, 1e-4) for step in (10, 20, 30, 40))
POINT = ValidationPoint(100, 0.5, 0.2)
TRAINED = Trained(
    parameters=10,
    matched_parameters=10,
    trainable_parameters=10,
    accelerator="cpu",
    precision="32-true",
    steps=100,
    seconds=60.0,
    speech_s=2 * 36_000.0,
    step_seconds=(0.5,) * 10,
    compute_seconds=(0.4,) * 10,
    loss=LOSSES,
    validation=(POINT,),
    best=POINT,
    best_checkpoint=None,
)


@pytest.fixture
def config(recipe: Callable[..., Path]) -> RunConfig:
    return load_config(recipe(), [Setting("", key, "x") for key in ("model", "data", "out")])


def test_a_run_as_it_should_be_has_nothing_to_say(config: RunConfig) -> None:
    assert list(findings(config, SHARDS, TRAINED)) == []


@pytest.mark.parametrize(
    ("change", "level", "what"),
    [
        ({"speech_s": 61 * 36_000.0}, "info", "61 times"),
        ({"loss": (*LOSSES, LossPoint(50, None, 1e-4))}, "warning", "not a number"),
        ({"loss": LOSSES[::-1]}, "warning", "did not fall"),
        ({"compute_seconds": (0.1,) * 10}, "warning", "80% of the time"),
        ({"best": None}, "warning", "last weights"),
        ({"skipped": (SkippedStep(7, ("a",)),)}, "warning", "first step 7"),
        ({"heard": Heard(200, 3, ("a", "b"))}, "warning", "3 of 200 recordings"),
        ({"steps": 120}, "info", "last 20 steps"),
        ({"trainable_parameters": 1}, "info", "10.0%"),
    ],
)
def test_what_stands_out_is_told(
    config: RunConfig, change: dict[str, Any], level: str, what: str
) -> None:
    told = list(findings(config, SHARDS, replace(TRAINED, **change)))
    assert [finding.level for finding in told] == [level]
    assert what in told[0].what


def test_a_short_validation_is_told(config: RunConfig) -> None:
    told = list(findings(config, replace(SHARDS, validation_hours=0.5), TRAINED))
    assert [finding.what for finding in told] == [
        "validation is 30 min; below 1 h its WER jumps about"
    ]


def test_a_run_too_short_to_tell_is_not_blamed(config: RunConfig) -> None:
    short = replace(TRAINED, loss=LOSSES[:1], step_seconds=(), compute_seconds=())
    assert list(findings(config, SHARDS, short)) == []


@pytest.mark.parametrize(
    ("files", "overwrite", "what"),
    [
        (["x"], False, "is not empty"),
        ([CONFIG], False, "is not empty"),
        (["x"], True, "no run of ours"),
        ([CONFIG, "model.nemo"], True, "which this run reads"),
    ],
)
def test_a_folder_that_is_not_ours_is_left_alone(
    tmp_path: Path, files: list[str], overwrite: bool, what: str
) -> None:
    for name in files:
        (tmp_path / name).write_text("x", encoding="utf-8")
    with pytest.raises(ConfigError, match=what):
        _make_empty(tmp_path, overwrite=overwrite, inputs=(tmp_path / "model.nemo",))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)


def test_a_run_is_replaced_when_told_to_but_for_its_lock(tmp_path: Path) -> None:
    for name in (CONFIG, LOCK):
        (tmp_path / name).write_text("x", encoding="utf-8")
    (tmp_path / "checkpoints").mkdir()
    _make_empty(tmp_path, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == [LOCK]


def test_a_new_folder_is_made_and_goes_again_where_nothing_came_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "a/b"
    with _held(folder):
        _make_empty(folder, overwrite=False)
        assert folder.is_dir()
    assert not folder.exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x", encoding="utf-8")
    with pytest.raises(ConfigError, match="is a file"), _held(path):
        pass


def test_a_logger_whose_package_is_absent_is_told_before_anything_runs(
    recipe: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [Setting("", key, "x") for key in ("model", "data", "out")]
    asked = [Setting("", f"logs.{name}", {}) for name in ("wandb", "mlflow")]
    monkeypatch.setattr("train.fit.find_spec", lambda name: None)
    with pytest.raises(ConfigError) as caught:
        _check_loggers(load_config(recipe(), [*given, *asked]))
    assert [fault.hint for fault in caught.value.faults] == [
        "pip install wandb",
        "pip install mlflow",
    ]
    _check_loggers(load_config(recipe(), given))
