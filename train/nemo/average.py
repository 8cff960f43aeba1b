"""The mean of several checkpoints' weights, as NeMo's checkpoint_averaging script takes it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import torch

from curate.artifacts.outputs import whole_file
from curate.nemo.archive import Archive
from train.nemo.checkpoints import WholeCheckpoints
from train.nemo.model import restore, save


def save_average(archive: Archive, checkpoints: Sequence[Path], path: Path) -> None:
    """Write the archive with the mean of the checkpoints' weights, the best checkpoint first."""
    model = restore(archive).model
    model.load_state_dict(average_weights(checkpoints))
    save(model, path)


def copy_model(archive: Archive, path: Path) -> None:
    """Write the archive's model; with the weights of its checkpoint where it has one."""
    if archive.checkpoint:
        save(restore(archive).model, path)
        return
    with whole_file(path) as beside:
        shutil.copyfile(archive.path, beside)


def average_weights(checkpoints: Sequence[Path]) -> dict[str, torch.Tensor]:
    """The mean of each floating-point tensor; others are those of the first checkpoint.

    Sums have 64 bits, so that a weight that is the same in all stays the same.
    """
    read = (WholeCheckpoints().load_checkpoint(path)["state_dict"] for path in checkpoints)
    first = next(read)
    sums = {name: value.double() for name, value in first.items() if value.is_floating_point()}
    for weights in read:
        for name, total in sums.items():
            total += weights[name]
    means = {name: (sums[name] / len(checkpoints)).to(first[name].dtype) for name in sums}
    return {**first, **means}
