"""Adapters on real NeMo: trained in place of the model, saved with it, switched off again."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
import torch

from curate.nemo.archive import open_archive
from tests.train.world import NEMO, World
from train.evaluate import EvalRequest, evaluate
from train.fit import RunRequest, TrainRun, fit
from train.plan import make_plan
from train.runs.signals import Interrupted

pytestmark = NEMO

SETTINGS = (
    "adapter={name: calls, dim: 4}",
    "optim.lr=1e-2",
    "trainer.max_steps=4",
    "trainer.val_check_interval=2",
)


@pytest.fixture(scope="module")
def run(world: World) -> TrainRun:
    settings = (*SETTINGS, "checkpoints.export=last")
    return fit(RunRequest(world.config(world.model("canary").path, "adapted", *settings)))


def restored(run: TrainRun) -> Any:
    from train.nemo import model

    return model.restore(open_archive(run.folder / "model.nemo")).model.eval()


def test_only_the_adapter_is_trained(world: World, run: TrainRun) -> None:
    from train.nemo import model

    before = model.restore(open_archive(world.model("canary").path)).model.state_dict()
    after = restored(run).state_dict()
    added = after.keys() - before.keys()
    assert added
    assert all(".adapter_layer.calls." in name for name in added)
    assert [name for name in before if (before[name] != after[name]).any()] == []
    assert all(bool(after[name].abs().sum()) for name in added if name.endswith("3.weight"))
    config = world.config(world.model("canary").path, "counted-adapter", *SETTINGS)
    counted = make_plan(config, open_archive(world.model("canary").path)).facts.trainable
    assert counted is not None
    assert counted.at_end == run.record.model.trainable_parameters
    assert counted.parameters == run.record.model.parameters
    assert counted.parameters - counted.at_end == run.record.model.matched_parameters


def test_an_adapter_that_is_switched_off_leaves_the_original(world: World, run: TrainRun) -> None:
    from train.nemo import model

    original = model.restore(open_archive(world.model("canary").path)).model.eval()
    adapted = restored(run)
    audio = {"audio_signal": torch.randn(1, 80, 100), "length": torch.tensor([100])}
    with torch.no_grad():
        expected = original.encoder(**audio)[0]
        changed = adapted.encoder(**audio)[0]
        adapted.set_enabled_adapters(name="calls", enabled=False)
        switched_off = adapted.encoder(**audio)[0]
    assert not torch.equal(changed, expected)
    assert torch.equal(switched_off, expected)


def test_a_saved_adapter_is_evaluated_and_not_added_again(world: World, run: TrainRun) -> None:
    model = run.folder / "model.nemo"
    done = evaluate(EvalRequest(str(model), [world.data / "eval.jsonl"], run.folder / "eval"))
    assert done.rows == 6
    again = world.config(model, "adapted-again", *SETTINGS)
    plan = make_plan(again, open_archive(model))
    assert [each.code for each in plan.of("error")] == ["no-adapter"]


def test_an_adapter_is_resumed_bit_for_bit(
    world: World, run: TrainRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train.nemo.callbacks import Freezing

    def kill(self: Any, trainer: Any, model: Any, outputs: Any, batch: Any, index: int) -> None:
        if trainer.global_step == 1 and not sent:
            sent.append(1)
            os.kill(os.getpid(), signal.SIGTERM)

    sent: list[int] = []
    settings = (*SETTINGS, "checkpoints.export=last")
    config = world.config(world.model("canary").path, "adapted-stopped", *settings)
    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(Freezing, "on_train_batch_end", kill, raising=False)
        fit(RunRequest(config))
    resumed = fit(RunRequest(config, resume=True))
    before, after = restored(run).state_dict(), restored(resumed).state_dict()
    assert [name for name in before if (before[name] != after[name]).any()] == []


def test_the_original_weights_are_the_best_with_an_adapter_that_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train.nemo import fit as nemo_fit

    def first(recorder: Any, trainer: Any, monitor: str) -> tuple[Any, Any]:
        folder = world.folder / "adapted-worse/checkpoints"
        return recorder.baseline, next(folder.glob("step=0-*.ckpt"))

    monkeypatch.setattr(nemo_fit, "_best", first)
    settings = (*SETTINGS, "trainer.max_steps=2")
    config = world.config(world.model("canary").path, "adapted-worse", *settings)
    weights = restored(fit(RunRequest(config))).state_dict()
    last = [name for name in weights if ".adapter_layer." in name and "3.weight" in name]
    assert last
    assert not any(bool(weights[name].abs().sum()) for name in last)
