"""`train average` on real NeMo: the mean of the best checkpoints, chosen where it is better."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.artifacts.base import read_artifact
from curate.errors import ConfigError
from tests.train.world import NEMO, World, saved_weights
from train.artifacts.average import Average
from train.average import AverageRequest, average
from train.fit import RunRequest, TrainRun, fit

pytestmark = NEMO


@pytest.fixture(scope="module")
def run(world: World) -> TrainRun:
    settings = ("freeze.decoder=true", "trainer.val_check_interval=2", "optim.lr=1e-4")
    return fit(RunRequest(world.config(world.model("canary").path, "to-average", *settings)))


@pytest.mark.parametrize("is_better", [True, False])
def test_the_average_is_chosen_where_it_is_better(
    run: TrainRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_better: bool
) -> None:
    import train.scoring.against
    from train.nemo.checkpoints import WholeCheckpoints

    conclusion = "better" if is_better else "no measurable difference"
    monkeypatch.setattr(train.scoring.against, "conclude", lambda low, high: conclusion)
    record = average(AverageRequest(run.folder, tmp_path / "average", top=2))
    assert read_artifact(tmp_path / "average", Average) == record
    assert (record.chosen, record.change.conclusion) == (
        ("average", conclusion) if is_better else ("best", conclusion)
    )
    points = sorted(run.record.validation, key=lambda each: (each.val_wer, each.val_loss))
    assert [each.step for each in record.checkpoints] == [each.step for each in points[:2]]
    assert record.utterances == 6
    written = saved_weights(tmp_path / "average/model.nemo")
    best = saved_weights(run.folder / "model.nemo")
    first, second = (
        WholeCheckpoints().load_checkpoint(run.folder / each.file)["state_dict"]
        for each in record.checkpoints
    )
    assert any((first[name] != second[name]).any() for name in first)
    for name, value in written.items():
        mean = (first[name].double() + second[name].double()) / 2
        expected = mean.to(value.dtype) if value.is_floating_point() else first[name]
        assert (value == (expected if is_better else best[name])).all(), name
        if name.startswith("transf_decoder."):
            assert (value == best[name]).all()  # the same in all checkpoints


def test_a_single_checkpoint_and_a_run_that_is_not_complete_are_refused(
    run: TrainRun, tmp_path: Path
) -> None:
    import shutil

    folder = tmp_path / "run"
    shutil.copytree(run.folder, folder)
    for each in sorted((folder / "checkpoints").glob("step=*"))[1:]:
        each.unlink()
    with pytest.raises(ConfigError, match="2 are the least"):
        average(AverageRequest(folder, tmp_path / "average"))
    (folder / "run.json").unlink()
    with pytest.raises(ConfigError, match="not complete"):
        average(AverageRequest(folder, tmp_path / "average"))
    assert not (tmp_path / "average").exists()
