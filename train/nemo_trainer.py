"""Lightning's trainer, set up as NeMo's own scripts do: exp_manager, TensorBoard, checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.loggers.csv_logs import ExperimentWriter
from nemo.utils.exp_manager import exp_manager

from train.config import RunConfig

NEMO_FOLDER = "nemo"
"""Where NeMo puts TensorBoard events and its logs, inside the run's folder."""

CHECKPOINTS = "checkpoints"


def make_trainer(run: RunConfig, callbacks: Sequence[Callback]) -> Trainer:
    """The trainer for `run`; exactly one of its steps is one step of the optimiser."""
    settings = run.trainer
    batches_per_step = settings.accumulate_grad_batches
    return Trainer(
        accelerator=settings.accelerator,
        devices=settings.devices,
        strategy="auto" if settings.devices == 1 else "ddp",
        precision=_precision(run),
        max_steps=settings.max_steps,
        max_epochs=-1,
        # Shards never end, so there is one epoch, as long as the run. The number must be an int:
        # given a fraction, CTC and RNN-T models ask the shards for a length that they do not have.
        limit_train_batches=settings.max_steps * batches_per_step,
        # Never by epoch: an endless epoch would never validate. Lightning counts in batches here.
        check_val_every_n_epoch=None,
        val_check_interval=settings.val_check_interval * batches_per_step,
        limit_val_batches=settings.limit_val_batches or 1.0,
        num_sanity_val_steps=0,
        log_every_n_steps=settings.log_every_n_steps,
        gradient_clip_val=settings.gradient_clip_val or None,
        accumulate_grad_batches=batches_per_step,
        use_distributed_sampler=False,  # Lhotse's sampler splits by rank itself
        logger=False,  # exp_manager's business, and so are checkpoints
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=list(callbacks),
    )


def manage(trainer: Trainer, run: RunConfig, folder: Path) -> None:
    """Hang NeMo's experiment manager on the trainer: TensorBoard, metrics.csv, checkpoints."""
    exp_manager(trainer, _exp_manager_config(run, folder))
    trainer.loggers = [*trainer.loggers, _MetricsFile(str(folder), name="", version="")]


class _MetricsFile(CSVLogger):  # type: ignore[misc]
    """metrics.csv alone: the configuration has its own file, so no hparams.yaml beside it."""

    def log_hyperparams(self, params: object = None) -> None:
        """Log nothing: config.yaml says it."""

    def save(self) -> None:
        super().save()
        (Path(self.log_dir) / ExperimentWriter.NAME_HPARAMS_FILE).unlink(missing_ok=True)


def _precision(run: RunConfig) -> str:
    if run.trainer.precision != "auto":
        return run.trainer.precision
    on_gpu = run.trainer.accelerator != "cpu" and torch.cuda.is_available()
    return "bf16-mixed" if on_gpu and torch.cuda.is_bf16_supported() else "32-true"


def _exp_manager_config(run: RunConfig, folder: Path) -> dict[str, Any]:
    return {
        "explicit_log_dir": str(folder / NEMO_FOLDER),
        "name": "run",
        "create_tensorboard_logger": True,
        "create_checkpoint_callback": True,
        "checkpoint_callback_params": {
            "dirpath": str(folder / CHECKPOINTS),
            "filename": "{step}-{val_loss:.4f}-{val_wer:.4f}",
            "monitor": run.checkpoints.monitor,
            "mode": "min",
            "save_top_k": run.checkpoints.save_top_k,
            "save_last": True,
            "save_nemo_on_train_end": False,  # model.nemo is written once, from the best weights
        },
        "log_tflops_per_sec_per_gpu": False,
    }
