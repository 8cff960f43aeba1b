"""A fit: what goes into it, who follows it, what comes out, and its findings. No NeMo here."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from curate.formatting.units import duration, percent, plural
from curate.nemo.archive import Archive
from train.artifacts.rows import CheckedSet
from train.artifacts.run import Finding, LossPoint, Recordings, SkippedStep, ValidationPoint
from train.artifacts.validation import ValidationSet
from train.config import CheckpointConfig, RunConfig
from train.data import ALL, Blend
from train.data.check import CheckedData
from train.recipe import Recipe
from train.recipe.behaviors import CONFIG_KEY, PLUGIN

USUAL_EPOCHS = 5
STARVED_SHARE = (0.1, 0.3)
"""Of the time of a step: an idle GPU is dear; on a CPU the loader works on the same cores."""
NOISY_VALIDATION_H = 1.0

NO_RECORDINGS = Recordings(drawn=0, lost=0, lost_ids=())


@dataclass(frozen=True, slots=True)
class FitJob:
    """Everything that a fit needs, read and checked; its output goes to `config.out`.

    With `resume` it goes on from the directory's last checkpoint, or begins where there is none.
    `rows` counts the rows of every set, `aside` has the ids of those that are not used.
    """

    config: RunConfig
    archive: Archive
    recipe: Recipe
    blend: Blend
    data: CheckedData
    resume: bool = False
    rows: tuple[CheckedSet, ...] = ()
    aside: Mapping[str, frozenset[str]] = field(default_factory=dict)
    validation_sets: tuple[ValidationSet, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fit is: hours of audio a second, share of the time that waits for data, [0, 1].

    `left_s` is the time that the rest takes at this speed, validations aside.
    """

    step: int
    max_steps: int
    loss: float
    val_wer: float | None
    hours_per_s: float
    waiting_share: float
    left_s: float


