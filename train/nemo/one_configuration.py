"""A trainer that copies the model's configuration once for a checkpoint.

NeMo's `hparams` copies the whole configuration at each access, and Lightning accesses it four times
while it collects a checkpoint. For a small model that took longer than all else of writing one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lightning.pytorch import LightningModule, Trainer

_NAME = "hparams"


class OneConfiguration(Trainer):
    """Lightning's trainer; checkpoints are the same to the byte."""

    def save_checkpoint(
        self, filepath: Any, weights_only: bool = False, storage_options: Any = None
    ) -> None:
        """Write a checkpoint, as `Trainer.save_checkpoint`."""
        with _read_once(self.lightning_module):
            super().save_checkpoint(filepath, weights_only, storage_options)


@contextmanager
def _read_once(model: LightningModule) -> Iterator[None]:
    """`model.hparams` as it is now, held: nothing changes it inside."""
    owner, held = type(model), model.hparams
    if _NAME in vars(owner):  # a class with its own reading is left as it is
        yield
        return
    setattr(owner, _NAME, held)
    try:
        yield
    finally:
        delattr(owner, _NAME)
