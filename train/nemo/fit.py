"""One fit by NeMo and Lightning, from a vetted archive to the weights that are exported."""

from __future__ import annotations

import math
import random
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import lightning.pytorch as lightning
import torch
from nemo.collections.asr.models import ASRModel
from nemo.core.classes.modelPT import ModelPT
from nemo.utils.app_state import AppState

from curate.nemo.archive import Archive
from train.artifacts.run import ValidationPoint
from train.config import Monitor, RunConfig
from train.data.validation import set_names
from train.nemo.adapters import add_adapter
from train.nemo.augmentation import transforms_of
from train.nemo.baseline import Baseline
from train.nemo.beam import BeamValidation
from train.nemo.callbacks import Freezing
from train.nemo.canary2_behaviors import known_prompt
from train.nemo.checkpointing import checkpoint_layers
from train.nemo.checkpoints import LAST, Continuity, WholeCheckpoints, on_all_ranks
from train.nemo.connector import read_weights
from train.nemo.decode_once import DecodeOnce
from train.nemo.ema import WeightAverage
from train.nemo.full import FullValidation
from train.nemo.guard import FiniteSteps, lost_process_as_error, out_of_memory, unreadable
from train.nemo.loader import Loader, totals
from train.nemo.model import (
    Restored,
    change_tokenizer,
    check_languages,
    restore,
    save,
    size,
)
from train.nemo.recorder import Recorder, rank_of
from train.nemo.tdt import use_cpu_loss
from train.nemo.trainer import CHECKPOINTS, make_trainer, manage
from train.recipe import Recipe
from train.runs.job import FitJob, FitResult, Observer
from train.runs.signals import StopRequest


class _Parts:
    """The data loader and the callbacks of one fit."""

    def __init__(self, job: FitJob, stop: StopRequest, observer: Observer) -> None:
        run = job.config
        self.loader = Loader(run.seed, stop, job.aside.get("train", frozenset()))
        fault = partial(unreadable, most=run.faults.max_missing)
        self.continuity = Continuity(run.out / CHECKPOINTS, self.loader, stop, fault)
        self.finite = FiniteSteps(run, self.continuity)
        self.full = FullValidation(run)
        self.recorder = Recorder(run, self.loader, observer, self.full)
        self.freezing = Freezing(run.freeze, run.adapter)
        self.baseline = Baseline(self.recorder, self.continuity)
        beam = run.validation_ds.beam
        self.beam = BeamValidation(beam, job.archive.path) if beam > 1 else None
        decay = run.optim.ema_decay
        self.average = WeightAverage(decay) if decay else None

    @property
    def callbacks(self) -> tuple[lightning.Callback, ...]:
        """Continuity first, which knows the batch; the recorder behind what may skip a step."""
        first = self.continuity, self.finite, self.full, self.recorder
        optional = (self.average, self.beam)
        rest = *(each for each in optional if each), DecodeOnce(), self.baseline
        return *first, self.freezing, *rest


def train(job: FitJob, observer: Observer) -> FitResult:
    """Fine-tune the model of `job.archive`; the best weights go to model.nemo in `config.out`.

    A signal ends it behind a checkpoint (`Interrupted`).
    """
    run, stop = job.config, StopRequest()
    last = run.out / CHECKPOINTS / LAST
    checkpoint = last if job.resume and last.is_file() else None
    with stop.installed(), known_prompt(job.recipe.config), lost_process_as_error():
        lightning.seed_everything(run.seed, workers=True, verbose=False)
        parts = _Parts(job, stop, observer)
        trainer = make_trainer(run, parts.callbacks, parts.average)
        manage(trainer, run, step_of(checkpoint) if checkpoint else 0)
        restored = _restore(job, trainer)
        _prepare(restored.model, parts, run)
        began = time.monotonic()
        _fit(trainer, restored.model, parts, run, checkpoint)
        seconds = time.monotonic() - began
        best = _export(restored.model, trainer, parts, job)
        return _result(restored, trainer, parts, seconds, best)


def _restore(job: FitJob, trainer: lightning.Trainer) -> Restored:
    """The model to train, checked against the data's languages."""
    restored = restore_to_train(job.archive, job.recipe, job.config, trainer)
    check_languages(restored.model, job.data.languages, job.archive.path)
    return restored


def restore_to_train(
    archive: Archive, recipe: Recipe, run: RunConfig, trainer: lightning.Trainer
) -> Restored:
    """The pretrained model with the recipe's configuration, the run's tokenizer and adapter."""
    restored = restore(archive, recipe.config, trainer, inner_models=False)
    if update := run.tokenizer.update:
        change_tokenizer(restored.model, update)
    if trainer.strategy.root_device.type == "cpu":
        use_cpu_loss(restored.model)
    if run.adapter:
        add_adapter(restored.model, run.adapter)
    return replace(restored, parameters=size(restored.model))


