"""Which checkpoints a run keeps, on real NeMo: the best, as many as asked for, also if resumed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from curate.errors import CurateError
from tests.train.world import NEMO, World
from train.config import RunConfig
from train.fit import RunRequest, TrainRun, fit

pytestmark = NEMO

LONGER = ("trainer.max_steps=9",)


def names(folder: Path) -> set[str]:
    return {path.name for path in (folder / "checkpoints").iterdir()}


@pytest.fixture(scope="module", params=[1, 3])
def killed(world: World, request: pytest.FixtureRequest) -> tuple[RunConfig, int]:
    """The configuration of a run that was killed between the validation of step 6 and step 7, and
    the checkpoints that it keeps; its directory was copied to `...-moved`.
    """
    from train.nemo.callbacks import Freezing

    before = Freezing.on_train_batch_start

    def kill(self: Any, trainer: Any, model: Any, batch: Any, index: int) -> None:
        if trainer.global_step == 6:
            raise CurateError.of("test", "killed")
        before(self, trainer, model, batch, index)

    most: int = request.param
    setting = f"checkpoints.save_top_k={most}"
    config = world.config(world.model("ctc").path, f"killed-{most}", *LONGER, setting)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(CurateError, match="killed"):
        patch.setattr(Freezing, "on_train_batch_start", kill)
        fit(RunRequest(config))
    shutil.copytree(config.out, moved(config))
    return config, most


def moved(config: RunConfig) -> Path:
    return config.out.with_name(f"{config.out.name}-moved")


def test_a_resumed_run_has_the_checkpoints_of_an_uninterrupted_one(
    world: World, killed: tuple[RunConfig, int]
) -> None:
    config, most = killed
    folder = config.out / "checkpoints"
    (folder / ".last.ckpt.99.tmp").write_bytes(b"half a checkpoint")  # killed while it was written
    resumed = fit(RunRequest(config, resume=True))
    assert resumed.record.resumed_at == (6,)
    setting = f"checkpoints.save_top_k={most}"
    path = world.model("ctc").path
    whole = fit(RunRequest(world.config(path, f"unkilled-{most}", *LONGER, setting)))
    assert names(config.out) == names(whole.folder)
    assert len(names(config.out)) == most + 1  # and last.ckpt
    assert resumed.record.best == whole.record.best


@pytest.mark.parametrize("killed", [3], indirect=True)
def test_a_run_that_was_moved_is_resumed_with_its_checkpoints(
    killed: tuple[RunConfig, int], tmp_path: Path
) -> None:
    before, config = killed[0], killed[0].model_copy(update={"out": moved(killed[0])})
    before.out.rename(tmp_path / "away")  # checkpoints are not found where they were
    try:
        run = fit(RunRequest(config, resume=True))
    finally:
        (tmp_path / "away").rename(before.out)
    assert len(names(run.folder)) == 4
    assert run.record.best is not None
    assert (run.folder / run.record.best.checkpoint).is_file()


@dataclass(frozen=True)
class Watched:
    """A run; the configurations that were copied in it, and the checkpoints as they were saved."""

    run: TrainRun
    copies: list[Any]
    saved: list[dict[str, Any]]


@pytest.fixture(scope="module")
def tied(world: World) -> Watched:
    """A run whose validations have one WER."""
    from nemo.core.classes.modelPT import ModelPT

    from train.nemo.checkpoints import WholeCheckpoints

    copies: list[Any] = []
    saved: list[dict[str, Any]] = []
    copy, save = ModelPT.hparams.fget, WholeCheckpoints.save_checkpoint
    settings = ("trainer.val_check_interval=1", "checkpoints.save_top_k=2", "optim.lr=1e-4")
    config = world.config(world.model("ctc").path, "tied", *settings)

    def copying(model: Any) -> Any:
        copies.append(copy(model))
        return copies[-1]

    def saving(self: Any, checkpoint: dict[str, Any], *more: Any, **options: Any) -> None:
        saved.append(checkpoint)
        save(self, checkpoint, *more, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ModelPT, "hparams", property(copying))
        patch.setattr(WholeCheckpoints, "save_checkpoint", saving)
        return Watched(fit(RunRequest(config)), copies, saved)


def test_the_configuration_is_copied_once_for_a_checkpoint(tied: Watched) -> None:
    stored = [checkpoint["hyper_parameters"] for checkpoint in tied.saved]
    assert len(stored) > 10
    assert all(any(each is copy for copy in tied.copies) for each in stored)
    assert len({id(each) for each in stored}) == len(stored)  # none is an earlier one's
    assert len(tied.copies) <= len(stored) + 3


def test_of_equal_wer_the_lower_loss_is_better(tied: Watched) -> None:
    run = tied.run
    points = sorted(run.record.validation, key=lambda each: (each.val_wer, each.val_loss))
    assert points[0].val_wer == points[1].val_wer == points[2].val_wer  # else this tests nothing
    assert points[0].step != min(point.step for point in points)
    assert run.record.best is not None
    assert run.record.best.step == points[0].step
    assert f"step={points[0].step}-" in run.record.best.checkpoint
    kept = {name.split("-")[0] for name in names(run.folder) - {"last.ckpt"}}
    assert kept == {f"step={point.step}" for point in points[:2]}
