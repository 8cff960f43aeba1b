"""Fine-tune a model on a shard folder: `fit(config)` makes a run folder and says what happened."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from curate.errors import ConfigError
from curate.outputs import whole_file, write_json
from train import runtime
from train.archive import Archive
from train.config import RunConfig
from train.data import ShardSet, read_shards
from train.outcome import Finding, Trained, findings
from train.pretrained import archive_of
from train.provenance import versions
from train.recipe import Recipe, build_recipe

SCHEMA = "train.run/1"
CONFIG = "config.yaml"
"""The file by which a run folder is known."""

Tell = Callable[[str], None]


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
    config: RunConfig, *, command: str = "", overwrite: bool = False, tell: Tell = lambda _: None
) -> TrainRun:
    """Check everything, train, and leave a complete run folder.

    `tell` gets one line for every logged step and every validation. Nothing is written before
    the data, the archive and the recipe are found sound.
    """
    shards = read_shards(config.data)
    archive = archive_of(config.model)
    recipe = build_recipe(archive, config, shards.train, shards.train_cuts, shards.validation)
    if runtime.is_main_process():
        _claim(config.out, overwrite=overwrite, inputs=(archive.path, shards.folder))
        with whole_file(config.out / CONFIG) as beside:
            beside.write_text(config.to_yaml(), encoding="utf-8")
    runtime.prepare()
    from train import model

    trained = model.train(archive, recipe, config, shards, config.out, tell)
    found = tuple(findings(config, shards, trained))
    record = _record(command, archive, recipe, config, shards, trained, found)
    if runtime.is_main_process():
        write_json(config.out / "run.json", record)
    best = trained.best.val_wer if trained.best else None
    return TrainRun(config.out, trained.steps, trained.seconds, best, found, record)


def _claim(folder: Path, *, overwrite: bool, inputs: Sequence[Path] = ()) -> None:
    """Make `folder` an empty folder; only a run folder is ever emptied, and only when told to.

    What the run reads must not lie in it.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError.of(folder, "is a file, not a folder", "choose another --out")
    if folder.is_dir() and any(folder.iterdir()):
        _clear(folder, overwrite=overwrite, inputs=inputs)
    folder.mkdir(parents=True, exist_ok=True)


def _clear(folder: Path, *, overwrite: bool, inputs: Sequence[Path]) -> None:
    if not overwrite:
        raise ConfigError.of(folder, "is not empty", "choose another --out, or add --overwrite")
    if not (folder / CONFIG).is_file():
        what = f"holds no {CONFIG}, so it is no run of ours and is left as it is"
        raise ConfigError.of(folder, what, "choose another --out")
    within = [path for path in inputs if path.resolve().is_relative_to(folder.resolve())]
    if within:
        what = f"holds {within[0]}, which this run reads, so it is not replaced"
        raise ConfigError.of(folder, what, "choose another --out")
    shutil.rmtree(folder)


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
