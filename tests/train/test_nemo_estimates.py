"""The plan's estimates of disk and of buffers, against a run on real NeMo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curate.nemo.archive import open_archive
from tests.train.world import NEMO, World
from train.plan import Plan, make_plan
from train.plan.demand import GIB
from train.plan.host import CUT_BYTES
from train.runs import runtime

pytestmark = NEMO


def plan_of(world: World, *settings: str) -> Plan:
    run = world.config(world.model("canary").path, "none", *settings)
    return make_plan(run, open_archive(Path(run.model)))


def test_the_disk_of_a_run_is_what_the_plan_states(world: World) -> None:
    folder = world.run("canary").folder
    estimate = plan_of(world).facts.demand.disk_gib * GIB
    weights = open_archive(world.model("canary").path).weights_bytes
    best = [path.stat().st_size for path in (folder / "checkpoints").glob("step*.ckpt")]
    last, model = (folder / "checkpoints/last.ckpt").stat(), (folder / "model.nemo").stat()
    assert best == [pytest.approx(weights, rel=0.02)] * 3
    assert last.st_size <= 3 * weights
    peak = sum(best) + best[0] + last.st_size + max(last.st_size, model.st_size)
    assert 0.85 * estimate <= peak <= estimate


@pytest.mark.parametrize("is_2d", [True, False])
def test_the_buffer_of_a_worker_is_what_the_plan_states(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_2d: bool
) -> None:
    """Lhotse adds both buffers up, and fills them before the first batch."""
    from lhotse.dataset.sampling.dynamic_bucketing import DynamicBucketer
    from omegaconf import OmegaConf

    from train.nemo.model import restore

    filled: list[list[Any]] = []
    collect = DynamicBucketer._collect_cuts_in_buckets

    def note(self: Any, cuts: int) -> None:
        collect(self, cuts)
        filled.append([cut for bucket in self.buckets for (cut,) in bucket.queue])

    monkeypatch.setattr(DynamicBucketer, "_collect_cuts_in_buckets", note)
    runtime.prepare()
    buckets = ["train_ds.buckets=2d"] if is_2d else []
    plan = plan_of(world, *buckets, "train_ds.shuffle_buffer_size=5")
    model = restore(plan.facts.archive, plan.facts.recipe.config).model
    model.setup_training_data(OmegaConf.create(plan.facts.recipe.config["train_ds"]))
    next(iter(model._train_dl))
    host = plan.facts.host
    assert len(filled[0]) == host.buffered_cuts == 18 + 5
    audio = sum(len(cut.recording.sources[0].source) for cut in filled[0])
    assert audio <= host.buffer_bytes - 23 * CUT_BYTES <= 1.5 * audio
