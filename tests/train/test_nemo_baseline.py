"""A run validates before step 1, and what it makes worse it does not keep; on real NeMo."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

import train.cli
from tests.lines import lines_of
from tests.train.world import NEMO, World, saved_weights
from train.artifacts.run import Run
from train.fit import RunRequest, TrainRun, fit
from train.plan import make_plan
from train.pretrained import archive_of
from train.runs.job import Observer
from train.runs.signals import Interrupted
from train.tiny import Kind

pytestmark = NEMO

RUINED = ("optim.lr=10", "optim.min_lr=10", "optim.warmup_steps=0", "checkpoints.monitor=val_loss")


@pytest.fixture(scope="module", autouse=True)
def no_rate_is_refused() -> Iterator[None]:
    """The plan refuses rates that ruin a model for sure, and these tests need one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("train.plan.checks_run.LARGEST_LR", math.inf)
        yield


@pytest.fixture(scope="module")
def ruined(world: World) -> TrainRun:
    return fit(RunRequest(world.config(world.model("ctc").path, "ruined", *RUINED)))


def test_a_run_starts_with_the_error_rate_of_the_original(world: World) -> None:
    record = world.run("canary").record
    assert record.baseline is not None
    assert record.baseline.step == 0
    assert record.baseline.val_wer is not None
    assert record.baseline.val_loss is not None
    assert (world.run("canary").folder / "checkpoints").is_dir()


def test_what_ends_worse_than_it_started_keeps_the_original(world: World, ruined: TrainRun) -> None:
    record = ruined.record
    assert record.baseline is not None
    assert record.best is not None
    assert (record.best.step, record.best.val_loss) == (0, record.baseline.val_loss)
    assert (ruined.folder / record.best.checkpoint).is_file()
    before, after = (
        saved_weights(world.model("ctc").path),
        saved_weights(ruined.folder / "model.nemo"),
    )
    assert [name for name in before if (before[name] != after[name]).any()] == []
    assert ruined.failed is not None
    assert ruined.failed.exit_code == 1
    assert "ended worse than it started: val_loss was" in str(ruined.failed)
    assert "model.nemo holds the original weights" in str(ruined.failed)
    assert any("ended worse" in finding.what for finding in record.findings)


def test_the_command_exits_1_and_writes_all(world: World) -> None:
    out = world.folder / "ruined-command"
    arguments = ["run", "--recipe", str(world.folder / "recipe.yaml"), "--data", str(world.data)]
    arguments += ["--model", str(world.model("ctc").path), "--out", str(out)]
    for each in (*RUINED, "checkpoints.export=last"):
        arguments += ["--set", each]
    done = CliRunner().invoke(train.cli.app, arguments)
    assert done.exit_code == 1
    assert (out / "model.nemo").is_file()
    assert "before training" in (out / "report.html").read_text(encoding="utf-8")
    assert Run.file in {path.name for path in out.iterdir()}


def test_a_run_that_does_not_get_worse_passes(world: World) -> None:
    settings = ("checkpoints.monitor=val_loss", "optim.lr=1e-3")
    run = fit(RunRequest(world.config(world.model("ctc").path, "better", *settings)))
    assert run.failed is None
    assert run.record.best is not None
    assert run.record.best.step > 0


@pytest.mark.parametrize("step", [1, 4])
def test_a_resumed_run_reads_the_baseline_from_its_directory(
    world: World, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    from train.nemo.callbacks import Freezing

    def kill(self: Any, trainer: Any, model: Any, *given: Any) -> None:
        if trainer.global_step == step:
            os.kill(os.getpid(), signal.SIGTERM)

    lines: list[str] = []
    config = world.config(world.model("ctc").path, f"resumed-{step}")
    with monkeypatch.context() as patch:
        patch.setattr(Freezing, "on_train_batch_end", kill, raising=False)
        with pytest.raises(Interrupted):
            fit(RunRequest(config), Observer(lines.append))
    assert [line for line in lines if line.startswith("before step 1: validation")]
    resumed: list[str] = []
    run = fit(RunRequest(config, resume=True), Observer(resumed.append))
    assert not [line for line in resumed if line.startswith("before step 1: validation")]
    assert run.record.baseline is not None
    assert (run.record.baseline.step, run.record.resumed_at) == (0, (step,))
    assert list((config.out / "checkpoints").glob("step=0-*"))


@pytest.mark.parametrize("kind", ["canary", "ctc", "rnnt"])
def test_most_validations_decode_a_sample_and_some_all(world: World, kind: Kind) -> None:
    settings = (
        "trainer.limit_val_batches=1", "validation_ds.batch_size=2", "trainer.val_check_interval=1",
        "trainer.max_steps=3", "validation_ds.full_every=2",
    )  # fmt: skip
    run = fit(RunRequest(world.config(world.model(kind).path, f"sample-{kind}", *settings)))
    record = run.record
    assert record.baseline is not None
    points = [record.baseline, *record.validation]
    assert [point.step for point in points] == [0, 1, 2, 3]
    assert [point.step for point in points if "full" in point.also] == [0, 2, 3]
    assert all(point.val_wer is not None for point in points)
    assert all(isinstance(point.also["full"], float) for point in points if point.also)
    sample, full = record.validation_sets
    assert [(part.stratum[0], part.rows, part.of_rows) for part in sample.strata] == [
        ("de", 1, 3),
        ("en", 1, 3),
    ]
    assert [(part.rows, part.of_rows) for part in full.strata] == [(3, 3), (3, 3)]
    manifests = run.folder / "validation"
    rows = {path.stem: len(lines_of(path.read_text("utf-8"))) for path in manifests.iterdir()}
    assert rows == {"eval": 2, "full": 6}


def test_a_plan_tells_what_validation_costs(world: World) -> None:
    config = world.config(world.model("ctc").path, "planned", "trainer.limit_val_batches=1")
    planned = make_plan(config, archive_of(config.model)).record().validation
    assert [each.name for each in planned.sets] == ["eval", "full"]
    assert (planned.validations, planned.full_validations) == (3, 2)
    assert 0 < planned.time_share < 1
    assert all(1 <= each.padding <= each.padding_in_order for each in planned.sets)
