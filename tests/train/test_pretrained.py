"""Which archive a name means: a file, a run's folder, a checkpoint in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from curate.errors import CurateError
from tests.train.planted import write_model
from train.pretrained import archive_of
from train.recipe.behaviors import of_config

RUN = """\
model: {model}
data: shards
out: run
trainer: {{max_steps: 4, val_check_interval: 2}}
optim: {{lr: 1e-4, warmup_steps: 1, min_lr: 1e-6}}
train_ds: {{batch_duration: 60}}
"""


@pytest.fixture
def run_folder(tmp_path: Path) -> Callable[..., Path]:
    """A run's folder with a checkpoint; its model.nemo only where the run is complete."""

    def write(*, complete: bool, more: str = "") -> Path:
        folder = tmp_path / "run"
        (folder / "checkpoints").mkdir(parents=True)
        (folder / "checkpoints/last.ckpt").write_bytes(b"")
        text = RUN.format(model=write_model(tmp_path / "first.nemo")) + more
        (folder / "config.yaml").write_text(text, encoding="utf-8")
        if complete:
            write_model(folder / "model.nemo")
        return folder

    return write


def test_a_file_is_itself(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.nemo")
    assert (archive_of(str(path)).path, archive_of(str(path)).checkpoint) == (path, None)


def test_a_folder_of_a_run_is_its_model(run_folder: Callable[..., Path]) -> None:
    folder = run_folder(complete=True)
    assert archive_of(str(folder)).path == folder / "model.nemo"


@pytest.mark.parametrize(("complete", "named"), [(True, "model.nemo"), (False, "first.nemo")])
def test_a_checkpoint_has_the_weights_of_its_runs_model(
    run_folder: Callable[..., Path], complete: bool, named: str
) -> None:
    checkpoint = run_folder(complete=complete) / "checkpoints/last.ckpt"
    archive = archive_of(str(checkpoint))
    assert (archive.path.name, archive.checkpoint) == (named, checkpoint)


def test_a_checkpoint_of_an_unfinished_run_has_its_behaviours(
    run_folder: Callable[..., Path],
) -> None:
    pair = 'behaviors: {verbatim: {on: "<|spltoken0|>", off: "<|spltoken1|>"}}\n'
    folder = run_folder(complete=False, more=pair)
    archive = archive_of(str(folder / "checkpoints/last.ckpt"))
    assert list(of_config(archive.config)) == ["verbatim"]


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match="not a folder of `train run`"):
        archive_of(str(tmp_path))


def test_a_run_that_is_not_complete(run_folder: Callable[..., Path]) -> None:
    with pytest.raises(CurateError, match="the run is not complete"):
        archive_of(str(run_folder(complete=False)))


def test_a_checkpoint_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "foreign.ckpt").write_bytes(b"")
    with pytest.raises(CurateError, match="lies in no folder of `train run`"):
        archive_of(str(tmp_path / "foreign.ckpt"))


def test_a_checkpoint_whose_tokenizer_nothing_holds(run_folder: Callable[..., Path]) -> None:
    folder = run_folder(complete=False, more="tokenizer: {update: {dir: new}}\n")
    with pytest.raises(CurateError, match="nothing holds the new one"):
        archive_of(str(folder / "checkpoints/last.ckpt"))
