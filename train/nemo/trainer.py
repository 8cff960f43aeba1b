"""Lightning's trainer, set up as NeMo's own scripts do: exp_manager, TensorBoard, checkpoints."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.loggers.csv_logs import ExperimentWriter
from nemo.utils.exp_manager import exp_manager

from train.config import LogsConfig, RunConfig
from train.nemo.best import BestCheckpoints
from train.nemo.checkpoints import WholeCheckpoints
from train.nemo.ema import WeightAverage
from train.nemo.one_configuration import OneConfiguration
from train.nemo.precision import TrueHalf
from train.nemo.recorder import RANK
from train.runs.runtime import choose_precision, is_main_process

NEMO_FOLDER = "nemo"
"""Where NeMo puts TensorBoard events and its logs, inside the run's folder."""

CHECKPOINTS = "checkpoints"


def make_trainer(
    run: RunConfig, callbacks: Sequence[Callback], average: WeightAverage | None = None
) -> Trainer:
    """The trainer for `run`; exactly one of its steps is one step of the optimiser.

    `average` takes the place of the weights in the best checkpoints.
    """
    settings = run.trainer
    batches_per_step = settings.accumulate_grad_batches
    precision = _precision(run)
    is_half = precision == "bf16-true"
    return OneConfiguration(
        accelerator=settings.accelerator,
        devices=settings.devices,
        num_nodes=settings.num_nodes,
        strategy=_strategy(run),
        sync_batchnorm=settings.sync_batchnorm,
        precision=None if is_half else precision,
        max_steps=settings.max_steps,
        max_epochs=-1,
        # Shards never end, so there is one epoch, as long as the run. The number must be an int:
        # given a fraction, CTC and RNN-T models require a length of the shards that they do not
        # have.
        limit_train_batches=settings.max_steps * batches_per_step,
        # Never by epoch: an endless epoch would never validate. Lightning counts in batches here.
        check_val_every_n_epoch=None,
        val_check_interval=settings.val_check_interval * batches_per_step,
        num_sanity_val_steps=0,
        log_every_n_steps=settings.log_every_n_steps,
        gradient_clip_val=None,  # the callback that looks at the gradients clips them too
        accumulate_grad_batches=batches_per_step,
        use_distributed_sampler=False,  # Lhotse's sampler splits by rank itself
        logger=False,  # exp_manager's business
        enable_checkpointing=True,
        plugins=[WholeCheckpoints(average), *([TrueHalf(precision)] if is_half else [])],
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[*callbacks, *_patience(run), _best_checkpoints(run)],
    )


def _strategy(run: RunConfig) -> str:
    """The strategy of the configuration; `auto` is ddp on several devices."""
    settings = run.trainer
    is_single = settings.devices * settings.num_nodes == 1
    return "ddp" if settings.strategy == "auto" and not is_single else settings.strategy


def _patience(run: RunConfig) -> list[EarlyStopping]:
    """What ends the run where it gets no better, if it is to end so."""
    patience, monitor = run.checkpoints.patience, run.checkpoints.monitor
    if patience is None:
        return []
    return [EarlyStopping(monitor, patience=patience, mode="min", check_finite=False)]


def _best_checkpoints(run: RunConfig) -> BestCheckpoints:
    """The weights of the best validations; what resuming needs is in `last.ckpt`."""
    return BestCheckpoints(
        dirpath=run.out / CHECKPOINTS,
        filename="{step}-{val_loss:.4f}-{val_wer:.4f}",
        monitor=RANK,
        mode="min",
        save_top_k=run.checkpoints.save_top_k,
        save_weights_only=True,
        save_on_train_epoch_end=False,
    )


def manage(trainer: Trainer, run: RunConfig, resumed_at: int = 0) -> None:
    """Hang NeMo's experiment manager and metrics.csv on the trainer.

    What was logged behind step `resumed_at` will be logged again, and is left out.
    """
    exp_manager(trainer, _exp_manager_config(run.logs, run.out, resumed_at))
    trainer.loggers = [*trainer.loggers, _MetricsFile(run.out, resumed_at)]


class _MetricsFile(CSVLogger):
    """Only metrics.csv: the configuration has its own file, so no hparams.yaml beside it."""

    def __init__(self, folder: Path, resumed_at: int) -> None:
        super().__init__(str(folder), name="", version="")
        # The first process writes, and removes the earlier file when it begins.
        path = folder / ExperimentWriter.NAME_METRICS_FILE
        if is_main_process() and path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                earlier_rows = [
                    row for row in csv.DictReader(file) if int(row["step"]) < resumed_at
                ]
            self.experiment.metrics = earlier_rows

    def log_hyperparams(self, params: object = None) -> None:
        """Log nothing: config.yaml says it."""

    def save(self) -> None:
        super().save()
        (Path(self.log_dir) / ExperimentWriter.NAME_HPARAMS_FILE).unlink(missing_ok=True)


def _precision(run: RunConfig) -> str:
    precision = run.trainer.precision
    return choose_precision(run.trainer.accelerator) if precision == "auto" else precision


def _exp_manager_config(logs: LogsConfig, folder: Path, resumed_at: int) -> dict[str, Any]:
    wandb = {"project": "asr", "name": folder.name} | (logs.wandb or {})
    mlflow = {"experiment_name": "asr", "run_name": folder.name} | (logs.mlflow or {})
    return {
        "create_wandb_logger": logs.wandb is not None,
        "wandb_logger_kwargs": wandb if logs.wandb is not None else None,
        "create_mlflow_logger": logs.mlflow is not None,
        "mlflow_logger_kwargs": mlflow,
        "explicit_log_dir": str(folder / NEMO_FOLDER),
        "seconds_to_sleep": 0,  # NeMo's 5 s: the first device prepares nothing for the others
        "name": "run",
        "create_tensorboard_logger": logs.tensorboard,
        "summary_writer_kwargs": {"purge_step": resumed_at} if resumed_at else None,
        "create_checkpoint_callback": False,  # NeMo's write in place and leave markers
        "create_preemption_callback": False,  # NeMo's ends a killed run with exit 0
        "disable_validation_on_resume": False,  # a pending validation is part of the run
        "log_step_timing": False,  # the own one is logged, and makes no GPU wait
        "log_tflops_per_sec_per_gpu": False,
    }