def step_of(checkpoint: Path) -> int:
    """The step of the optimiser after which the checkpoint was written."""
    return int(WholeCheckpoints().load_checkpoint(checkpoint)["global_step"])


def _prepare(model: ASRModel, parts: _Parts, run: RunConfig) -> None:
    """Data, what is frozen, the optimiser: in this order, each needs the one before."""
    model.setup_training_data(model.cfg.train_ds)
    model.setup_multiple_validation_data(model.cfg.validation_ds)
    if len(names := set_names(run)) > 1:
        model._validation_names = [f"{name}_" for name in names]
    parts.full.attach(model)
    make_optimizer(model, run, parts.freezing)
    for module in model.modules():
        if isinstance(getattr(module, "_rng", None), random.Random):
            module._rng = random  # SpecAugment's own generator is seeded by nobody
    parts.loader.attach(model._train_dl, transforms_of(run))
    model._train_dl = parts.loader


def make_optimizer(model: ASRModel, run: RunConfig, freezing: Freezing) -> torch.optim.Optimizer:
    """What is frozen, what is computed twice, then the optimiser of the rest."""
    freezing.apply(model)
    if run.trainer.gradient_checkpointing:
        checkpoint_layers(model)
    optimizer, _ = model.setup_optimization(model.cfg.optim)
    return optimizer


def _fit(
    trainer: lightning.Trainer,
    model: ASRModel,
    parts: _Parts,
    run: RunConfig,
    checkpoint: Path | None,
) -> None:
    """Fit, and end the data workers; the error of a full GPU names the batch that filled it."""
    try:
        trainer.fit(model, ckpt_path=str(checkpoint) if checkpoint else None)
    except torch.OutOfMemoryError as error:
        raise out_of_memory(run, parts.loader.current, validating=trainer.validating) from error
    finally:
        parts.loader.close()


def _export(
    model: ASRModel, trainer: lightning.Trainer, parts: _Parts, job: FitJob
) -> tuple[ValidationPoint | None, Path | None]:
    """Write model.nemo; the best validation, and its checkpoint."""
    run = job.config
    best, checkpoint = _best(parts.recorder, trainer, run.checkpoints.monitor)
    if trainer.is_global_zero:
        if parts.average:
            parts.average.write_to(model)
        model.float()  # as published archives are: their size tells the parameters
        if run.checkpoints.export == "best" and checkpoint is not None:
            _load_best(model, checkpoint, best, job)
        AppState().model_restore_path = str(job.archive.path.absolute())  # where its tokenizers are
        save(model, run.out / "model.nemo")
    return best, checkpoint


def _best(
    recorder: Recorder, trainer: lightning.Trainer, monitor: Monitor
) -> tuple[ValidationPoint | None, Path | None]:
    points = [*([recorder.baseline] if recorder.baseline else []), *recorder.validation]
    ranked = [point for point in points if math.isfinite(rank_of(point, monitor))]
    best = min(
        ranked, key=lambda point: rank_of(point, monitor), default=None
    )  # the first of equal
    path = trainer.checkpoint_callback.best_model_path
    return best, Path(path) if path else None


def _load_best(model: ModelPT, checkpoint: Path, best: ValidationPoint | None, job: FitJob) -> None:
    """The weights of the best validation; the original's are the archive's own, never rounded."""
    run = job.config
    if best and not best.step and not (run.tokenizer.update or run.adapter):
        weights = read_weights(job.archive)
    else:
        weights = WholeCheckpoints().load_checkpoint(checkpoint)["state_dict"]
    model.load_state_dict(weights)


def _result(
    restored: Restored,
    trainer: lightning.Trainer,
    parts: _Parts,
    seconds: float,
    best: tuple[ValidationPoint | None, Path | None],
) -> FitResult:
    recorder = parts.recorder
    recordings, drawn_s = totals(on_all_ranks(parts.loader.state()))
    weights = restored.model.parameters()
    return FitResult(
        parameters=restored.parameters,
        matched_parameters=restored.matched_parameters,
        trainable_parameters=sum(p.numel() for p in weights if p.requires_grad),
        accelerator=trainer.strategy.root_device.type,
        precision=str(trainer.precision),
        steps=trainer.global_step,
        seconds=seconds,
        drawn_s=drawn_s,
        step_seconds=tuple(recorder.step_seconds),
        compute_seconds=tuple(recorder.compute_seconds),
        loss=tuple(recorder.loss),
        validation=tuple(recorder.validation),
        baseline=recorder.baseline,
        best=best[0],
        best_checkpoint=best[1],
        skipped=tuple(parts.finite.skipped),
        recordings=recordings,
        resumed_at=tuple(recorder.resumed_at),
    )
