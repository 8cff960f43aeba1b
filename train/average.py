"""The average of a run's best checkpoints, if it is better than the best of them: `average`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from curate.artifacts.base import read_artifact, write_artifact
from curate.artifacts.outputs import check_out, full_disk_as_error
from curate.errors import ConfigError
from curate.errors.nearest import lacking
from train.artifacts.average import Average, AveragedCheckpoint
from train.artifacts.run import Run, ValidationPoint
from train.config import RunConfig, load_config
from train.data import open_shards
from train.data.rows import read_manifests
from train.evaluate import EvalRequest, evaluate
from train.pretrained import MODEL, archive_of
from train.runs import runtime
from train.runs.folder import CONFIG
from train.runs.provenance import versions

CHECKPOINTS = "checkpoints"
EVAL = "eval"
STEP = re.compile(r"step=(\d+)-")
FEWEST = 2


@dataclass(frozen=True, slots=True)
class AverageRequest:
    """A complete run, how many of its checkpoints to average (None: all), and where to write.

    The average is compared on `manifest`, else on the manifest that the run validates on.
    """

    run: Path
    out: Path
    top: int | None = None
    manifest: Path | None = None
    batch_size: int = 16
    device: Literal["auto", "cpu", "gpu"] = "auto"
    command: str = ""


def average(request: AverageRequest, log: Callable[[str], None] = lambda _: None) -> Average:
    """Average the checkpoints, evaluate the average against the best model, and keep the better.

    `out` then holds model.nemo, average.json, and the evaluation. The average is chosen only where
    the paired interval of the difference lies below zero. ConfigError where there are fewer than
    two checkpoints.
    """
    check_out(request.out, Average.file)
    if request.manifest:
        read_manifests([request.manifest])  # before long work
    config, record = _read_run(request.run)
    checkpoints = choose_checkpoints(request.run, record, config, request.top)
    best = _best_model(request.run, record, config)
    manifest = request.manifest or open_shards(config.data).validation
    model = request.out / MODEL
    with full_disk_as_error(request.out):
        request.out.mkdir(parents=True, exist_ok=True)
        with runtime.importing():
            from train.nemo.average import copy_model, save_average

        log(f"averaging {len(checkpoints)} checkpoints")
        save_average(
            archive_of(str(best)), [request.run / each.file for each in checkpoints], model
        )
        options = (request.batch_size, request.device)
        evaluated = evaluate(
            EvalRequest(str(model), [manifest], request.out / EVAL, *options, against=str(best)),
            log,
        )
        against = evaluated.record.against
        assert against is not None
        is_better = against.overall.conclusion == "better"
        if not is_better:
            copy_model(archive_of(str(best)), model)
    result = Average(
        command=request.command,
        versions=versions(),
        run=str(request.run),
        checkpoints=tuple(checkpoints),
        best=str(best),
        manifest=str(manifest),
        utterances=evaluated.record.overall.rows,
        change=against.overall,
        chosen="average" if is_better else "best",
    )
    write_artifact(request.out, result)
    return result


def _read_run(folder: Path) -> tuple[RunConfig, Run]:
    if not (folder / CONFIG).is_file():
        raise ConfigError(lacking(folder, CONFIG, "name a directory of `train run`"))
    if not (folder / Run.file).is_file():
        raise ConfigError.of(folder, "is of a run that is not complete", "go on with --resume")
    return load_config(folder / CONFIG), read_artifact(folder, Run)


def choose_checkpoints(
    folder: Path, record: Run, config: RunConfig, top: int | None
) -> Sequence[AveragedCheckpoint]:
    """The best `top` checkpoints of the run, the best first; that of step 0 is the original's."""
    monitor = config.checkpoints.monitor

    def rank(point: ValidationPoint) -> tuple[float, float]:
        return getattr(point, monitor), point.val_loss or 0.0

    by_step = {point.step: point for point in record.validation}
    saved = [
        (by_step[step], file)
        for step, file in _checkpoints(folder)
        if step in by_step and getattr(by_step[step], monitor) is not None
    ]
    ranked = sorted(saved, key=lambda each: rank(each[0]))[:top]
    if len(ranked) < FEWEST:
        what = f"holds {len(ranked)} checkpoints to average, and {FEWEST} are the least"
        raise ConfigError.of(folder / CHECKPOINTS, what, "raise checkpoints.save_top_k in the run")
    return [
        AveragedCheckpoint(
            file=file, step=point.step, val_loss=point.val_loss, val_wer=point.val_wer
        )
        for point, file in ranked
    ]


def _checkpoints(folder: Path) -> Iterator[tuple[int, str]]:
    """Step and file of each checkpoint of weights."""
    for path in sorted((folder / CHECKPOINTS).glob("step=*.ckpt")):
        if step := STEP.match(path.name):
            yield int(step[1]), f"{CHECKPOINTS}/{path.name}"


def _best_model(folder: Path, record: Run, config: RunConfig) -> Path:
    """The best weights: model.nemo, or their checkpoint where the last were exported."""
    if config.checkpoints.export == "last" and record.best is not None:
        return folder / record.best.checkpoint
    return folder / MODEL
