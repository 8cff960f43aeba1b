"""Steps of one fit, timed: with what this project hangs on NeMo's loop, and without any of it."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as lightning
from nemo.utils.exp_manager import exp_manager

from train.config import RunConfig
from train.data.validation import write_validation
from train.fit import prepare
from train.nemo.fit import _Parts, _prepare
from train.nemo.model import restore
from train.nemo.trainer import make_trainer, manage
from train.runs.folder import RunRequest
from train.runs.job import FitJob, Observer
from train.runs.signals import StopRequest

WARM = 5
"""Steps at the beginning that count for nothing: caches, kernels, buffers."""

Finish = Callable[[], None]


@dataclass(frozen=True)
class Steps:
    """Seconds of each step, the share that waited for data, and seconds of speech a step."""

    seconds: tuple[float, ...]
    waiting_share: float
    speech_s: float

    @property
    def per_step(self) -> float:
        """Seconds a step, all of them together."""
        return sum(self.seconds) / len(self.seconds)


class Clock(lightning.Callback):
    """When batches begin and end; `finish` waits for the device."""

    def __init__(self, finish: Finish) -> None:
        self.began: list[float] = []
        self.ended: list[float] = []
        self._finish = finish

    def on_train_batch_start(self, *given: Any) -> None:
        self.began.append(time.perf_counter())

    def on_train_batch_end(self, *given: Any) -> None:
        self._finish()
        self.ended.append(time.perf_counter())

    def steps(self, speech_s: float) -> Steps:
        whole = [after - before for before, after in itertools.pairwise(self.ended)][WARM:]
        waited = [b - e for e, b in zip(self.ended, self.began[1:], strict=False)][WARM:]
        return Steps(tuple(whole), sum(waited) / sum(whole), speech_s)


def train_with_curate(run: RunConfig, finish: Finish) -> Steps:
    """A fit as `train run` makes it, validation and saving aside."""
    with _job(run) as job:
        parts, clock = _Parts(job, StopRequest(), Observer()), Clock(finish)
        trainer = make_trainer(job.config, (*parts.callbacks, clock))
        trainer.limit_val_batches = 0
        manage(trainer, job.config)
        lightning.seed_everything(run.seed, workers=True, verbose=False)
        model = restore(job.archive, job.recipe.config, trainer, inner_models=False).model
        _prepare(model, parts, job.config)
        trainer.fit(model)
        return clock.steps(sum(parts.loader.drawn_s.values()) / run.trainer.max_steps)


def bare(run: RunConfig, finish: Finish) -> Steps:
    """The same fit as NeMo's own example script makes it: trainer, exp_manager, model, fit."""
    with _job(run) as job:
        clock = Clock(finish)
        settings = run.trainer
        trainer = lightning.Trainer(
            accelerator=settings.accelerator,
            devices=1,
            precision=_precision(settings.precision),
            max_steps=settings.max_steps,
            max_epochs=-1,
            limit_train_batches=settings.max_steps,
            limit_val_batches=0,
            num_sanity_val_steps=0,
            log_every_n_steps=settings.log_every_n_steps,
            gradient_clip_val=settings.gradient_clip_val or None,
            use_distributed_sampler=False,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[clock],
        )
        exp_manager(trainer, _nemo_logs(job.config.out))
        lightning.seed_everything(run.seed, workers=True, verbose=False)
        model = restore(job.archive, job.recipe.config, trainer, inner_models=False).model
        model.setup_training_data(model.cfg.train_ds)
        model.setup_multiple_validation_data(model.cfg.validation_ds)
        model.setup_optimization(model.cfg.optim)
        trainer.fit(model)
        return clock.steps(0.0)


def _precision(name: str) -> Any:
    return "32-true" if name == "auto" else name


def _nemo_logs(folder: Path) -> dict[str, Any]:
    return {
        "explicit_log_dir": str(folder),
        "create_tensorboard_logger": True,
        "create_checkpoint_callback": False,
        "log_step_timing": False,
        "log_tflops_per_sec_per_gpu": False,
    }


@contextmanager
def _job(run: RunConfig) -> Iterator[FitJob]:
    """The checked run in a directory of its own, with its validation manifests."""
    with tempfile.TemporaryDirectory(prefix="steps-") as name:
        own = run.model_copy(update={"out": Path(name) / "run"})
        plan, job = prepare(RunRequest(own))
        own.out.mkdir()
        write_validation(own, plan.facts.validation)
        yield job
