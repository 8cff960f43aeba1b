"""What is validated on real NeMo: the moving average of weights, and beam search."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
import torch

from curate.nemo.archive import open_archive
from tests.train.world import NEMO, World, saved_weights
from train.fit import RunRequest, TrainRun, fit
from train.runs.signals import Interrupted

pytestmark = NEMO

DECAY = 0.75
SETTINGS = (
    f"optim.ema_decay={DECAY}",
    "checkpoints.export=last",
    "trainer.max_steps=4",
    "trainer.val_check_interval=2",
    "optim.lr=1e-2",
)


def weights(run: TrainRun) -> dict[str, Any]:
    return saved_weights(run.folder / "model.nemo")


def test_the_average_is_validated_saved_and_resumed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train.nemo.callbacks import Freezing
    from train.nemo.checkpoints import WholeCheckpoints
    from train.nemo.ema import WeightAverage
    from train.nemo.full import FullValidation

    steps: list[dict[str, Any]] = []
    validated: list[dict[str, Any]] = []

    def trained(model: Any) -> dict[str, Any]:
        return {name: value.detach().clone() for name, value in model.state_dict().items()}

    def note(self: Any, trainer: Any, model: Any, outputs: Any, batch: Any, index: int) -> None:
        steps.append(trained(model))

    def validate(self: Any, trainer: Any, model: Any, *given: Any) -> None:
        if given[2] == 0:
            validated.append(trained(model))

    model = world.model("canary").path
    with monkeypatch.context() as patch:
        patch.setattr(Freezing, "on_train_batch_end", note, raising=False)
        patch.setattr(FullValidation, "on_validation_batch_end", validate, raising=False)
        whole = fit(RunRequest(world.config(model, "averaged", *SETTINGS)))
    assert len(steps) == 4
    names = [name for name, _ in open_model(model).named_parameters(remove_duplicate=False)]
    averages = [{name: validated[0][name] for name in names}]  # before step 1
    for weights_of_step in steps:
        before = averages[-1]
        averages.append(
            {name: torch.lerp(before[name], weights_of_step[name], 1 - DECAY) for name in names}
        )
    for number, step in enumerate((0, 2, 4)):
        assert not differing(averages[step], validated[number])
    assert differing(averages[4], steps[3])
    assert not differing(averages[4], weights(whole))
    for step in (2, 4):
        (path,) = (whole.folder / "checkpoints").glob(f"step={step}-*.ckpt")
        saved = WholeCheckpoints().load_checkpoint(path)["state_dict"]
        assert not differing(averages[step], saved)
    last = WholeCheckpoints().load_checkpoint(whole.folder / "checkpoints/last.ckpt")
    assert not differing({name: steps[3][name] for name in names}, last["state_dict"])

    def kill(self: Any, trainer: Any, module: Any, outputs: Any, batch: Any, index: int) -> None:
        if trainer.global_step == 3 and not sent:
            sent.append(3)
            os.kill(os.getpid(), signal.SIGTERM)

    sent: list[int] = []
    config = world.config(model, "averaged-stopped", *SETTINGS)
    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(Freezing, "on_train_batch_end", kill, raising=False)
        fit(RunRequest(config))
    resumed = fit(RunRequest(config, resume=True))
    assert not differing(weights(whole), weights(resumed))
    assert resumed.record.validation == whole.record.validation
    assert WeightAverage(DECAY).state_dict() == {"average": {}}


def open_model(path: Any) -> Any:
    from train.nemo import model

    return model.restore(open_archive(path)).model


def differing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [name for name in before if not torch.allclose(before[name], after[name], atol=1e-6)]


def test_a_beam_is_for_validations_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from nemo.collections.asr.models import EncDecMultiTaskModel

    seen: list[tuple[str, str, int]] = []

    def noting(name: str) -> None:
        original = getattr(EncDecMultiTaskModel, name)

        def note(self: Any, *given: Any, **named: Any) -> Any:
            decoding = self.cfg.decoding
            seen.append((name, decoding.strategy, decoding.beam.beam_size))
            return original(self, *given, **named)

        monkeypatch.setattr(EncDecMultiTaskModel, name, note)

    noting("training_step")
    noting("validation_pass")
    model = world.model("canary").path
    before = open_archive(model).config["decoding"]
    settings = ("validation_ds.beam=3", "trainer.max_steps=2", "trainer.val_check_interval=2")
    run = fit(RunRequest(world.config(model, "beam", *settings)))
    assert {(name, strategy) for name, strategy, _ in seen} == {
        ("training_step", before["strategy"]),
        ("validation_pass", "beam"),
    }
    assert {size for name, _, size in seen if name == "validation_pass"} == {3}
    assert all(point.val_wer is not None for point in run.record.validation)
    assert open_archive(run.folder / "model.nemo").config["decoding"] == before
