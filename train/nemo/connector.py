"""How a model goes out of its archive and into another one: NeMo's own way, but nothing is lost."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from nemo.core.classes.modelPT import ModelPT
from nemo.core.connectors.save_restore_connector import SaveRestoreConnector
from omegaconf import DictConfig, OmegaConf, open_dict

from curate.artifacts.outputs import ROOM, full_disk_as_error
from curate.errors import InputError
from curate.nemo.archive import CONFIG_NAME, WEIGHTS_NAME, Archive, member_name
from curate.nemo.members import carried_members, copy_members
from train.nemo.checkpoints import WholeCheckpoints

INNER = "timestamps_asr_model"
"""How the files of the model begin that NeMo's Canary looks for beside its own."""

SWITCH = "restore_timestamps_model"
"""NeMo's key for whether a Canary restores it; true where it is missing."""


class Connector(SaveRestoreConnector):
    """Restores the model of one archive, and saves it with everything else that the archive holds.

    Weights are loaded strictly: the error names which do not fit, instead of how many bytes differ.
    Without `inner_models` a timestamps model is neither unpacked nor built, and carried all the
    same.
    """

    def __init__(self, archive: Archive, *, inner_models: bool = True) -> None:
        super().__init__()
        self.matched = 0
        self._archive = archive
        has_inner = any(name.startswith(INNER) for name in archive.files)
        self._leaves_out = has_inner and not inner_models

    def switched(self, config: Mapping[str, Any]) -> DictConfig:
        """The configuration to restore with."""
        switch = {SWITCH: False} if self._leaves_out else {}
        return OmegaConf.create({**config, **switch})

    def switch_back(self, model: ModelPT) -> None:
        """Give the model's configuration the value that the archive has."""
        if not self._leaves_out:
            return
        with open_dict(model.cfg):
            model.cfg.pop(SWITCH)
            if SWITCH in self._archive.config:
                model.cfg[SWITCH] = self._archive.config[SWITCH]

    def load_instance_with_state_dict(
        self, instance: ModelPT, state_dict: Mapping[str, torch.Tensor], strict: bool
    ) -> None:
        """Load every weight of the model, or raise InputError."""
        if checkpoint := self._archive.checkpoint:
            state_dict = read_weights(self._archive)
        own = dict(instance.named_parameters())
        shapes = {name: tensor.shape for name, tensor in state_dict.items()}
        misfits = [name for name, weight in own.items() if shapes.get(name) != weight.shape]
        if misfits:
            what = f"{len(misfits)} of {len(own)} weights do not fit the model: {misfits[0]} ..."
            where = checkpoint or self._archive.path
            raise InputError.of(where, what, "is the configuration of another model?")
        self.matched = sum(weight.numel() for weight in own.values())
        super().load_instance_with_state_dict(instance, state_dict, strict)

    def _unpack_nemo_file(
        self, path2file: str, out_folder: str, members: Sequence[tarfile.TarInfo] | None = None
    ) -> str:
        if self._leaves_out and members is not None:
            members = [each for each in members if not member_name(each).startswith(INNER)]
        return str(SaveRestoreConnector._unpack_nemo_file(path2file, out_folder, members))

    def _make_nemo_file_from_folder(self, filename: str, source_dir: str) -> None:
        with full_disk_as_error(Path(filename).parent, ROOM):
            self._make_whole_file(filename, Path(source_dir))

    def _make_whole_file(self, filename: str, folder: Path) -> None:
        SaveRestoreConnector._make_nemo_file_from_folder(filename, str(folder))
        written = {str(path.relative_to(folder)) for path in folder.rglob("*")}
        config = OmegaConf.to_container(OmegaConf.load(folder / CONFIG_NAME))
        with tarfile.open(filename, "a:") as tar:
            copy_members(self._archive, carried_members(self._archive, config, written), tar)


def read_weights(archive: Archive) -> dict[str, torch.Tensor]:
    """The weights of an archive, or of the checkpoint that takes their place; on the CPU."""
    if archive.checkpoint:
        checkpoint: dict[str, Any] = WholeCheckpoints().load_checkpoint(archive.checkpoint)
        return dict(checkpoint["state_dict"])
    with tarfile.open(archive.path, "r:*") as tar:
        for member in tar:
            if member_name(member) == WEIGHTS_NAME:
                content = tar.extractfile(member)
                return dict(torch.load(content, map_location="cpu", weights_only=True))
    raise InputError.of(archive.path, f"holds no {WEIGHTS_NAME} any more")
