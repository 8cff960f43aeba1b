"""The checkpoints of the best validations, and that no others stay behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from train.nemo.checkpoints import LAST
from train.runs import runtime


class BestCheckpoints(ModelCheckpoint):
    """Lightning's, but the weights of step 0 are saved too, and a resumed run has as many files.

    `last.ckpt` is written before a validation, and a run that is killed after one validates again.
    So a resumed run begins with the checkpoints that `last.ckpt` knows, as far as they are there,
    and removes the others, which would stay for ever beside the ones that replace them.
    """

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Lightning starts with the last saved step at 0."""
        super().setup(trainer, pl_module, stage)
        self._last_global_step_saved = -1

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the checkpoints of a stopped run, whose directory may have moved."""
        folder = Path(str(self.dirpath))
        scores = {Path(path).name: score for path, score in state_dict["best_k_models"].items()}
        if runtime.is_main_process():
            remove_others(folder, {LAST, *scores})
        there = {str(folder / name): s for name, s in scores.items() if (folder / name).is_file()}
        self.best_k_models = there
        if there:
            self.best_model_path = min(there, key=there.__getitem__)
            self.best_model_score = there[self.best_model_path]
            self.kth_best_model_path = max(there, key=there.__getitem__)
            self.kth_value = there[self.kth_best_model_path]


def remove_others(folder: Path, names: set[str]) -> None:
    """Remove checkpoints of other names, and what a killed process has half written."""
    for path in folder.iterdir():
        if path.name not in names and path.suffix in {".ckpt", ".tmp"}:
            path.unlink()
