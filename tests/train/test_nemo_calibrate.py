"""Batch sizes measured on real NeMo, on a CPU: by the bytes of tensors, in a stated budget."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from curate.errors import ConfigError
from curate.nemo.archive import open_archive
from tests.train.world import NEMO, World
from train.artifacts.batch_sizes import BatchSizes
from train.calibrate import MARGIN, CalibrateRequest, calibrate
from train.cli import app
from train.config import RunConfig
from train.fit import RunRequest, TrainRun, fit
from train.plan.facts import read_inputs
from train.recipe.buckets import Bucket
from train.runs import runtime
from train.tiny import Kind

if TYPE_CHECKING:
    from train.nemo.loader import BatchInfo

pytestmark = NEMO

MEMORY = 16_000_000


@dataclass(frozen=True)
class Calibrated:
    """A configuration, what was measured for it, and the file."""

    run: RunConfig
    record: BatchSizes
    path: Path


@pytest.fixture(scope="module")
def canary(world: World) -> Calibrated:
    """Sizes of 2-D buckets for the tiny Canary."""
    run = world.config(world.model("canary").path, "none", "train_ds.buckets=2d")
    path = world.folder / "batch_sizes.json"
    return Calibrated(run, calibrate(CalibrateRequest(run, path, MEMORY)), path)


@pytest.fixture(scope="module")
def trial(canary: Calibrated) -> Any:
    """Steps of the same model within the same memory."""
    from train.nemo.trial import Trial

    inputs = read_inputs(canary.run, open_archive(Path(canary.run.model)), None)
    budget = canary.record.device.budget_bytes
    return Trial(inputs.archive, inputs.recipe, canary.run, inputs.data.around, budget)


def test_sizes_fill_the_budget_and_shrink_with_length(canary: Calibrated) -> None:
    record = canary.record
    sizes = [bucket.batch_size for bucket in record.buckets]
    assert len(sizes) >= 3
    assert sizes == sorted(sizes, reverse=True)
    assert 1 <= sizes[-1] < sizes[0] <= 18  # there are 18 recordings
    assert record.device.budget_bytes == int(MEMORY * (1 - MARGIN))
    assert record.device.counted == "tensors"
    assert (record.precision, record.kind) == ("32-true", "2d")
    for bucket in record.buckets:
        assert bucket.peak_bytes <= record.device.budget_bytes
    assert max(b.peak_bytes for b in record.buckets) > 0.7 * record.device.budget_bytes


def test_the_file_is_what_was_measured_and_repeats_itself(canary: Calibrated) -> None:
    written = json.loads(canary.path.read_text(encoding="utf-8"))
    assert written == canary.record.as_json()
    again = canary.path.with_name("again.json")
    calibrate(CalibrateRequest(canary.run, again, MEMORY))
    assert again.read_bytes() == canary.path.read_bytes()


def shapes_of(record: BatchSizes) -> Iterator[tuple[Bucket, int]]:
    for each in record.buckets:
        yield Bucket(each.upto_s, each.upto_tokens), each.batch_size


def test_a_try_that_fails_leaves_nothing_behind(canary: Calibrated, trial: Any) -> None:
    first, size = next(shapes_of(canary.record))
    assert trial.fits(first, size)
    peak = trial.memory.peak_bytes
    for bucket, fitting in shapes_of(canary.record):
        for too_many in (2 * fitting + 2, 3 * fitting + 2):
            assert not trial.fits(bucket, too_many)
        assert trial.fits(bucket, fitting)
    assert trial.fits(first, size)
    assert trial.memory.peak_bytes == peak


def test_another_error_is_not_taken_for_a_lack_of_memory(trial: Any) -> None:
    with pytest.raises(AssertionError):
        trial.fits(Bucket(1.0), 1)
    with pytest.raises((RuntimeError, IndexError, ValueError)):
        trial.fits(Bucket(1.0, 5000), 1)  # more tokens than the decoder has positions


def test_batches_of_the_data_fit_the_memory_that_was_measured(
    world: World, canary: Calibrated, trial: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What NeMo's loader makes of the sizes is no larger than what was tried."""
    from omegaconf import OmegaConf

    from train.plan import make_plan

    runtime.prepare()  # Lhotse warns of the buffer that NeMo gives it
    settings = [f"train_ds.batch_sizes={canary.path}"]
    run = world.config(world.model("canary").path, "none", *settings)
    plan = make_plan(run, open_archive(Path(run.model)))
    model = trial._model
    model.setup_training_data(OmegaConf.create(plan.facts.recipe.config["train_ds"]))
    sizes, current = set(), list[Any]()
    monkeypatch.setattr(trial, "_batch", lambda *_: current.pop())
    for batch in itertools.islice(iter(model._train_dl), 8):  # none is held beyond its step
        current.append(batch)
        sizes.add(len(batch.audio))
        assert trial.fits(Bucket(1.0, 1), 1)
    assert len(sizes) > 1


