"""Real NeMo: TDT and hybrid models on a CPU, with a loss that is checked against NeMo's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.train.world import NEMO, World
from train.evaluate import EvalRequest, evaluate
from train.plan import make_plan
from train.pretrained import archive_of
from train.runs import runtime
from train.tiny import Kind

pytestmark = NEMO

DURATIONS = (0, 1, 2, 3, 4)
TOKENS = 5
"""Tokens of the small loss; the blank is the next number."""


@pytest.mark.parametrize(
    ("durations", "frames", "labels", "sigma"),
    [
        (DURATIONS, (7, 5), (3, 2), 0.02),
        (DURATIONS, (4, 4), (4, 1), 0.0),
        ((0, 1), (3, 1), (2, 0), 0.05),  # a row without a token
        ((1, 2), (6, 6), (3, 3), 0.0),  # each token takes a frame
    ],
)
def test_the_loss_is_that_of_nemos_reference(
    durations: tuple[int, ...],
    frames: tuple[int, int],
    labels: tuple[int, int],
    sigma: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime.prepare()  # NeMo warns of what it imports
    import torch
    from nemo.collections.asr.losses.rnnt_pytorch import TDTLossPytorch

    from train.nemo.tdt import CpuTdtLoss

    monkeypatch.setattr(torch.Tensor, "cuda", lambda tensor: tensor)  # the reference insists on it
    torch.manual_seed(0)
    shape = 2, max(frames), max(labels) + 1, TOKENS + 1 + len(durations)
    acts = torch.randn(shape, requires_grad=True)
    lengths = torch.tensor(frames), torch.tensor(labels)
    targets = torch.randint(0, TOKENS, (2, max(labels)))
    reference = TDTLossPytorch(TOKENS, list(durations), "none", sigma)
    expected = reference(acts=acts, labels=targets, act_lens=lengths[0], label_lens=lengths[1])
    (expected_slope,) = torch.autograd.grad(expected.sum(), acts)
    loss = CpuTdtLoss(TOKENS, durations, sigma)(acts, targets, *lengths)
    (slope,) = torch.autograd.grad(loss.sum(), acts)
    assert loss.tolist() == pytest.approx(expected.tolist(), rel=1e-4)
    assert torch.allclose(slope, expected_slope, atol=1e-4)


@pytest.mark.parametrize("kind", ["tdt", "hybrid"])
def test_it_trains_and_is_evaluated_on_a_cpu(world: World, kind: Kind, tmp_path: Path) -> None:
    run = world.run(kind)
    plan = json.loads((run.folder / "plan.json").read_text(encoding="utf-8"))
    assert "tdt-on-cpu" in {finding["code"] for finding in plan["findings"]}
    losses = [point.train_loss for point in run.record.loss]
    assert all(isinstance(loss, float) and loss > 0 for loss in losses)
    manifest = world.data / "eval.jsonl"
    done = evaluate(EvalRequest(str(run.folder), [manifest], tmp_path / "eval", batch_size=4))
    assert (done.rows, done.unscored) == (6, ())


def test_both_heads_of_a_hybrid_are_trained(world: World) -> None:
    before, after = (
        weights(path) for path in (world.model("hybrid").path, world.run("hybrid").folder)
    )
    moved = {name.split(".")[0] for name in before if (before[name] != after[name]).any()}
    assert moved >= {"encoder", "decoder", "joint", "ctc_decoder"}


def weights(path: Path) -> dict[str, Any]:
    from train.nemo import model

    return dict(model.restore(archive_of(str(path))).model.state_dict())


def test_a_gpu_has_the_loss_of_nemo(world: World) -> None:
    config = world.config(world.model("tdt").path, "gpu", "trainer.accelerator=gpu")
    codes = {each.code for each in make_plan(config, archive_of(config.model)).findings}
    assert "tdt-on-cpu" not in codes
