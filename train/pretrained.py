"""A model as a person names it, to its vetted archive."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from curate.errors import ConfigError
from curate.nemo.archive import Archive, open_archive
from train.config import load_config
from train.recipe import with_behaviors
from train.runs import runtime
from train.runs.folder import CONFIG

MODEL = "model.nemo"
CHECKPOINT = ".ckpt"


def archive_of(model: str) -> Archive:
    """The vetted archive of `model`.

    A .nemo file; a folder of `train run`, for its model.nemo; a checkpoint in such a folder, whose
    weights then count; else the name of a pretrained model, which is downloaded.
    """
    path = Path(model)
    if path.suffix == CHECKPOINT:
        return _of_checkpoint(path)
    if path.is_dir():
        return _of_run(path)
    if not (path.exists() or path.suffix == ".nemo"):
        with runtime.importing():
            from train.nemo.model import download

        path = download(model)
    return open_archive(path)


def _of_run(folder: Path) -> Archive:
    if not (folder / CONFIG).is_file():
        raise ConfigError.of(folder, f"holds no {CONFIG}: it is not a folder of `train run`")
    if not (folder / MODEL).is_file():
        hint = "name one of its checkpoints, or go on with --resume"
        raise ConfigError.of(folder, f"holds no {MODEL}: the run is not complete", hint)
    return open_archive(folder / MODEL)


def _of_checkpoint(path: Path) -> Archive:
    """A checkpoint has only weights; its run's folder names the model.

    Checkpoints of others are refused: reading them may run code.
    """
    folder = path.absolute().parent.parent
    if not (folder / CONFIG).is_file():
        what = f"lies in no folder of `train run` ({CONFIG} is not beside its folder)"
        raise ConfigError.of(path, what, "take a .nemo file; Lightning's own files can run code")
    if (folder / MODEL).is_file():
        return replace(open_archive(folder / MODEL), checkpoint=path)
    run = load_config(folder / CONFIG)
    if run.tokenizer.update:
        what = "its run exchanges the tokenizer and is not complete, so nothing holds the new one"
        raise ConfigError.of(path, what, "go on with --resume, then take its model.nemo")
    if run.adapter:
        what = "its run adds an adapter and is not complete, so no archive has a place for it"
        raise ConfigError.of(path, what, "go on with --resume, then take its model.nemo")
    archive = archive_of(run.model)
    return replace(archive, config=with_behaviors(archive, run), checkpoint=path)
