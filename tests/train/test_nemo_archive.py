"""A saved archive holds what the original held: every member, and every parameter."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from curate.nemo.archive import open_archive
from curate.nemo.members import artifacts_of
from tests.train.world import NEMO, World
from train.config import RunConfig
from train.fit import RunRequest, TrainRun, fit
from train.plan import make_plan
from train.pretrained import archive_of

pytestmark = NEMO

CHANGED = {"model_config.yaml", "model_weights.ckpt"}
TIMESTAMPS = ("timestamps_asr_model_config.yaml", "timestamps_asr_model_weights.ckpt")


def add_timestamps_model(canary: Path, ctc: Path, folder: Path) -> Path:
    """A Canary with a CTC model inside, named as NeMo's Canary looks for it, and a note.

    NeMo's own `save_to` writes no such model: its connector writes a folder under these names, and
    both folders make one archive.
    """
    from nemo.collections.asr.models import ASRModel
    from nemo.core.connectors.save_restore_connector import SaveRestoreConnector

    parts = folder / "parts"
    parts.mkdir()
    connector = SaveRestoreConnector()
    connector.model_config_yaml, connector.model_weights_ckpt = TIMESTAMPS
    connector.pack_nemo_file = False
    model = ASRModel.restore_from(str(ctc), map_location="cpu")
    connector.save_to(model, str(parts / "unused.nemo"))
    (parts / "notes").mkdir()
    (parts / "notes/origin.bin").write_bytes(bytes(range(256)))
    with tarfile.open(canary) as tar:
        tar.extractall(parts, filter="data")
    path = folder / "with-timestamps.nemo"
    with tarfile.open(path, "w:") as tar:
        tar.add(parts, arcname=".")
    return path


def contents(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        files = {m.name.removeprefix("./"): tar.extractfile(m) for m in tar if m.isfile()}
        return {name: file.read() for name, file in files.items() if file}


@dataclass(frozen=True)
class Carried:
    """The archive with a timestamps model, a run of it, and the models inside while it trained."""

    original: Path
    run: TrainRun
    in_memory: tuple[object, ...]

    @property
    def saved(self) -> Path:
        return self.run.folder / "model.nemo"


@pytest.fixture(scope="module", params=["canary", "unified"])
def carried(
    world: World, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Carried:
    from train.nemo.callbacks import Freezing

    seen: list[object] = []
    before = Freezing.on_train_batch_start

    def look(self: Any, trainer: Any, model: Any, batch: Any, index: int) -> None:
        seen.append(model.timestamps_asr_model)
        before(self, trainer, model, batch, index)

    kind, folder = request.param, tmp_path_factory.mktemp("carried")
    original = add_timestamps_model(world.model(kind).path, world.model("ctc").path, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Freezing, "on_train_batch_start", look)
        run = fit(RunRequest(world.config(original, f"carried-{kind}", "trainer.max_steps=3")))
    return Carried(original, run, tuple(seen))


def test_a_saved_archive_has_the_members_of_the_original(carried: Carried) -> None:
    before, after = contents(carried.original), contents(carried.saved)
    assert after.keys() == before.keys()
    assert {"notes/origin.bin", *TIMESTAMPS} <= after.keys()
    assert {name for name in before if before[name] != after[name]} == CHANGED
    inner = artifacts_of(open_archive(carried.saved).other_configs[TIMESTAMPS[0]])
    assert inner
    assert inner <= after.keys()  # the tokenizer of the model inside


def test_a_saved_archive_has_the_parameters_of_the_original(carried: Carried) -> None:
    import torch

    def shapes(path: Path) -> dict[str, Any]:
        with tarfile.open(path) as tar:
            weights: dict[str, Any] = torch.load(tar.extractfile("./model_weights.ckpt"))
        return {name: (value.shape, value.dtype) for name, value in weights.items()}

    assert shapes(carried.saved) == shapes(carried.original)


def test_the_timestamps_model_is_not_in_memory_while_training(carried: Carried) -> None:
    assert carried.in_memory == (None,) * 3


def test_plain_nemo_restores_the_timestamps_model_of_a_saved_archive(
    world: World, carried: Carried
) -> None:
    from nemo.collections.asr.models import ASRModel

    model = ASRModel.restore_from(str(carried.saved), map_location="cpu")
    alone = ASRModel.restore_from(str(world.model("ctc").path), map_location="cpu").state_dict()
    inner = model.timestamps_asr_model.state_dict()
    assert inner.keys() == alone.keys()
    assert all((inner[name] == alone[name]).all() for name in alone)
    assert "restore_timestamps_model" not in model.cfg


def test_only_the_trained_model_is_counted(world: World, carried: Carried) -> None:
    alone = world.model("canary" if carried.run.folder.name.endswith("canary") else "unified")
    record = carried.run.record.model
    assert record.parameters == record.matched_parameters == alone.parameters
    plans = [make_plan(c, archive_of(c.model)) for c in configs(world, alone.path, carried)]
    assert len({plan.facts.demand.parameters for plan in plans}) == 1
    assert len({plan.facts.demand.memory_gib for plan in plans}) == 1


def configs(world: World, alone: Path, carried: Carried) -> list[RunConfig]:
    return [world.config(path, "planned") for path in (alone, carried.original)]


def test_a_run_takes_no_more_room_than_planned(world: World, carried: Carried) -> None:
    config = world.config(carried.original, "planned")
    demand = make_plan(config, archive_of(config.model)).facts.demand
    files = [*carried.run.folder.rglob("*.ckpt"), carried.saved]
    used = sum(path.stat().st_size for path in files) / 2**30
    assert demand.disk_gib / 4 < used < demand.disk_gib
