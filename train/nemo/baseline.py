"""Validation before step 1: what the model could do before it was trained."""

from __future__ import annotations

from lightning.pytorch import Callback, LightningModule, Trainer

from train.nemo.checkpoints import Continuity
from train.nemo.recorder import Recorder


class Baseline(Callback):
    """Runs a whole validation of the weights that the run starts from, once.

    Lightning's own check before training keeps no figures and no checkpoint. A resumed run has the
    figures in its checkpoint, which is written again once they are complete.
    """

    def __init__(self, recorder: Recorder, continuity: Continuity) -> None:
        self._recorder = recorder
        self._continuity = continuity

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Validate, unless a checkpoint brought the figures."""
        if trainer.global_step or self._is_measured():
            return
        trainer.validating = True
        trainer.fit_loop.epoch_loop.val_loop.run()
        trainer.training = True
        if self._is_measured():
            self._continuity.save(trainer)

    def _is_measured(self) -> bool:
        return self._recorder.baseline is not None