@dataclass(frozen=True, slots=True)
class Observer:
    """Who follows a fit: `log` gets a line per logged step and validation, `show` its progress."""

    log: Callable[[str], None] = lambda _: None
    show: Callable[[Progress], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class FitResult:
    """What a fit did; `best` is None where no validation gave a finite figure.

    `drawn_s` are the seconds of speech by source, of all devices, as is `recordings`.
    `step_seconds` and `compute_seconds` go step by step; what of the first is not in the second
    was waiting for data.
    """

    parameters: int
    matched_parameters: int
    trainable_parameters: int
    accelerator: str
    precision: str
    steps: int
    seconds: float
    drawn_s: Mapping[str, float]
    step_seconds: tuple[float, ...]
    compute_seconds: tuple[float, ...]
    loss: tuple[LossPoint, ...]
    validation: tuple[ValidationPoint, ...]
    best: ValidationPoint | None
    best_checkpoint: Path | None
    skipped: tuple[SkippedStep, ...] = ()
    recordings: Recordings = NO_RECORDINGS
    resumed_at: tuple[int, ...] = ()
    baseline: ValidationPoint | None = None

    @property
    def speech_s(self) -> float:
        """Seconds of speech that went by, in all."""
        return sum(self.drawn_s.values())

    @property
    def waiting_share(self) -> float:
        """Share of the time of a step that went by waiting for data."""
        whole = sum(self.step_seconds)
        return (whole - sum(self.compute_seconds)) / whole if whole else 0.0


def compute_findings(job: FitJob, fit: FitResult) -> Iterator[Finding]:
    """Everything notable about the run, in the order in which to read it."""
    yield from _about_length(job.blend, fit)
    yield from _about_steps(fit)
    yield from _about_data(fit)
    if worse := describe_regression(job.config.checkpoints, fit):
        yield _warning(f"the run {worse}")
    if fit.best is None:
        yield _warning("no validation gave a figure: model.nemo holds the last weights")
    if rest := fit.steps % job.config.trainer.val_check_interval:
        yield _info(f"the last {rest} steps were not validated")
    hours = job.validation_sets[0].hours if job.validation_sets else job.data.validation_hours
    if hours < NOISY_VALIDATION_H:
        length = duration(hours=hours)
        yield _info(f"validation is {length}; below 1 h the WER estimate is noisy")
    if job.recipe.config.get(CONFIG_KEY):
        plain = "`train export` writes one that NeMo restores by itself"
        yield _info(f"NeMo restores model.nemo with {PLUGIN} beside it; {plain}")
    if names := [name for name, is_used in _augmentations(job.config) if is_used]:
        yield _info(f"training audio was augmented: {', '.join(names)}; see plan.json")
    if fit.trainable_parameters < fit.parameters:
        share = f"{fit.trainable_parameters / fit.parameters:.1%}"
        yield _info(f"{share} of the parameters were trained, the rest was frozen")


def _augmentations(config: RunConfig) -> tuple[tuple[str, bool], ...]:
    audio = config.augmentation
    return (
        ("noise", audio.noise_path is not None),
        ("speed", audio.perturb_speed),
        ("low-pass", audio.lowpass_enabled),
        ("reverberation", audio.rir_enabled),
        ("compression", audio.compression_enabled),
    )


def describe_regression(checkpoints: CheckpointConfig, fit: FitResult) -> str:
    """How the run ended worse than it started, by the monitored figure; empty where it did not.

    Of the best weights the best validation counts, of the last ones the last.
    """
    monitor, export = checkpoints.monitor, checkpoints.export
    start = getattr(fit.baseline, monitor, None)
    figures = [(getattr(point, monitor), point.step) for point in fit.validation]
    finite = [(figure, step) for figure, step in figures if figure is not None]
    chosen = finite[-1:] if export == "last" else sorted(finite)[:1]
    if start is None or not figures or (chosen and chosen[0][0] <= start):
        return ""
    end = f"{_figure(chosen[0][0], monitor)} at step {chosen[0][1]}" if chosen else _NOT_FINITE
    weights = "original weights" if export == "best" else "last weights, which are worse"
    return (
        f"ended worse than it started: {_NAMES.get(monitor, monitor)} was "
        f"{_figure(start, monitor)} before step 1 and is {end}; model.nemo holds the {weights}"
    )


_NAMES = {"val_wer": "validation WER"}
_NOT_FINITE = "not a number after it"


def _figure(value: float, monitor: str) -> str:
    return percent(value) if monitor == "val_wer" else f"{value:.4f}"


def _about_length(blend: Blend, fit: FitResult) -> Iterator[Finding]:
    parts = [(each.name, each.hours) for each in blend.sources] or [(ALL, blend.hours)]
    for name, hours in parts:
        epochs = fit.drawn_s.get(name, 0.0) / 3600 / hours if hours else 0.0
        if epochs > USUAL_EPOCHS:
            of = f" of {name}" if name else ""
            yield _info(f"the run took {epochs:.1f} epochs{of}; fine-tuning takes 1 to 5")


def _about_steps(fit: FitResult) -> Iterator[Finding]:
    if any(point.train_loss is None for point in fit.loss):
        yield _warning("the training loss was not a number at times: lower optim.lr")
    elif _fell(fit) is False:
        yield _warning("the training loss did not fall")
    if fit.skipped:
        first, count = fit.skipped[0], len(fit.skipped)
        what = f"{plural(count, 'step')} had gradients that were not finite and changed nothing, "
        what += f"first step {first.step}: lower optim.lr, or check the records in run.json"
        yield _warning(what)


def _about_data(fit: FitResult) -> Iterator[Finding]:
    if lost := fit.recordings.lost:
        share = f"{lost} of {fit.recordings.drawn} recordings drawn"
        what = f"the audio of {share} could not be read and was left out; run.json names them"
        yield _warning(what)
    if fit.waiting_share > STARVED_SHARE[fit.accelerator == "cpu"]:
        share = f"{fit.waiting_share:.0%} of the time"
        yield _warning(f"{share} went by waiting for data: raise train_ds.num_workers")


def _info(what: str) -> Finding:
    return Finding(level="info", what=what)


def _warning(what: str) -> Finding:
    return Finding(level="warning", what=what)


def _fell(fit: FitResult) -> bool | None:
    """Whether the later half of the losses is lower than the first; None where it is unknown."""
    losses = [point.train_loss for point in fit.loss if point.train_loss is not None]
    half = len(losses) // 2
    return statistics.median(losses[half:]) < statistics.median(losses[:half]) if half else None
