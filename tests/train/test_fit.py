"""What a run says of itself, and which folder it may take; no NeMo in here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError
from curate.nemo.archive import Archive
from tests.shard_indexes import index_of
from train.artifacts.run import Finding, LossPoint, Recordings, SkippedStep, ValidationPoint
from train.config import RunConfig, Setting, load_config
from train.data import ALL, Blend, ShardSet
from train.data.check import CheckedData
from train.fit import check_packages
from train.recipe import Recipe
from train.runs.folder import CONFIG, LOCK, RunRequest, run_folder
from train.runs.job import FitJob, FitResult, compute_findings

BLEND = Blend((ShardSet(Path("s"), index_of((), {}).model_copy(update={"hours": 10.0})),))
DATA = CheckedData(("en",), 10, 2.0)
LOSSES = tuple(LossPoint(step=step, train_loss=4.0 / step, lr=1e-4) for step in (10, 20, 30, 40))
LOST = LossPoint(step=50, train_loss=None, lr=1e-4)
UNREADABLE = Recordings(drawn=200, lost=3, lost_ids=("a", "b"))
POINT = ValidationPoint(step=100, val_loss=0.5, val_wer=0.2, also={})
RESULT = FitResult(
    parameters=10,
    matched_parameters=10,
    trainable_parameters=10,
    accelerator="cpu",
    precision="32-true",
    steps=100,
    seconds=60.0,
    drawn_s={ALL: 2 * 36_000.0},
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


def findings(config: RunConfig, result: FitResult, data: CheckedData = DATA) -> list[Finding]:
    """The findings about a result; they need neither the archive nor the recipe."""
    archive = Archive(Path("m.nemo"), 0, "Model", {})
    job = FitJob(config, archive, Recipe("finetune", "Model", {}, ()), BLEND, data)
    return list(compute_findings(job, result))


def held(config: RunConfig, folder: Path, *inputs: Path, overwrite: bool = False) -> Any:
    request = RunRequest(config.model_copy(update={"out": folder}), overwrite)
    return run_folder(request, inputs, lambda _: None)


def test_a_run_as_it_should_be_has_nothing_to_say(config: RunConfig) -> None:
    assert findings(config, RESULT) == []


@pytest.mark.parametrize(
    ("change", "level", "what"),
    [
        ({"drawn_s": {ALL: 61 * 36_000.0}}, "info", "61.0 epochs"),
        (
            {"loss": (*LOSSES, LossPoint(step=50, train_loss=None, lr=1e-4))},
            "warning",
            "not a number",
        ),
        ({"loss": LOSSES[::-1]}, "warning", "did not fall"),
        ({"compute_seconds": (0.1,) * 10}, "warning", "80% of the time"),
        ({"best": None}, "warning", "last weights"),
        ({"skipped": (SkippedStep(step=7, ids=("a",)),)}, "warning", "first step 7"),
        (
            {"recordings": Recordings(drawn=200, lost=3, lost_ids=("a", "b"))},
            "warning",
            "3 of 200 recordings",
        ),
        ({"steps": 120}, "info", "last 20 steps"),
        ({"trainable_parameters": 1}, "info", "10.0%"),
    ],
)
def test_what_stands_out_is_told(
    config: RunConfig, change: dict[str, Any], level: str, what: str
) -> None:
    reported = findings(config, replace(RESULT, **change))
    assert [finding.level for finding in reported] == [level]
    assert what in reported[0].what


def test_a_short_validation_is_told(config: RunConfig) -> None:
    reported = findings(config, RESULT, replace(DATA, validation_hours=0.5))
    assert [finding.what for finding in reported] == [
        "validation is 30 min; below 1 h the WER estimate is noisy"
    ]


def test_a_run_too_short_to_tell_is_not_blamed(config: RunConfig) -> None:
    short = replace(RESULT, loss=LOSSES[:1], step_seconds=(), compute_seconds=())
    assert findings(config, short) == []


@pytest.mark.parametrize(
    ("files", "overwrite", "what"),
    [
        (["x"], False, "is not empty"),
        ([CONFIG], False, "is not empty"),
        (["x"], True, "is not of `train run`"),
        ([CONFIG, "model.nemo"], True, "which this run reads"),
    ],
)
def test_a_folder_that_is_not_ours_is_left_alone(
    tmp_path: Path, config: RunConfig, files: list[str], overwrite: bool, what: str
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for name in files:
        (folder / name).write_text("x", encoding="utf-8")
    inputs = folder / "model.nemo"
    with (
        pytest.raises(ConfigError, match=what),
        held(config, folder, inputs, overwrite=overwrite),
    ):
        pytest.fail("the directory was taken")
    assert sorted(path.name for path in folder.iterdir()) == sorted(files)


def test_a_run_is_replaced_on_request_but_for_its_lock(tmp_path: Path, config: RunConfig) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for name in (CONFIG, "model.nemo"):
        (folder / name).write_text("x", encoding="utf-8")
    (folder / "checkpoints").mkdir()
    with held(config, folder, overwrite=True):
        assert sorted(path.name for path in folder.iterdir()) == [LOCK, CONFIG]


def test_a_new_folder_is_removed_where_nothing_was_written_to_it(
    tmp_path: Path, config: RunConfig
) -> None:
    folder = tmp_path / "a/b"
    with held(config, folder):
        assert folder.is_dir()
        (folder / CONFIG).unlink()
    assert not folder.exists()


def test_a_file_is_no_folder(tmp_path: Path, config: RunConfig) -> None:
    path = tmp_path / "file"
    path.write_text("x", encoding="utf-8")
    with pytest.raises(ConfigError, match="is a file"), held(config, path):
        pass


def test_a_logger_whose_package_is_absent_is_told_before_anything_runs(
    recipe: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [Setting("", key, "x") for key in ("model", "data", "out")]
    loggers = [Setting("", f"logs.{name}", {}) for name in ("wandb", "mlflow")]
    rooms = [Setting("", "augmentation.rir_enabled", True)]
    monkeypatch.setattr("train.fit.find_spec", lambda name: None)
    with pytest.raises(ConfigError) as raised:
        check_packages(load_config(recipe(), [*given, *loggers, *rooms]))
    assert [fault.hint for fault in raised.value.faults] == [
        "pip install wandb",
        "pip install mlflow",
        "pip install torchaudio, or name recorded impulse responses: augmentation.rir_path",
    ]
    check_packages(load_config(recipe(), given))
