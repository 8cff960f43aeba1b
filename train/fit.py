"""Fine-tune a model on a shard directory: `fit(request)` writes a run's directory."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from curate.artifacts.base import write_artifact
from curate.artifacts.outputs import full_disk_as_error
from curate.errors import ConfigError, Fault, GateFailed, raise_all
from train.artifacts.run import (
    BestValidation,
    DrawnSource,
    Run,
    RunData,
    RunModel,
    RunTrainer,
    SavedWeights,
)
from train.artifacts.validation import EVAL
from train.config import RunConfig
from train.data import Source, open_blend
from train.data.augmentation import write_augmentation
from train.data.check import check_data
from train.data.validation import (
    ChosenRows,
    await_validation,
    changed_sets,
    write_validation,
)
from train.plan import Plan, make_plan, refuse
from train.plan.demand import Gpu
from train.plan.hardware import this_machine
from train.pretrained import archive_of
from train.recipe.behaviors import check_values
from train.runs import runtime
from train.runs.folder import RunRequest, check_same_inputs, run_folder
from train.runs.job import FitJob, FitResult, Observer, compute_findings, describe_regression
from train.runs.provenance import versions

__all__ = ["RunRequest", "TrainRun", "fit"]


@dataclass(frozen=True)
class TrainRun:
    """A finished run: its directory, its run.json, and the error of a run that got worse."""

    folder: Path
    record: Run
    failed: GateFailed | None = None


def fit(request: RunRequest, observer: Observer | None = None) -> TrainRun:
    """Check everything, train, and leave a complete directory.

    Nothing is written before the data, the archive and the plan are validated. With `resume`
    the directory's own run goes on from its last checkpoint; its configuration must be the same,
    but for `MAY_CHANGE`.
    """
    observer = observer or Observer()
    plan, job = prepare(request)
    folder, writes = request.config.out, runtime.is_main_process()
    for warning in plan.of("warning") if writes else ():
        observer.log(f"warning [{warning.code}] {warning.what}")
    inputs = (job.archive.path, *(each.folder for each in job.blend.sets), *_mixed_in(job.config))
    held = run_folder(request, inputs, observer.log) if writes else nullcontext()
    with full_disk_as_error(folder, "make room, then the same command with --resume"), held:
        if writes:
            planned = plan.record(request.command)
            if request.resume:
                check_same_inputs(folder, planned)
                _log_changed_sets(job.config, plan.facts.validation, observer)
            write_artifact(folder, planned)
            write_augmentation(job.config, plan.facts.clips, plan.facts.sample_rate)
            write_validation(job.config, plan.facts.validation)
        else:
            await_validation(job.config, plan.facts.validation)
        with runtime.importing():
            from train.nemo.fit import train

        result = train(job, observer)
        record = _record(request.command, job, result)
        if writes:
            write_artifact(folder / Run.file, record)
    worse = describe_regression(job.config.checkpoints, result)
    failed = GateFailed.of(folder, worse, _REMEDY) if worse else None
    return TrainRun(folder, record, failed)


def _mixed_in(config: RunConfig) -> tuple[Path, ...]:
    """The noise and impulse responses that the run reads."""
    named = (config.augmentation.noise_path, config.augmentation.rir_path)
    return tuple(path for path in named if path is not None)


def _log_changed_sets(config: RunConfig, sets: Sequence[ChosenRows], observer: Observer) -> None:
    for name in changed_sets(config, sets):
        what = f"the rows of '{name}' have changed: earlier validations do not compare with later"
        observer.log(f"warning: {what}")


_REMEDY = "lower optim.lr, freeze the encoder, or check the transcripts (`curate profile`)"


def prepare(request: RunRequest) -> tuple[Plan, FitJob]:
    """Read and check what the run needs, the quick checks first; ConfigError, InputError."""
    config = request.config
    blend = open_blend(config)  # before anything is downloaded for another directory
    plan = make_plan(config, archive_of(config.model), _device(config), blend)
    refuse(plan, but=READ_WHOLE)
    check_packages(config)
    data = check_data(config, blend)
    check_values([each.train for each in blend.sets], config.behaviors)
    refuse(plan)
    facts = plan.facts
    rows, resume = facts.rows, request.resume
    parts = (config, facts.archive, facts.recipe, blend, data)
    sets = tuple(each.record() for each in facts.validation)
    return plan, FitJob(*parts, resume, rows.sets, rows.aside, sets)


READ_WHOLE = frozenset(
    {"malformed", "channels", "unreadable-validation", "rate-beside-offset", "behavior"}
)
"""Kinds of rows that `check_data` and `check_values` name, which read all audio and values."""


def _device(config: RunConfig) -> Gpu:
    runtime.prepare()  # before torch, which looks for a GPU
    return this_machine(config.trainer)


def check_packages(config: RunConfig) -> None:
    """ConfigError where a package that the configuration needs is not installed."""
    audio = config.augmentation
    simulated = audio.rir_enabled and audio.rir_path is None
    needed = (
        ("logs.wandb", "wandb", config.logs.wandb is not None),
        ("logs.mlflow", "mlflow", config.logs.mlflow is not None),
        ("augmentation.rir_enabled", "torchaudio", simulated),
    )
    faults = [
        Fault(
            key,
            f"the package {name} is not installed",
            f"pip install {name}{_INSTEAD.get(name, '')}",
        )
        for key, name, is_needed in needed
        if is_needed and not find_spec(name)
    ]
    raise_all(ConfigError, faults)


_INSTEAD = {"torchaudio": ", or name recorded impulse responses: augmentation.rir_path"}


def _record(command: str, job: FitJob, fit: FitResult) -> Run:
    median_s = statistics.median(fit.step_seconds) if fit.step_seconds else None
    return Run(
        command=command,
        versions=versions(),
        model=_model(job, fit),
        data=_data(job, fit),
        rows=job.rows,
        validation_sets=job.validation_sets,
        trainer=_trainer(job.config, fit),
        steps=fit.steps,
        seconds=round(fit.seconds, 3),
        resumed_at=fit.resumed_at,
        skipped_steps=fit.skipped,
        recordings=fit.recordings,
        waiting_share=round(fit.waiting_share, 4),
        audio_hours_seen=round(fit.speech_s / 3600, 6),
        step_seconds_p50=None if median_s is None else round(median_s, 6),
        loss=fit.loss,
        baseline=fit.baseline,
        validation=fit.validation,
        best=_best(job.config, fit),
        findings=tuple(compute_findings(job, fit)),
        pitfalls=job.recipe.pitfalls,
        saved=_saved(job.config, fit),
    )


def _model(job: FitJob, fit: FitResult) -> RunModel:
    return RunModel(
        source=job.config.model,
        class_name=job.archive.target,
        recipe=job.recipe.name,
        parameters=fit.parameters,
        matched_parameters=fit.matched_parameters,
        trainable_parameters=fit.trainable_parameters,
    )


def _data(job: FitJob, fit: FitResult) -> RunData:
    blend = job.blend
    evaluation = next(each for each in job.rows if each.name == EVAL)
    return RunData(
        shards=str(blend.main.folder),
        train_hours=blend.hours,
        train_cuts=blend.cuts,
        eval_hours=evaluation.used_hours,
        eval_rows=evaluation.used_rows,
        sources=tuple(_drawn(source, fit) for source in blend.sources),
    )


def _drawn(source: Source, fit: FitResult) -> DrawnSource:
    spoken_s = fit.drawn_s.get(source.name, 0.0)
    return DrawnSource(
        name=source.name,
        hours=round(source.hours, 6),
        share=round(source.share, 6),
        drawn_hours=round(spoken_s / 3600, 6),
        drawn_share=round(spoken_s / fit.speech_s, 6) if fit.speech_s else 0.0,
    )


def _trainer(config: RunConfig, fit: FitResult) -> RunTrainer:
    return RunTrainer(
        accelerator=fit.accelerator,
        devices=config.trainer.devices,
        precision=fit.precision,
        max_steps=config.trainer.max_steps,
        val_check_interval=config.trainer.val_check_interval,
        seed=config.seed,
    )


def _saved(config: RunConfig, fit: FitResult) -> SavedWeights:
    """Which weights model.nemo holds."""
    if config.checkpoints.export == "best" and fit.best and fit.best_checkpoint:
        return SavedWeights(weights="best", step=fit.best.step, val_wer=fit.best.val_wer)
    wers = [point.val_wer for point in fit.validation if point.step == fit.steps]
    return SavedWeights(weights="last", step=fit.steps, val_wer=wers[-1] if wers else None)


def _best(config: RunConfig, fit: FitResult) -> BestValidation | None:
    if fit.best is None or fit.best_checkpoint is None:
        return None
    checkpoint = fit.best_checkpoint.relative_to(config.out.absolute())
    return BestValidation(**fit.best.model_dump(), checkpoint=str(checkpoint))