@pytest.fixture(scope="module")
def run_with_sizes(world: World, canary: Calibrated) -> tuple[TrainRun, list[BatchInfo]]:
    """A run with the measured sizes, and its batches."""
    from train.nemo.loader import Loader

    batches: list[BatchInfo] = []
    take = Loader.take

    def note(self: Loader) -> BatchInfo:
        batches.append(take(self))
        return batches[-1]

    settings = [f"train_ds.batch_sizes={canary.path}", "train_ds.num_workers=0"]
    run = world.config(world.model("canary").path, "run-sizes", *settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loader, "take", note)
        return fit(RunRequest(run)), batches


def test_a_run_draws_batches_of_the_measured_sizes(
    canary: Calibrated, run_with_sizes: tuple[TrainRun, list[BatchInfo]]
) -> None:
    run, batches = run_with_sizes
    assert run.record.steps == len(batches) == 6
    for batch in batches:
        holding = [b for b in canary.record.buckets if b.upto_s >= batch.longest_s]
        assert len(batch.ids) <= holding[0].batch_size
    assert max(len(batch.ids) for batch in batches) > canary.record.buckets[-1].batch_size


def test_sizes_hold_for_the_model_that_was_trained_with_them(
    world: World, canary: Calibrated, run_with_sizes: tuple[TrainRun, list[BatchInfo]]
) -> None:
    trained = run_with_sizes[0].folder / "model.nemo"
    settings = [f"train_ds.batch_sizes={canary.path}", "trainer.max_steps=3"]
    again = fit(RunRequest(world.config(trained, "run-on", *settings)))
    assert again.record.steps == 3


def test_a_gpu_that_is_full_in_spite_of_the_sizes_is_measured_again(
    world: World, canary: Calibrated
) -> None:
    from train.nemo.guard import out_of_memory
    from train.nemo.loader import NOTHING

    settings = [f"train_ds.batch_sizes={canary.path}"]
    run = world.config(world.model("canary").path, "none", *settings)
    (fault,) = out_of_memory(run, NOTHING, validating=False).faults
    assert fault.where == str(canary.path)
    assert "train calibrate --memory" in fault.hint


def test_sizes_of_another_model_are_refused_before_the_run(
    world: World, canary: Calibrated
) -> None:
    settings = [f"train_ds.batch_sizes={canary.path}"]
    config = world.config(world.model("ctc").path, "run-other", *settings)
    with pytest.raises(ConfigError, match="measured for a EncDecMultiTaskModel"):
        fit(RunRequest(config))
    assert not config.out.exists()


@pytest.mark.parametrize("kind", ["ctc", "unified"])
def test_other_models_are_measured_by_duration(world: World, kind: Kind, tmp_path: Path) -> None:
    settings = ["train_ds.max_duration=1.3", "trainer.devices=2", "train_ds.num_workers=1"]
    run = world.config(world.model(kind).path, "none", *settings)
    lines: list[str] = []
    record = calibrate(CalibrateRequest(run, tmp_path / "s.json", MEMORY), lines.append)
    assert [bucket.upto_s for bucket in record.buckets] == [0.8, 1.2, 1.3]
    assert len(lines) == 3
    assert record.kind == "1d"
    assert record.distributed
    assert record.buckets[0].batch_size >= record.buckets[-1].batch_size


def test_too_little_memory_is_named(world: World, tmp_path: Path) -> None:
    run = world.config(world.model("ctc").path, "none")
    with pytest.raises(ConfigError, match="does not fit"):
        calibrate(CalibrateRequest(run, tmp_path / "s.json", 100_000))
    assert not (tmp_path / "s.json").exists()


def test_the_command_measures_and_a_plan_takes_it(world: World, tmp_path: Path) -> None:
    common = ["--data", world.data, "--model", world.model("ctc").path]
    common += ["--recipe", world.folder / "recipe.yaml"]
    out = tmp_path / "sizes.json"
    done = invoke("calibrate", *common, "--memory", "12MB", "--out", out, "--json")
    assert done["schema"] == "train.batch_sizes/1"
    assert done == json.loads(out.read_text(encoding="utf-8"))
    plan = invoke("plan", *common, "--batch-sizes", out, "--json")
    sizes = plan["config"]["train_ds"]["bucket_batch_size"]
    assert sizes == [bucket["batch_size"] for bucket in done["buckets"]]


def invoke(*arguments: object) -> dict[str, Any]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
