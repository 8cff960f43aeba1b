"""Fine-tune a model on a shard folder: `fit(config)` makes a run folder and says what happened."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from curate.artifacts.outputs import whole_file, write_json
from curate.errors import ConfigError, Fault, raise_all
from train.archive import Archive
from train.config import RunConfig
from train.data import ShardSet, check_validation_sets, read_shards
from train.pretrained import archive_of
from train.recipe import Recipe, build_recipe
from train.recipe.behaviors import check_values
from train.runs import runtime
from train.runs.lock import LOCK, locked
from train.runs.outcome import Finding, Seen, Trained, findings
from train.runs.provenance import versions
from train.runs.resume import CONFIG, RUN, check_resumable

SCHEMA = "train.run/1"

Tell = Callable[[str], None]
Show = Callable[[Seen], None]


@dataclass(frozen=True)
class TrainRun:
    """A finished run: its folder, and what its run.json says."""

    folder: Path
    steps: int
    seconds: float
    best_wer: float | None
    findings: tuple[Finding, ...]
    record: dict[str, Any] = field(repr=False)


def fit(
    config: RunConfig,
    *,
    command: str = "",
    overwrite: bool = False,
    resume: bool = False,
    tell: Tell = lambda _: None,
    show: Show = lambda _: None,
) -> TrainRun:
    """Check everything, train, and leave a complete run folder.

    `tell` gets one line for every logged step and every validation, `show` gets where the fit
    stands, twice a second at most. Nothing is written before
    the data, the archive and the recipe are found sound. With `resume` the folder's own run goes
    on from its last checkpoint; its configuration must be the same, but for `MAY_CHANGE`.
    """
    shards = read_shards(config.data)
    archive = archive_of(config.model)
    recipe = build_recipe(archive, config, shards.train, shards.train_cuts, shards.validation)
    _check_loggers(config)
    check_values(shards.train, config.behaviors)
    check_validation_sets(shards, config.validation_ds.also)
    inputs = (archive.path, shards.folder)
    with _held(config.out) if runtime.is_main_process() else nullcontext():
        if runtime.is_main_process():
            _claim(config, tell, overwrite=overwrite, resume=resume, inputs=inputs)
        runtime.prepare()
        from train.nemo.fit import train

        trained = train(archive, recipe, config, shards, config.out, tell, show, resume=resume)
        found = tuple(findings(config, shards, trained))
        record = _record(command, archive, recipe, config, shards, trained, found)
        if runtime.is_main_process():
            write_json(config.out / RUN, record)
    best = trained.best.val_wer if trained.best else None
    return TrainRun(config.out, trained.steps, trained.seconds, best, found, record)


def _check_loggers(config: RunConfig) -> None:
    """ConfigError where the package of a logger that is asked for is not installed."""
    wanted = {"wandb": config.logs.wandb, "mlflow": config.logs.mlflow}
    absent = [n for n, asked in wanted.items() if asked is not None and find_spec(n) is None]
    what = "the package is not installed"
    raise_all(ConfigError, [Fault(f"logs.{n}", what, f"pip install {n}") for n in absent])


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the folder against other runs; one that was made for nothing goes again."""
    new = not folder.exists()
    if folder.exists() and not folder.is_dir():
        raise ConfigError.of(folder, "is a file, not a folder", "choose another --out")
    try:
        with locked(folder):
            yield
    finally:
        if new and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _claim(
    config: RunConfig, tell: Tell, *, overwrite: bool, resume: bool, inputs: Sequence[Path]
) -> None:
    """Make the run's folder ready, and write down its configuration."""
    if resume:
        for key in check_resumable(config):
            tell(f"warning: '{key}' has changed, so some recordings may be heard twice or not yet")
    else:
        _make_empty(config.out, overwrite=overwrite, inputs=inputs)
    with whole_file(config.out / CONFIG) as beside:
        beside.write_text(config.to_yaml(), encoding="utf-8")


def _make_empty(folder: Path, *, overwrite: bool, inputs: Sequence[Path] = ()) -> None:
    """Make `folder` an empty folder; only a run folder is ever emptied, and only when told to.

    What the run reads must not lie in it.
    """
    if any(entry.name != LOCK for entry in folder.iterdir()):
        _clear(folder, overwrite=overwrite, inputs=inputs)


def _clear(folder: Path, *, overwrite: bool, inputs: Sequence[Path]) -> None:
    if not overwrite:
        hint = "choose another --out; or add --resume to go on, --overwrite to begin again"
        raise ConfigError.of(folder, "is not empty", hint)
    if not (folder / CONFIG).is_file():
        what = f"holds no {CONFIG}, so it is no run of ours and is left as it is"
        raise ConfigError.of(folder, what, "choose another --out")
    within = [path for path in inputs if path.resolve().is_relative_to(folder.resolve())]
    if within:
        what = f"holds {within[0]}, which this run reads, so it is not replaced"
        raise ConfigError.of(folder, what, "choose another --out")
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != LOCK:
            entry.unlink()


def _record(
    command: str,
    archive: Archive,
    recipe: Recipe,
    config: RunConfig,
    shards: ShardSet,
    trained: Trained,
    found: tuple[Finding, ...],
) -> dict[str, Any]:
    """The artefact run.json."""
    step_seconds = trained.step_seconds
    return {
        "schema": SCHEMA,
        "command": command,
        "versions": versions(),
        "model": {
            "source": config.model,
            "class": archive.target,
            "recipe": recipe.name,
            "parameters": trained.parameters,
            "matched_parameters": trained.matched_parameters,
            "trainable_parameters": trained.trainable_parameters,
        },
        "data": {
            "shards": str(shards.folder),
            "train_hours": shards.train_hours,
            "train_cuts": shards.train_cuts,
            "eval_hours": shards.validation_hours,
            "eval_rows": shards.validation_rows,
        },
        "trainer": {
            "accelerator": trained.accelerator,
            "devices": config.trainer.devices,
            "precision": trained.precision,
            "max_steps": config.trainer.max_steps,
            "val_check_interval": config.trainer.val_check_interval,
            "seed": config.seed,
        },
        "steps": trained.steps,
        "seconds": round(trained.seconds, 3),
        "resumed_at": list(trained.resumed_at),
        "skipped_steps": [asdict(step) for step in trained.skipped],
        "recordings": asdict(trained.heard),
        "waiting_share": round(trained.waiting_share, 4),
        "audio_hours_seen": round(trained.speech_s / 3600, 6),
        "step_seconds_p50": round(statistics.median(step_seconds), 6) if step_seconds else None,
        "loss": [asdict(point) for point in trained.loss],
        "validation": [asdict(point) for point in trained.validation],
        "best": _best(config, trained),
        "findings": [asdict(finding) for finding in found],
        "traps": [asdict(trap) for trap in recipe.traps],
    }


def _best(config: RunConfig, trained: Trained) -> dict[str, Any] | None:
    if trained.best is None or trained.best_checkpoint is None:
        return None
    checkpoint = trained.best_checkpoint.relative_to(config.out.absolute())
    return asdict(trained.best) | {"checkpoint": str(checkpoint)}
