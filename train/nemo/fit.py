"""One fit by NeMo and Lightning, from a vetted archive to the weights that are exported."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import lightning.pytorch as lightning
import torch
from nemo.collections.asr.models import ASRModel
from nemo.core.classes.modelPT import ModelPT
from nemo.utils.app_state import AppState

from train.archive import Archive
from train.config import RunConfig
from train.data import ShardSet
from train.nemo.callbacks import Freezing
from train.nemo.checkpoints import LAST, Continuity, WholeCheckpoints
from train.nemo.guard import FiniteSteps, out_of_memory, unreadable
from train.nemo.loader import Loader
from train.nemo.model import (
    Restored,
    change_tokenizer,
    check_behaviors,
    check_languages,
    restore,
    save,
)
from train.nemo.recorder import Recorder, Show, Tell
from train.nemo.trainer import CHECKPOINTS, make_trainer, manage
from train.recipe import Recipe
from train.runs.outcome import Heard, Trained, ValidationPoint
from train.runs.signals import StopRequest


class _Watch:
    """All that hangs on the loop of one fit."""

    def __init__(
        self, run: RunConfig, folder: Path, stop: StopRequest, tell: Tell, show: Show
    ) -> None:
        self.loader = Loader(run.seed, stop)
        fault = partial(unreadable, most=run.faults.max_missing)
        self.continuity = Continuity(folder / CHECKPOINTS, self.loader, stop, fault)
        self.finite = FiniteSteps(run, self.continuity)
        self.recorder = Recorder(run, self.loader, tell, show)
        self.freezing = Freezing(run.freeze)

    @property
    def callbacks(self) -> tuple[lightning.Callback, ...]:
        """First what says which batch it is; the record of a step after what may leave it out."""
        return self.continuity, self.finite, self.recorder, self.freezing


def train(
    archive: Archive,
    recipe: Recipe,
    run: RunConfig,
    shards: ShardSet,
    folder: Path,
    tell: Tell,
    show: Show,
    *,
    resume: bool = False,
) -> Trained:
    """Fine-tune the model in `archive`; the best weights go to `folder`/model.nemo.

    With `resume` the fit goes on from the folder's last checkpoint, or begins where there is none.
    A signal ends it behind a checkpoint (`Interrupted`).
    """
    stop = StopRequest()
    last = folder / CHECKPOINTS / LAST
    checkpoint = last if resume and last.is_file() else None
    with stop.listening():
        lightning.seed_everything(run.seed, workers=True, verbose=False)
        watch = _Watch(run, folder, stop, tell, show)
        trainer = make_trainer(run, folder, watch.callbacks)
        manage(trainer, run, folder, step_of(checkpoint) if checkpoint else 0)
        restored = restore(archive, recipe.config, trainer)
        if update := run.tokenizer.update:
            change_tokenizer(restored.model, update)
        check_languages(restored.model, shards.languages, archive.path)
        check_behaviors(restored.model, run.behaviors, archive.path)
        _prepare(restored.model, watch, run)
        began = time.monotonic()
        _fit(trainer, restored.model, watch, run, checkpoint)
        seconds = time.monotonic() - began
        best = _export(restored.model, trainer, watch, run, archive, folder)
    return _trained(restored, trainer, watch, seconds, best)


def step_of(checkpoint: Path) -> int:
    """The step of the optimiser after which the checkpoint was written."""
    return int(WholeCheckpoints().load_checkpoint(checkpoint)["global_step"])


def _prepare(model: ASRModel, watch: _Watch, run: RunConfig) -> None:
    """Data, what is frozen, the optimiser: in this order, each needs the one before."""
    model.setup_training_data(model.cfg.train_ds)
    model.setup_multiple_validation_data(model.cfg.validation_ds)
    if also := run.validation_ds.also:
        model._validation_names = [f"{name}_" for name in ("eval", *also)]
    watch.freezing.apply(model)
    model.setup_optimization(model.cfg.optim)
    for module in model.modules():
        if isinstance(getattr(module, "_rng", None), random.Random):
            module._rng = random  # SpecAugment's own generator is seeded by nobody
    watch.loader.attach(model._train_dl)
    model._train_dl = watch.loader


def _fit(
    trainer: lightning.Trainer,
    model: ASRModel,
    watch: _Watch,
    run: RunConfig,
    checkpoint: Path | None,
) -> None:
    """Fit; a full GPU is told as the batch that filled it."""
    try:
        trainer.fit(model, ckpt_path=str(checkpoint) if checkpoint else None)
    except torch.OutOfMemoryError as error:
        raise out_of_memory(run, watch.loader.current, validating=trainer.validating) from error


def _export(
    model: ASRModel,
    trainer: lightning.Trainer,
    watch: _Watch,
    run: RunConfig,
    archive: Archive,
    folder: Path,
) -> tuple[ValidationPoint | None, Path | None]:
    """Write model.nemo; the best validation, and its checkpoint."""
    best, checkpoint = _best(watch.recorder.validation, trainer, run.checkpoints.monitor)
    if trainer.is_global_zero:
        if run.checkpoints.export == "best" and checkpoint is not None:
            _load_weights(model, checkpoint)
        AppState().model_restore_path = str(archive.path.absolute())  # where its tokenizers are
        save(model, folder / "model.nemo")
    return best, checkpoint


def _best(
    points: Sequence[ValidationPoint], trainer: lightning.Trainer, monitor: str
) -> tuple[ValidationPoint | None, Path | None]:
    finite = [point for point in points if getattr(point, monitor) is not None]
    best = min(finite, key=lambda point: getattr(point, monitor), default=None)
    path = trainer.checkpoint_callback.best_model_path
    return best, Path(path) if path else None


def _load_weights(model: ModelPT, checkpoint: Path) -> None:
    model.load_state_dict(WholeCheckpoints().load_checkpoint(checkpoint)["state_dict"])


def _trained(
    restored: Restored,
    trainer: lightning.Trainer,
    watch: _Watch,
    seconds: float,
    best: tuple[ValidationPoint | None, Path | None],
) -> Trained:
    recorder, loader = watch.recorder, watch.loader
    weights = restored.model.parameters()
    return Trained(
        parameters=restored.parameters,
        matched_parameters=restored.matched_parameters,
        trainable_parameters=sum(p.numel() for p in weights if p.requires_grad),
        accelerator=trainer.strategy.root_device.type,
        precision=str(trainer.precision),
        steps=trainer.global_step,
        seconds=seconds,
        speech_s=recorder.speech_s,
        step_seconds=tuple(recorder.step_seconds),
        compute_seconds=tuple(recorder.compute_seconds),
        loss=tuple(recorder.loss),
        validation=tuple(recorder.validation),
        best=best[0],
        best_checkpoint=best[1],
        skipped=tuple(watch.finite.skipped),
        heard=Heard(loader.drawn, loader.lost, tuple(loader.lost_ids)),
        resumed_at=tuple(recorder.resumed_at),
    )
