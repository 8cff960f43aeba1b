"""What is trained, and when, on real NeMo: frozen layers, unfreezing, gradient checkpointing."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from curate.nemo.archive import open_archive
from tests.train.world import NEMO, SIZES, World, saved_weights
from train.config import RunConfig
from train.fit import RunRequest, TrainRun, fit
from train.plan import make_plan
from train.runs.signals import Interrupted
from train.tiny import build_tiny

pytestmark = NEMO

UNFREEZING = (
    "freeze={encoder_layers: 1, decoder: true, unfreeze_at: {decoder: 2}}",
    "trainer.max_steps=4",
    "trainer.val_check_interval=2",
    "checkpoints.export=last",
    "optim.lr=1e-2",
    "optim.name=novograd",  # another optimiser is resumed as exactly
)


@pytest.fixture(scope="module")
def model(world: World) -> Path:
    """A Canary with two layers in its encoder."""
    path = world.folder / "two-layers.nemo"
    sizes = replace(SIZES, layers=2)
    return build_tiny(path, [world.data / "train.jsonl"], "canary", sizes, 0, None).path


def weights(run: TrainRun) -> dict[str, Any]:
    return saved_weights(run.folder / "model.nemo")


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {name for name in before if (before[name] != after[name]).any()}


def stop_behind(step: int, config: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run until the step, and stop as on SIGTERM."""
    from train.nemo.callbacks import Freezing

    def kill(self: Any, trainer: Any, module: Any, outputs: Any, batch: Any, index: int) -> None:
        if trainer.global_step == step and not sent:
            sent.append(step)
            os.kill(os.getpid(), signal.SIGTERM)

    sent: list[int] = []
    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(Freezing, "on_train_batch_end", kill, raising=False)
        fit(RunRequest(config))


def test_gradient_checkpointing_changes_no_number(
    world: World, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ("trainer.max_steps=3", "checkpoints.export=last", "model.encoder.dropout=0.2")
    plain = fit(RunRequest(world.config(model, "stored", *settings)))
    stop_behind(1, world.config(model, "computed", *settings), monkeypatch)
    more = "trainer.gradient_checkpointing=true"  # as after a full GPU
    computed = fit(RunRequest(world.config(model, "computed", *settings, more), resume=True))
    assert computed.record.resumed_at == (1,)
    assert changed(weights(plain), weights(computed)) == set()  # BatchNorm's statistics too
    assert plain.record.loss == computed.record.loss


def test_a_part_is_trained_from_its_step(
    world: World, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train.nemo.recorder import Recorder

    seen: list[dict[str, Any]] = []

    def keep(self: Any, trainer: Any, module: Any) -> None:
        seen.append({name: value.clone() for name, value in module.state_dict().items()})

    config = world.config(model, "unfreezing", *UNFREEZING)
    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "on_validation_start", keep)
        whole = fit(RunRequest(config))
    assert len(seen) == 3  # before step 1, and at 2 and 4
    for number, (before, after) in enumerate(pairwise(seen)):
        moved = changed(before, after)
        frozen = {name for name in moved if name.startswith(("encoder.pre", "encoder.layers.0."))}
        assert frozen
        assert all("batch_norm" in name for name in frozen)
        assert any(name.startswith("encoder.layers.1.") for name in moved)
        assert any(name.startswith("transf_decoder.") for name in moved) == (number == 1)
    counted = make_plan(config, open_archive(model)).facts.trainable
    assert counted is not None
    assert counted.parameters == whole.record.model.parameters
    assert counted.at_end == whole.record.model.trainable_parameters
    assert counted.at_start < counted.at_end < counted.parameters

    stopped = world.config(model, "unfreezing-stopped", *UNFREEZING)
    stop_behind(1, stopped, monkeypatch)
    resumed = fit(RunRequest(stopped, resume=True))
    assert changed(weights(whole), weights(resumed)) == set()
