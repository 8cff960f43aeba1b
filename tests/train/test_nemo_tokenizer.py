"""Real NeMo: another tokenizer for CTC and RNN-T, and the weights of a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curate.nemo.archive import CONFIG_NAME, WEIGHTS_NAME
from curate.nemo.members import artifacts_of
from tests.train.world import NEMO, World
from train.evaluate import EvalRequest, evaluate
from train.fit import RunRequest, fit
from train.plan.tokenizer import read_folder, read_tokenizer
from train.pretrained import archive_of
from train.tiny import Kind
from train.tiny.tokenizer import single

pytestmark = NEMO

TEXTS = {"all": ["ja nein doch", "yes no well", "doch ja", "well no yes"]}


def weights(model: str) -> dict[str, Any]:
    from train.nemo import model as nemo

    return dict(nemo.restore(archive_of(model)).model.state_dict())


@pytest.mark.parametrize("kind", ["ctc", "rnnt"])
def test_another_tokenizer_is_trained_saved_and_used(
    world: World, kind: Kind, tmp_path: Path
) -> None:
    new = Path(single(TEXTS, 24, tmp_path)["dir"])
    setting = f"tokenizer.update={{dir: {new}, type: bpe}}"
    settings = ("optim.lr=1e-4", "trainer.max_steps=2", "trainer.val_check_interval=2", setting)
    config = world.config(world.model(kind).path, f"new-{kind}", *settings)
    run = fit(RunRequest(config))
    saved = archive_of(str(run.folder))
    assert read_tokenizer(saved).differences(read_folder(new, "bpe")) == []
    assert saved.files.keys() - {CONFIG_NAME, WEIGHTS_NAME} == artifacts_of(saved.config)
    before, after = weights(str(world.model(kind).path)), weights(str(run.folder))
    assert all(before[n].shape == after[n].shape for n in before if n.startswith("encoder."))
    manifest = world.data / "eval.jsonl"
    done = evaluate(EvalRequest(str(run.folder), [manifest], tmp_path / "eval", batch_size=4))
    assert (done.rows, done.unscored) == (6, ())


def test_the_weights_of_a_checkpoint_take_the_archives_place(world: World) -> None:
    run = world.run("canary")
    checkpoints = sorted((run.folder / "checkpoints").glob("*.ckpt"))
    assert len(checkpoints) >= 2
    best = run.record.best
    assert best is not None
    checkpoint = run.folder / best.checkpoint
    exported, first = weights(str(run.folder)), weights(str(world.model("canary").path))
    taken = weights(str(checkpoint))
    assert all((taken[name] == exported[name]).all() for name in exported)
    assert any((taken[name] != first[name]).any() for name in first)
